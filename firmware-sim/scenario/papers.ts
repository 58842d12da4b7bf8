/** Who stands at the printers: reads what comes out, tears off what hangs there, puts in the next roll. */
import { z } from 'zod';
import { numbersOn, type PrinterPapers } from './compare-papers.ts';
import { waitMs } from './day-clock.ts';
import type { Day } from './day.ts';
import type { Locks } from './locks.ts';
import type { Paper } from './panel.ts';

export type Papers = Awaited<ReturnType<typeof watchPapers>>;

const LOOK_MS = 3000;
/** The panel keeps the last 200 sheets of a printer; so many new ones are fetched at once. */
const FETCH_AT = 60;
const LOW_MM = 5000;
const roll = z.looseObject({ rollMm: z.number() });

/** Looks at all printers from now on until `signal` aborts. */
export async function watchPapers(day: Day, alone: Locks) {
  const { panel, places, signal } = day;
  const seen = new Map<string, { from: number; through: number; sheets: Map<number, Paper> }>();
  for (const printer of places.printers) {
    const { n } = await panel.currentPaper(printer);
    seen.set(printer, { from: n, through: n - 1, sheets: new Map() });
  }

  async function fetchAll(printer: string): Promise<Map<number, Paper>> {
    const known = seen.get(printer);
    if (!known) return new Map();
    for (const { n, text, cut } of await panel.papers(printer)) {
      if (n < known.from) continue;
      known.sheets.set(n, { n, text, cut });
      known.through = Math.max(known.through, n);
    }
    return known.sheets;
  }
  async function look(printer: string): Promise<void> {
    const { n } = await panel.currentPaper(printer);
    if (n - (seen.get(printer)?.through ?? 0) > FETCH_AT) await fetchAll(printer);
    const state = roll.safeParse((await panel.get(printer)).state);
    if (state.success && state.data.rollMm < LOW_MM)
      await alone(printer, () => panel.act(printer, 'load-paper'));
  }
  const watching = (async () => {
    for (;;) {
      await waitMs(LOOK_MS, signal);
      for (const printer of places.printers)
        await look(printer).catch((error: unknown) => {
          if (!signal.aborted) day.trouble((error as Error).message);
        });
    }
  })();
  // It ends with the signal.
  watching.catch(() => {});

  return {
    /** Whether a whole sheet with this number lies in a tray; half a sheet is torn off and thrown away. */
    async isOut(number: string): Promise<boolean> {
      const prefixes = new Set([number.replace(/\d+$/, '')]);
      for (const printer of places.printers) {
        const sheets = await fetchAll(printer);
        if (
          [...sheets.values()].some(
            ({ text, cut }) => cut !== 'torn' && numbersOn(text, prefixes).includes(number),
          )
        )
          return true;
        const { text } = await panel.currentPaper(printer);
        if (numbersOn(text, prefixes).includes(number))
          await alone(printer, () => panel.act(printer, 'tear-off'));
      }
      return false;
    },
    /** All sheets of this day. */
    async all(): Promise<PrinterPapers[]> {
      const all: PrinterPapers[] = [];
      for (const printer of places.printers)
        all.push({
          printer,
          papers: [...(await fetchAll(printer)).values()].sort((a, b) => a.n - b.n),
        });
      return all;
    },
  };
}
