/** One test for each fault of a printer, on either kind of port. */
import { expect } from 'vitest';
import type { WireEntry } from '../../firmware-sim/index.ts';
import { until } from '../harness/programs.ts';
import { inTheMiddle, printingHall, type PrintingHall } from './printer-hall.ts';
import type { Cells } from './side-by-side.ts';

type Place = 'tcp' | 'pty';

/** What the printer has said since an entry of its wire view. */
const said = (hall: PrintingHall, from = 0) =>
  hall.wire.slice(from).filter(({ direction }) => direction === 'out');
const again = ({ decoded }: WireEntry) => decoded.endsWith(' again');
const joined = ({ decoded }: WireEntry) => decoded.includes(' + ');
const statusQuestion = /^1004(01|02|03|04)$/;
const statusAnswer = ({ direction, decoded }: WireEntry) =>
  direction === 'out' && decoded.startsWith('DLE EOT');
/** The same words were said with other bits: DLE EOT 1 of a printer that is online is 12, not 52. */
const bent = (entry: WireEntry) =>
  ['DLE EOT 1 → online', 'DLE EOT 2 → no cause'].includes(entry.decoded) && entry.hex !== '12';

/** `first`: state and reason of the sheet that was on its way; `goesOn`: it may have come out all the same. */
type Stop = { state: string; code: string; first: RegExp; goesOn?: true; note?: string };

/**
 * Trouble that stops the paper. It comes in the middle of one visitor's sheet: that one is never called printed. The next
 * visitor's is refused before its first byte, with `code`. Repaired, both get their paper.
 */
async function stops(
  place: Place,
  fault: string,
  { state, code, first, goesOn, note }: Stop,
  more: Parameters<typeof printingHall>[1] = {},
  repair: (hall: PrintingHall) => unknown = () => {},
) {
  await using hall = await printingHall(place, more);
  await hall.reaches('ready');
  await hall.isWell();
  const half = fault.endsWith('-after-bytes')
    ? await hall.printer.setFault(fault, true, inTheMiddle).then(hall.take)
    : await hall.takeAnd(() => hall.printer.setFault(fault, true));
  expect(`${half.state} ${half.paperFault}`).toMatch(first);
  if (!goesOn) expect(hall.sheets(half.number).length, 'a stopped sheet').toBe(0);
  const refused = await hall.take();
  // A computer that is busy may hear the answers too late; the status below has the fault.
  expect(`${refused.state} ${refused.paperFault}`).toMatch(new RegExp(`^print-failed (${code}|no-answer)$`));
  expect(hall.sheets(refused.number).length).toBe(0);
  const { notes } = await hall.reaches(state);
  if (note !== undefined) expect(notes).toContain(note);
  await hall.papersAreTrue();
  for (const on of hall.printer.faults()) await hall.printer.setFault(on, false);
  await repair(hall);
  await hall.reaches('ready');
  await hall.printAgain(half);
  await hall.printAgain(refused);
  await hall.isWell();
}

/** People take out what blocks it, and open and close the cover: the error of a knife stays until then. */
const openAndClose = ({ printer }: PrintingHall) => {
  printer.openCover();
  printer.closeCover();
};

/** A whole answer still comes, and in time: what came out counts as printed. */
const harmless = new Set(['doubled-frames', 'merged-frames']);

/**
 * A line that spoils what the printer says. Once while the cover is opened in the middle of a sheet: it cannot be whole, and
 * no spoilt answer makes it so. Once while a sheet comes out well: it counts as printed or as unknown, and is never printed
 * again without saying so.
 */
async function spoils(
  place: Place,
  fault: string,
  options: { rate?: number; ms?: number },
  seen: (hall: PrintingHall, from: number) => boolean,
) {
  await using hall = await printingHall(place);
  await hall.reaches('ready');
  await hall.isWell();
  const from = hall.wire.length;
  const half = await hall.takeAnd(async () => {
    await hall.printer.setFault(fault, true, options);
    hall.printer.openCover();
  });
  expect(half.state, 'half a sheet').toMatch(/^(unconfirmed|print-failed)$/);
  expect(hall.sheets(half.number).length).toBe(0);
  hall.printer.closeCover();
  await hall.printer.setFault(fault, false);
  await hall.reaches('ready');
  await hall.printAgain(half);
  const meanwhile = await hall.takeAnd(() => hall.printer.setFault(fault, true, options));
  if (harmless.has(fault)) expect(meanwhile).toMatchObject({ state: 'waiting', printed: true });
  await hall.papersAreTrue();
  await until('the fault on the wire', () => seen(hall, from));
  await hall.printer.setFault(fault, false);
  await hall.reaches('ready');
  await hall.printAgain(meanwhile);
  await hall.isWell();
}

/** Those that wait longest begin. */
export const atOnce = {
  atOnce: 10,
  wait: [
    'silent',
    'power-off',
    'power-off-after-bytes',
    'wrong-baud',
    'noise',
    'corrupted',
    'lost-frames',
    'slow',
  ],
};

/** The cells of `printerFaults`; `goes`: how the agent sees a printer whose power is off, or whose cable is out, on this port. */
export function printerTests(place: Place, goes: { power: string; powerCode: string; cable: string }): Cells {
  const gone = {
    state: goes.cable,
    code: 'unplugged|printer-missing|printer-offline',
    first: /^unconfirmed unplugged$/,
  };
  const off = {
    state: goes.power,
    code: goes.powerCode,
    first: place === 'tcp' ? /^unconfirmed unplugged$/ : /^unconfirmed no-answer$/,
  };
  const paper = {
    state: 'paper-out',
    code: 'paper-out',
    first: /^(print-failed|unconfirmed) paper-out$/,
  };
  const cover = { state: 'cover-open', code: 'cover-open', first: /^(print-failed|unconfirmed) cover-open$/ };
  const cutter = {
    state: 'cutter-error',
    code: 'cutter-error',
    first: /^(print-failed|unconfirmed) cutter-error$/,
  };
  // A model that tells a jam by itself (SNBC, §1.2).
  const jam = { state: 'paper-jam', code: 'paper-jam', first: /^(print-failed|unconfirmed) paper-jam$/ };
  const snbc = { model: 'snbc-80' } as const;

  return {
    unplugged: () => stops(place, 'unplugged', gone),
    silent: () =>
      stops(place, 'silent', {
        state: 'silent',
        code: 'no-answer',
        first: /^unconfirmed no-answer$/,
        goesOn: true,
      }),
    noise: () =>
      spoils(place, 'noise', {}, (hall, from) => said(hall, from).some(({ decoded }) => decoded === 'noise')),
    babble: () =>
      spoils(place, 'babble', {}, (hall, from) =>
        said(hall, from).some(({ decoded }) => decoded === 'babble'),
      ),
    'lost-frames': () =>
      spoils(place, 'lost-frames', { rate: 0.15 }, (hall, from) => {
        const questions = hall.wire
          .slice(from)
          .filter(({ direction, hex }) => direction === 'in' && statusQuestion.test(hex));
        return questions.length > said(hall, from).filter(statusAnswer).length;
      }),
    'doubled-frames': () =>
      spoils(place, 'doubled-frames', { rate: 1 }, (hall, from) => said(hall, from).some(again)),
    'merged-frames': () => spoils(place, 'merged-frames', {}, (hall, from) => said(hall, from).some(joined)),
    'split-frames': () =>
      spoils(place, 'split-frames', {}, (hall, from) =>
        said(hall, from).some(({ decoded }) => decoded === ''),
      ),
    'delayed-frames': () =>
      spoils(place, 'delayed-frames', { ms: 300 }, (hall, from) => {
        const wire = hall.wire.slice(from);
        return wire.some(({ direction, hex, at }, index) => {
          const answer = wire.slice(index).find(statusAnswer);
          return (
            direction === 'in' &&
            statusQuestion.test(hex) &&
            answer &&
            Date.parse(answer.at) - Date.parse(at) >= 290
          );
        });
      }),
    corrupted: () => spoils(place, 'corrupted', { rate: 0.5 }, (hall, from) => said(hall, from).some(bent)),
    'wrong-baud': () =>
      stops(place, 'wrong-baud', {
        state: 'silent|wrong-settings',
        code: 'no-answer',
        first: /^unconfirmed no-answer$/,
        goesOn: true,
      }),
    'unplug-after-bytes': () => stops(place, 'unplug-after-bytes', gone),
    'paper-near-end': async () => {
      await using hall = await printingHall(place);
      await hall.reaches('ready');
      await hall.printer.setFault('paper-near-end', true);
      await hall.is('near the end', ({ notes }) => notes.includes('paper-near-end'));
      await hall.isWell();
      expect(await hall.public()).toMatchObject({ printer: 'paper-low' });
      await hall.printer.setFault('paper-near-end', false);
      await hall.is('well supplied', ({ notes }) => notes.length === 0);
      await hall.isWell();
    },
    'paper-out': () => stops(place, 'paper-out', paper, {}, ({ printer }) => printer.loadPaper()),
    'cover-open': () => stops(place, 'cover-open', cover),
    'cutter-error': () => stops(place, 'cutter-error', cutter, {}, openAndClose),
    'paper-jam': () => stops(place, 'paper-jam', jam, snbc, openAndClose),
    'head-hot': () =>
      stops(place, 'head-hot', {
        state: 'printer-error',
        code: 'printer-error',
        first: /^(print-failed|unconfirmed) printer-error$/,
        note: 'head-hot',
      }),
    slow: async () => {
      await using hall = await printingHall(place);
      await hall.reaches('ready');
      await hall.printer.setFault('slow', true);
      const from = performance.now();
      const slow = await hall.take();
      // 94 mm of paper at 15 mm/s.
      expect(performance.now() - from).toBeGreaterThan(4_000);
      expect(slow).toMatchObject({ state: 'waiting', printed: true });
      await hall.papersAreTrue();
      await hall.printer.setFault('slow', false);
      await hall.isWell();
    },
    'no-process-id': async () => {
      await using hall = await printingHall(place);
      await hall.printer.setFault('no-process-id', true);
      await hall.reaches('ready');
      const half = await hall.takeAnd(() => hall.printer.openCover());
      expect(half.state).toMatch(/^(unconfirmed|print-failed)$/);
      hall.printer.closeCover();
      await hall.reaches('ready');
      await hall.printAgain(half);
      expect((await hall.view()).notes).toContain('process-id-unanswered');
      expect(said(hall).some(({ decoded }) => decoded.startsWith('process id'))).toBe(false);
      await hall.isWell();
      await hall.printer.setFault('no-process-id', false);
      await hall.isWell();
    },
    'power-off': () => stops(place, 'power-off', off),
    'paper-out-after-bytes': () =>
      stops(place, 'paper-out-after-bytes', paper, {}, ({ printer }) => printer.loadPaper()),
    'cover-open-after-bytes': () => stops(place, 'cover-open-after-bytes', cover),
    'cutter-error-after-bytes': () => stops(place, 'cutter-error-after-bytes', cutter, {}, openAndClose),
    'paper-jam-after-bytes': () => stops(place, 'paper-jam-after-bytes', jam, snbc, openAndClose),
    'power-off-after-bytes': () => stops(place, 'power-off-after-bytes', off),
  };
}
