/** What a region's answer means for each record. Pure. Whatever is no clear answer is none: the record goes again. */
import type { Transport } from './profile.ts';

export type Verdict =
  { is: 'taken'; receipt?: string } | { is: 'refused'; why: string } | { is: 'again'; why: string };

/** What the answer says of each of these records; `records` tells of each, everything else of the one that was sent. */
export function readAnswer(
  transport: Transport,
  { status, body }: { status: number; body: string },
  ids: string[],
): Map<string, Verdict> {
  const all = (verdict: Verdict) => new Map(ids.map((id) => [id, verdict]));
  const told = `HTTP ${status}: ${short(body)}`;
  if (transport.format === 'records')
    return status === 200 ? ofRecords(body, ids) : all({ is: 'again', why: told });
  const rule = transport.taken!;
  if (!rule.status.includes(status)) return all({ is: 'again', why: told });
  const at = rule.format === 'json' ? jsonAt(body) : xmlAt(body);
  const code = at(rule.code);
  if (code === undefined) return all({ is: 'again', why: `no ${rule.code} in the answer: ${told}` });
  const receipt = rule.receipt === undefined ? undefined : at(rule.receipt);
  if (rule.is.includes(code)) {
    if (rule.receipt !== undefined && !receipt)
      return all({ is: 'again', why: `code ${code} without ${rule.receipt}: ${told}` });
    return all({ is: 'taken', ...(receipt ? { receipt: receipt.slice(0, 200) } : {}) });
  }
  const sentence = (rule.why === undefined ? undefined : at(rule.why)) ?? short(body);
  const why = `${rule.code} ${code}: ${short(sentence)}`;
  return all({ is: rule.again.includes(code) ? 'again' : 'refused', why });
}

type RecordsAnswer = { answers?: { id?: unknown; taken?: unknown; why?: unknown; receipt?: unknown }[] };
function ofRecords(body: string, ids: string[]): Map<string, Verdict> {
  let answers: NonNullable<RecordsAnswer['answers']> = [];
  try {
    const said = (JSON.parse(body) as RecordsAnswer | null)?.answers;
    if (Array.isArray(said)) answers = said;
  } catch {
    // Read as an answer that names no record.
  }
  return new Map<string, Verdict>(
    ids.map((id): [string, Verdict] => {
      const one = answers.find((answer) => answer?.id === id);
      if (one?.taken === true)
        return [
          id,
          { is: 'taken', ...(typeof one.receipt === 'string' ? { receipt: one.receipt.slice(0, 200) } : {}) },
        ];
      if (one?.taken === false)
        return [id, { is: 'refused', why: short(String(one.why ?? 'no reason given')) }];
      return [id, { is: 'again', why: `the answer does not name the record: ${short(body)}` }];
    }),
  );
}

function jsonAt(body: string): (path: string) => string | undefined {
  let root: unknown;
  try {
    root = JSON.parse(body);
  } catch {
    return () => undefined;
  }
  return (path) => {
    let at = root;
    for (const name of path.split('.'))
      at =
        typeof at === 'object' && at !== null && Object.hasOwn(at, name)
          ? (at as Record<string, unknown>)[name]
          : undefined;
    return typeof at === 'string' || typeof at === 'number' || typeof at === 'boolean'
      ? String(at)
      : undefined;
  };
}

/** An answer of a few elements; inside a SOAP envelope the region's own XML comes as escaped text. */
function xmlAt(body: string): (path: string) => string | undefined {
  return (path) => {
    let at = body;
    for (const name of path.split('.')) {
      const exact = name.replace(/[^\w-]/g, '');
      if (!at.includes('<') && at.includes('&lt;')) at = unescapeXml(at);
      const found = new RegExp(
        `<(?:[\\w.-]+:)?${exact}(?:\\s[^<>]*)?>([\\s\\S]*?)</(?:[\\w.-]+:)?${exact}\\s*>`,
      ).exec(at);
      if (!found) return undefined;
      at = found[1]!;
    }
    const text = at.replace(/^<!\[CDATA\[([\s\S]*)\]\]>$/, '$1').trim();
    return text.includes('<') ? undefined : unescapeXml(text);
  };
}

function unescapeXml(text: string): string {
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&#(\d{1,7});/g, (_, code: string) =>
      Number(code) <= 0x10ffff ? String.fromCodePoint(Number(code)) : '',
    )
    .replace(/&amp;/g, '&');
}

/** One line, without what no database text holds. */
function short(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, 300);
}
