/** All pages of a ledger, for a file or paper. */
import type { LedgerPage } from '../../../kiosk-agent/contract/far-end.ts';
import type { Answer } from '../../api.ts';

/** As many as the server gives at once. */
const most = 1_000;

/** Every row that fits, page by page; `told` hears how far it is. null when the server stopped answering. */
export async function allRows<Page extends LedgerPage, Row>(
  ask: (page: number, size: number) => Promise<Answer<Page>>,
  rowsOf: (page: Page) => Row[],
  told: (progress: { n: number; total: number } | null) => void,
): Promise<Row[] | null> {
  const rows: Row[] = [];
  try {
    for (let at = 1, pages = 1; at <= pages; at++) {
      const answer = await ask(at, most);
      if (!answer.ok) return null;
      rows.push(...rowsOf(answer.value));
      pages = answer.value.pages;
      told({ n: rows.length, total: answer.value.total });
    }
    return rows;
  } finally {
    told(null);
  }
}
