/** The papers that lie in the printers' trays against the numbers. */
import type { Compared } from './compare.ts';
import { type ArrivedEvent, ofType } from './events.ts';
import type { Ledger } from './ledger.ts';
import type { Paper } from './panel.ts';

export type PrinterPapers = { printer: string; papers: readonly Paper[] };

/** Stands on a sheet that is printed once more for the same number. */
const AGAIN = '补打';

/** Whoever has paper has a sheet; no number has two that do not say 补打; no sheet is of nobody. */
export function comparePapers(
  done: Ledger,
  events: readonly ArrivedEvent[],
  printers: readonly PrinterPapers[],
): Compared {
  const what = 'numbers on paper';
  const reserved = ofType(events, 'hall.ticket.reserved').map(({ data }) => data.number);
  const prefixes = new Set(reserved.map((number) => number.replace(/\d+$/, '')));
  const sheets = new Map<string, { plain: number; again: number }>();
  const sentences: string[] = [];
  for (const { printer, papers } of printers)
    for (const { n, text, cut } of papers)
      for (const number of numbersOn(text, prefixes)) {
        if (!reserved.includes(number))
          sentences.push(`paper ${n} of ${printer} says ${number}, a number that nobody took`);
        // Half a sheet that somebody has torn off is no ticket.
        if (cut === 'torn') continue;
        const count = sheets.get(number) ?? { plain: 0, again: 0 };
        count[text.includes(AGAIN) ? 'again' : 'plain'] += 1;
        sheets.set(number, count);
      }
  // Nobody could say what became of the sheet: it may lie there although the visitor did not wait for it.
  const doubtful = new Set(
    [...ofType(events, 'hall.ticket.unconfirmed'), ...ofType(events, 'hall.ticket.reprinted')].map(
      ({ data }) => data.number,
    ),
  );
  const onPaper = done.visitors.filter(({ has, number }) => has === 'paper' && number !== null);
  for (const [number, { plain }] of sheets)
    if (plain > 1) sentences.push(`number ${number} lies there on ${plain} sheets that do not say ${AGAIN}`);
  for (const { number } of onPaper)
    if (number !== null && !sheets.has(number))
      sentences.push(`number ${number} should be on paper and is on none`);
  for (const { has, number } of done.visitors)
    if (has !== 'paper' && number !== null && sheets.has(number) && !doubtful.has(number))
      sentences.push(`number ${number} is on paper, although its paper was said not to have come out`);
  return { what, done: onPaper.length, arrived: sheets.size, sentences };
}

/** The numbers that stand on a sheet, each once; a number is known by the prefixes of this hall. */
export function numbersOn(text: string, prefixes: ReadonlySet<string>): string[] {
  const words = text.match(/(?<![A-Za-z0-9])[A-Z]{1,2}\d{3,}(?![A-Za-z0-9])/g) ?? [];
  return [...new Set(words)].filter((word) => prefixes.has(word.replace(/\d+$/, '')));
}
