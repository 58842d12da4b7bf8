/** What the supervisor's ledgers make of the hub's word, without a browser. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../../display/manager/callbacks/calls.ts';
import { comparison, drawAgain, progressOf } from '../../display/manager/callbacks/progress.ts';
import { opinionStanding } from '../../display/manager/opinions/order.ts';
import { dueFirst, mainStep, needsReason, ratingStanding } from '../../display/manager/ratings/order.ts';
import type { SurgeState } from '../../display/manager/surge/calls.ts';
import { faultOf, formOf, measuresOf, usualServices } from '../../display/manager/surge/measures.ts';
import { temporaryFolder } from '../harness/programs.ts';
import { badRating, ledgers, opinion, surgeRunning } from './mock-ledgers.ts';

const next = (due: string, workingDaysLeft: number, overdue = false) => ({
  next: { step: 'contacted' as const, due, workingDaysLeft },
  overdue,
});

describe('bad ratings', () => {
  it('stand by what is due first; what has no day left comes after, closed ones last with the latest first', () => {
    const order = dueFirst([
      badRating(1, 'A001', { state: 'closed', next: null, givenAt: '2026-11-01T09:00:00+08:00' }),
      badRating(2, 'A002', next('2026-11-30', 5)),
      badRating(3, 'A003', { state: 'closed', next: null, givenAt: '2026-11-09T09:00:00+08:00' }),
      badRating(4, 'A004', { next: null }),
      badRating(5, 'A005', next('2026-11-19', -2, true)),
    ]);
    expect(order.map(({ session }) => session)).toEqual([5, 2, 4, 3, 1]);
  });

  it('say how late they are in working days, and that it is late over a weekend when no working day has passed', () => {
    expect(ratingStanding(badRating(1, 'A', next('2026-11-19', -2, true)))).toEqual({
      state: 'late',
      days: 2,
    });
    expect(ratingStanding(badRating(1, 'A', next('2026-11-20', 0, true)))).toEqual({
      state: 'late',
      days: 0,
    });
    expect(ratingStanding(badRating(1, 'A', next('2026-11-23', 0)))).toEqual({ state: 'today', days: 0 });
    expect(ratingStanding(badRating(1, 'A', next('2026-11-26', 3)))).toEqual({ state: 'left', days: 3 });
    expect(ratingStanding(badRating(1, 'A', { state: 'appealed' })).state).toBe('still');
    expect(ratingStanding(badRating(1, 'A', { next: null })).state).toBe('finished');
  });

  it('offer one step first: the appeal, what the clock wants, at last the closing; and none that the hub would refuse', () => {
    expect(mainStep(badRating(1, 'A'))).toBe('contacted');
    expect(mainStep(badRating(1, 'A', { may: [] }))).toBeNull();
    const all = ledgers().bad.ratings;
    expect(all.map((one) => [one.number, mainStep(one)])).toEqual([
      ['A017', 'contacted'],
      ['B009', 'contacted'],
      ['A022', 'contacted'],
      ['C004', 'appeal-decided'],
      ['E011', 'closed'],
      ['A051', null],
      ['D002', null],
    ]);
  });

  it('ask for a reason where the hub puts one into the trace', () => {
    expect(needsReason(badRating(1, 'A'), 'closed', 'unreachable')).toBe(true);
    expect(needsReason(badRating(1, 'A', { next: null }), 'closed', 'settled')).toBe(false);
    expect(needsReason(badRating(1, 'A'), 'appeal-decided', 'upheld')).toBe(true);
    expect(needsReason(badRating(1, 'A'), 'appeal-decided', 'refused')).toBe(false);
    expect(needsReason(badRating(1, 'A'), 'contacted', null)).toBe(false);
  });
});

it('an opinion that has been answered has no clock any more', () => {
  expect(opinionStanding(opinion('Y1', { overdue: true, workingDaysLeft: -4 }))).toEqual({
    state: 'late',
    days: 4,
  });
  expect(opinionStanding(opinion('Y1', { state: 'answered', workingDaysLeft: -4 })).state).toBe('answered');
});

describe('a call-back sample', () => {
  it('counts what was said, and compares it with the ratings at the window', () => {
    const [sample, older] = ledgers().callBacks.samples as [Sample, Sample];
    expect(progressOf(sample)).toEqual({ reached: 3, missed: 1, refused: 1, open: 3, of: 8 });
    expect(comparison(sample)).toEqual({ same: 1, better: 0, worse: 1, first: 1 });
    // One visit has passed its days of keeping.
    expect(progressOf(older)).toEqual({ reached: 1, missed: 0, refused: 0, open: 0, of: 2 });
  });

  it('is drawn again by the command that the page shows', () => {
    using folder = temporaryFolder('draw-again');
    const population = Array.from({ length: 40 }, (_, n) => 4000 + n * 3);
    const seed = 'week-48.a';
    const drawn = population
      .map((session) => ({ session, key: createHash('sha256').update(`${seed}:${session}`).digest('hex') }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .slice(0, 7)
      .map(({ session }) => ({ session }));
    const file = 'sessions-2026-11-20.txt';
    writeFileSync(join(folder.path, file), population.map((one) => `${one}\n`).join(''));
    const sample = { day: '2026-11-20', seed, population: 40, at: '', visits: drawn };
    const out = execFileSync('sh', ['-c', drawAgain(sample, file)], { cwd: folder.path, encoding: 'utf8' });
    expect(out).toBe(drawn.map(({ session }) => `${session}\n`).join(''));
  });
});

describe('the form of a surge', () => {
  it('begins with what holds, and gives back the same measures', () => {
    const { measures } = surgeRunning();
    const back = measuresOf(formOf(measures));
    expect({ ...back, windows: [...(back.windows ?? [])].reverse() }).toEqual(measures);
    expect(measuresOf(formOf(null))).toEqual({});
  });

  it('knows what a window takes anyway from what the surge gives it', () => {
    const state: SurgeState = {
      ...ledgers().surge,
      current: surgeRunning(),
      windows: [{ number: 2, services: ['transfer', 'records', 'advice'] }],
    };
    expect(usualServices(state, 2)).toEqual(['records', 'advice']);
    expect(usualServices(state, 9)).toEqual([]);
  });

  it('says what is wrong before it is sent: nothing chosen, one language, hours that are over', () => {
    const form = formOf(null);
    const fault = (more: Partial<typeof form>, closes: string | null = '17:00') =>
      faultOf({ ...form, ...more }, closes, '17:20');
    expect(fault({})).toBe('nothing');
    expect(fault({ noticeZh: '人多' })).toBe('noticeBoth');
    expect(fault({ extendUntil: '16:30' })).toBe('extendWrong');
    expect(fault({ extendUntil: '17:10' })).toBe('extendWrong');
    expect(fault({ extendUntil: '18:00' }, null)).toBe('extendWrong');
    expect(fault({ extendUntil: '18:00' })).toBeNull();
    expect(fault({ given: ['6 transfer'] })).toBeNull();
  });
});
