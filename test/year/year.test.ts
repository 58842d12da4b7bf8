/** A few days of the year (`npm run test:year` plays all 250): what holds for them holds for the year, which is measured by itself. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../harness/programs.ts';
import { runYear, type YearReport } from './year.ts';

const DAYS = Number(process.env['HALL_YEAR_DAYS'] ?? 4);
const folder = temporaryFolder('year');
let report: YearReport;

beforeAll(async () => {
  report = await runYear({
    days: DAYS,
    visits: 600,
    seed: 20260105,
    folder: join(folder.path, 'journal'),
    keepDays: DAYS > 10 ? 60 : 2,
    say: (line) => console.log(line),
  });
  if (DAYS > 10) console.log(JSON.stringify(report, null, 2));
}, 20 * 60_000);
afterAll(() => folder[Symbol.dispose]());

it('met what happens in a hall', () => {
  const met = Object.keys(report.types);
  for (const kind of [
    'ticket.printed',
    'ticket.missed',
    'ticket.transferred',
    'ticket.parked',
    'ticket.resumed',
    'ticket.requeued',
    'ticket.continued',
    'ticket.priority',
    'ticket.matched',
    'ticket.print-failed',
    'ticket.cancelled',
    'rating.given',
    'rating.lapsed',
    'rating.ignored',
    'rating.followed-up',
    'appointment.booked',
    'appointment.checked-in',
    'appointment.lapsed',
    'opinion.closed',
    'surge.foreseen',
    'surge.started',
    'surge.ended',
    'trace.recorded',
    'day.closed',
  ])
    expect(met).toContain(`hall.${kind}`);
});

it('counts the same as a recount of the records, day by day and over all days, for hall, services, windows and staff', () => {
  expect(report.disagreements).toEqual([]);
});

it('leaves a journal that verifies, and stands as it was after a restart', () => {
  expect(report).toMatchObject({ verified: true, restored: true });
});

it('lets go of old records and keeps no more tickets, evaluations and persons than its bounds say', () => {
  expect(report.diskBytes.recordsKept).toBeLessThan(report.records);
  // The day is over: its tickets are gone, evaluations may still be pressed for three days.
  expect(report.entries['tickets']).toBe(0);
  expect(report.entries['sessions']).toBeLessThan(1400);
  expect(report.entries['persons']).toBeLessThanOrEqual(2000);
  expect(report.entries['days']).toBe(DAYS);
  expect(report.stateBytes.end['whole']).toBeLessThan(6 * 1024 * 1024);
  // Packed: about 35 places of a hall on one day.
  expect((report.stateBytes.end['totals'] ?? 0) / DAYS).toBeLessThan(8000);
  expect(report.diskBytes.perRecord).toBeLessThan(700);
});

// A few days say nothing about growth.
it.runIf(DAYS > 100)('grows neither in memory nor on disk once its days of keeping are full', () => {
  expect(report.heapMiB.end - report.heapMiB.early).toBeLessThan(32);
  // Sixty calendar days hold at most 45 working days.
  expect(report.diskBytes.recordsKept).toBeLessThan((1.3 * report.records * 45) / DAYS);
});

it('promises waits better than the rule before it', () => {
  const { now, before } = report.waits;
  // The rule before knew nothing of windows that only a surge opens.
  expect(before.promises / now.promises).toBeGreaterThan(0.99);
  expect(now.insideShare).toBeGreaterThan(before.insideShare);
  expect(now.meanAbsErrorS).toBeLessThan(before.meanAbsErrorS);
});
