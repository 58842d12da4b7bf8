/** The board's spool of calls and its reports to the hub: nothing overlaps, nothing is lost, nothing is told twice. No browser. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { announcements, type Fate } from '../../display/board/announcements.ts';
import { noticesOf } from '../../display/board/notices.ts';
import { panelsOf } from '../../display/board/panels.ts';
import { reportsMax, reportsTo, type ReportPost } from '../../display/board/reports.ts';
import { dueAt, evenPagesBy, parts, widthOf } from '../../display/board/rotation.ts';
import type { PlayedReport } from '../../kiosk-agent/contract/announcements.ts';
import type { CallView } from '../../kiosk-agent/contract/live.ts';
import { view } from './mock-hub.ts';

const call = (ticket: number, count: number, atMs: number): CallView => ({
  ticketId: `t-${ticket}`,
  number: `A${String(ticket).padStart(3, '0')}`,
  service: 'transfer',
  window: 1 + (ticket % 5),
  call: count,
  at: new Date(atMs).toISOString(),
});

describe('the spool', () => {
  /** What may happen in a hall: a ticket is called or recalled, is served, time goes by, the board is told. */
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ does: fc.constant('call' as const), ticket: fc.nat(12) }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constant('serve' as const), ticket: fc.nat(12) }) },
    { weight: 4, arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.nat(30_000) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        does: fc.constant('cut' as const),
        ms: fc.integer({ min: 61_000, max: 200_000 }),
      }),
    },
  );

  test('says one call at a time, and tells the fate of each call of the board exactly once', async () => {
    vi.useFakeTimers();
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
          vi.setSystemTime(1_000_000);
          const counts = new Map<number, number>();
          const standing = new Map<number, CallView>();
          let list: CallView[] = [];
          const shown = new Set<string>();
          const told: Fate[] = [];
          let speaking = 0;
          let overlapped = false;
          const spool = announcements({
            now: () => Date.now(),
            stillCalled: (one) => [...standing.values()].some((each) => each === one),
            async announce() {
              overlapped ||= ++speaking > 1;
              await new Promise((resolve) => setTimeout(resolve, 9_000));
              speaking--;
              return { how: 'clips' };
            },
            told: (fate) => told.push(fate),
          });
          spool.heard(list);
          for (const one of steps) {
            if (one.does === 'wait' || one.does === 'cut') {
              await vi.advanceTimersByTimeAsync(one.ms);
              continue;
            }
            if (one.does === 'serve') standing.delete(one.ticket);
            else {
              const count = (counts.get(one.ticket) ?? 0) + 1;
              counts.set(one.ticket, count);
              const made = call(one.ticket, count, Date.now());
              standing.set(one.ticket, made);
              list = [made, ...list.filter(({ ticketId }) => ticketId !== made.ticketId)].slice(0, 8);
              shown.add(`${made.ticketId} ${made.call}`);
            }
            spool.heard(list);
          }
          await vi.advanceTimersByTimeAsync(1_000_000);
          await spool.idle();
          const names = told.map(({ call: { ticketId, call } }) => `${ticketId} ${call}`);
          expect(overlapped).toBe(false);
          expect([...names].sort()).toEqual([...shown].sort());
          // Said ones follow each other: none begins before the one before has ended.
          const said = told.filter(({ how }) => how === 'clips');
          said.forEach((fate, n) => expect(fate.startedAt).toBeGreaterThanOrEqual(said[n - 1]?.endedAt ?? 0));
          for (const { how, why } of told) expect(how === 'clips').toBe(why === undefined);
        }),
        { seed: 20260301, numRuns: 150 },
      );
    } finally {
      vi.useRealTimers();
    }
  });

  test('goes on when a voice breaks, and says of what waits at its end that it was closed', async () => {
    const told: Fate[] = [];
    const spool = announcements({
      now: () => Date.now(),
      stillCalled: () => true,
      announce: (one) =>
        one.number === 'A001' ? Promise.reject(new Error('no device')) : Promise.resolve({ how: 'speech' }),
      told: (fate) => told.push(fate),
    });
    spool.heard([]);
    spool.heard([call(2, 1, Date.now()), call(1, 1, Date.now())]);
    await spool.idle();
    expect(told.map(({ how, why }) => [how, why])).toEqual([
      ['silent', 'no-voice'],
      ['speech', undefined],
    ]);
    spool.heard([call(4, 1, Date.now()), call(3, 1, Date.now())]);
    spool.close();
    await spool.idle();
    expect(told.slice(2).map(({ call: { number }, why }) => [number, why])).toEqual(
      expect.arrayContaining([['A004', 'closed']]),
    );
    spool.heard([call(9, 1, Date.now())]);
    expect(told).toHaveLength(4);
  });
});

describe('the reports', () => {
  const report = (n: number): PlayedReport => ({
    ticketId: `t-${n}`,
    call: 1,
    window: 1,
    screen: 'east',
    how: 'clips',
    startedAt: new Date(n).toISOString(),
    endedAt: new Date(n + 1).toISOString(),
  });
  const refusal = (code: string) =>
    ({ ok: false, trouble: { code: code as 'unreachable', detail: '', facts: {} } }) as const;
  function post(answers: (report: PlayedReport) => string) {
    const state = { sent: [] as string[], taken: [] as string[], kept: [] as PlayedReport[], asked: 0 };
    const hub: ReportPost = {
      async send(one) {
        state.sent.push(one.ticketId);
        const code = answers(one);
        if (code === 'taken') state.taken.push(one.ticketId);
        return code === 'taken' ? { ok: true, value: undefined } : refusal(code);
      },
      async askRight() {
        return ++state.asked > 0;
      },
      load: () => state.kept,
      keep: (reports) => (state.kept = reports),
    };
    return { state, hub };
  }

  test('wait while the hub is away, survive a reload, and arrive in their order', async () => {
    vi.useFakeTimers();
    try {
      let away = true;
      const { state, hub } = post(() => (away ? 'unreachable' : 'taken'));
      const before = reportsTo(hub);
      for (let n = 0; n < 5; n++) before.add(report(n));
      await vi.advanceTimersByTimeAsync(120_000);
      expect(state.taken).toEqual([]);
      before.close();
      away = false;
      const after = reportsTo(hub);
      await vi.advanceTimersByTimeAsync(1);
      expect(state.taken).toEqual(['t-0', 't-1', 't-2', 't-3', 't-4']);
      expect(after.waiting()).toBe(0);
      expect(state.kept).toEqual([]);
      after.close();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('are never more than the board keeps, and the latest ones stay', async () => {
    vi.useFakeTimers();
    try {
      const { state, hub } = post(() => 'unreachable');
      const reports = reportsTo(hub);
      for (let n = 0; n < reportsMax + 50; n++) reports.add(report(n));
      expect(reports.waiting()).toBe(reportsMax);
      expect(state.kept.at(-1)?.ticketId).toBe(`t-${reportsMax + 49}`);
      // An absent hub is not asked again and again for each of them.
      await vi.advanceTimersByTimeAsync(1);
      expect(state.sent.length).toBeLessThan(3);
      reports.close();
    } finally {
      vi.useRealTimers();
    }
  });

  test('ask for the right once, and leave what the hub will never take', async () => {
    const { state, hub } = post(({ ticketId }) =>
      state.asked === 0 ? 'not-signed-in' : ticketId === 't-1' ? 'unknown-ticket' : 'taken',
    );
    const reports = reportsTo(hub);
    for (let n = 0; n < 3; n++) reports.add(report(n));
    await expect.poll(() => reports.waiting()).toBe(0);
    expect(state.taken).toEqual(['t-0', 't-2']);
    expect(state.asked).toBe(1);
    reports.close();
  });
});

describe('the rotation', () => {
  test('gives each item its own time, the same on every board', () => {
    const items = [{ s: 10 }, { s: 20 }, { s: 5 }];
    const at = (seconds: number) => items.indexOf(dueAt(items, ({ s }) => s, seconds * 1000)!);
    expect([0, 9, 10, 29, 30, 34, 35, 70].map(at)).toEqual([0, 0, 1, 1, 2, 2, 0, 0]);
    expect(dueAt([], () => 1, 5)).toBeUndefined();
  });
  test('keeps every item, in order, on pages that have room for it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 30 }), (items) => {
        const pages = evenPagesBy(items, (one) => one, 9);
        expect(pages.flat()).toEqual(items);
        for (const page of pages) expect(page.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(9);
      }),
    );
  });
  test('cuts a long notice behind its sentences and loses nothing', () => {
    const text = '请携带身份证明原件。除登记费外不收取其他费用；办理结束后请评价。'.repeat(6);
    const cut = parts(text, 96);
    expect(cut.join('')).toBe(text);
    for (const part of cut) expect(widthOf(part)).toBeLessThanOrEqual(96);
    expect(parts('短', 96)).toEqual(['短']);
  });
  test('has fees with their basis, every window and every service’s materials, each long enough to read', () => {
    const panels = panelsOf(view(), (text) => text?.zh ?? '');
    const fees = panels.filter((one) => one.kind === 'fees');
    expect(fees.flatMap(({ rows }) => rows)).toHaveLength(4);
    for (const { basis } of fees) expect(basis).toContain('发改价格规');
    expect(panels.flatMap((one) => (one.kind === 'windows' ? one.rows : []))).toHaveLength(6);
    expect(panels.flatMap((one) => (one.kind === 'materials' ? one.rows : []))).toHaveLength(30);
    for (const { seconds } of panels) expect(seconds).toBeGreaterThanOrEqual(10);
  });
  test('says the rush first, in both languages', () => {
    const hall = view();
    hall.day.surge = { notice: null, extendUntil: '18:00' };
    const said = noticesOf(hall, (until) => ({ zh: `延长至 ${until}`, en: `until ${until}` }));
    expect(said.slice(0, 3).map(({ text }) => text)).toEqual([
      '延长至 18:00',
      'until 18:00',
      hall.hall.missedRule.zh,
    ]);
  });
});
