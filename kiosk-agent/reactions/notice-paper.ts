/** A sheet that is no ticket: nothing waits for its fate but the visitor who stands there. */
import type { Config } from '../config.ts';
import type { PaperFault } from '../contract/events.ts';
import type { TicketPrinter } from '../device/driver/interfaces.ts';
import { materialsNotice } from '../paper/materials.ts';
import { composeNotice, type NoticePaper } from '../paper/notice.ts';
import { opinionNotice, type OpinionPaper } from '../paper/opinion.ts';
import { inOrder } from './printing.ts';

export type NoticeFate = { state: 'printed' } | { state: 'failed' | 'unconfirmed'; why: PaperFault };

/** Prints on the first printer that can; a second one is asked only before the first byte of the one before. */
export async function printNotice(notice: NoticePaper, printers: TicketPrinter[]): Promise<NoticeFate> {
  let first: NoticeFate | null = null;
  for (const printer of inOrder(printers)) {
    const fate = await printer.print(composeNotice(notice, printer.columns));
    if (fate.outcome === 'printed') return { state: 'printed' };
    if (fate.outcome === 'unconfirmed') return { state: 'unconfirmed', why: fate.why };
    first ??= { state: 'failed', why: fate.why };
    if (fate.bytesSent > 0) return { state: 'failed', why: fate.why };
  }
  return first ?? { state: 'failed', why: 'no-printer' };
}

/**
 * The one-time notice of a service, at the printers of a kiosk (an agent's, or null for the hub's own), on local day `day`.
 * Null for a service that the hall has not.
 */
export function materialsPrinter(
  { hall, services }: Config,
  printersFor: (kiosk: string | null) => TicketPrinter[],
): (service: string, language: 'zh' | 'en', kiosk: string | null, day: string) => Promise<NoticeFate> | null {
  return (id, language, kiosk, day) => {
    const service = services.find((each) => each.id === id);
    if (!service) return null;
    const notice = materialsNotice(
      {
        hall: hall.name[language],
        service: service.name[language],
        materials: service.materials.map((each) => each[language]),
        timeLimit: service.timeLimit?.[language] ?? null,
        fee: service.fee?.[language] ?? null,
        feeBasis: hall.feeBasis?.[language] ?? null,
        day,
      },
      language,
    );
    return printNotice(notice, printersFor(kiosk));
  };
}

/** The slip of an opinion, at the printers of a kiosk (an agent's, or null for the hub's own). */
export function opinionPrinter(
  { hall }: Config,
  printersFor: (kiosk: string | null) => TicketPrinter[],
): (slip: Omit<OpinionPaper, 'hall'>, language: 'zh' | 'en', kiosk: string | null) => Promise<NoticeFate> {
  return (slip, language, kiosk) =>
    printNotice(opinionNotice({ ...slip, hall: hall.name[language] }, language), printersFor(kiosk));
}
