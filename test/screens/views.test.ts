import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { troubleOf } from '../../display/api.ts';
import { announcements, type Fate } from '../../display/board/announcements.ts';
import { evenPages } from '../../display/board/rotation.ts';
import {
  ageText,
  secondsLeft,
  spokenCall,
  stopwatch,
  clockTime,
  waitMinutes,
  waitText,
} from '../../display/format.ts';
import { idleSeconds, printingLimitMs, stepFor, type Intent } from '../../display/kiosk/steps.ts';
import { apply, catchUp, fromSnapshot, place, takeSnapshot } from '../../display/projection.ts';
import { pageOf } from '../../display/visitor/paging.ts';
import { faceOf, thanksMs } from '../../display/window/face.ts';
import { afterTrouble } from '../../display/window/rating.ts';
import { TICKET_STATES, type CallView, type Change, type Snapshot } from '../../kiosk-agent/contract/live.ts';
import { ticket, view, window } from './mock-hub.ts';

const seed = 20180620;
const at = (seq: number, set: Change['set'], run = 'r1'): Change => ({
  run,
  seq,
  time: '2018-06-20T09:26:00+08:00',
  set,
});
const snapshot = (seq: number, sections: Record<string, unknown>, run = 'r1'): Snapshot =>
  ({ run, seq, time: '2018-06-20T09:26:00+08:00', role: 'board', view: sections }) as unknown as Snapshot;

describe('a screen follows the hub', () => {
  test('a keyed section changes entry by entry, null removes one, others are replaced', () => {
    const held = fromSnapshot(snapshot(4, { windows: { 1: 'a', 2: 'b' }, day: { served: 1 } }));
    const next = apply(held, at(5, { windows: { 2: null, 3: 'c' }, day: { served: 2 } }));
    expect(next).toMatchObject({ seq: 5, view: { windows: { 1: 'a', 3: 'c' }, day: { served: 2 } } });
    expect(held.view.windows).toEqual({ 1: 'a', 2: 'b' });
  });

  test('a missed change is noticed, a repeated one is not applied, a restarted hub is another run', () => {
    const held = fromSnapshot(snapshot(4, {}));
    expect(place(held, at(5, {}))).toBe('next');
    expect(place(held, at(4, {}))).toBe('old');
    expect(place(held, at(6, {}))).toBe('gap');
    expect(place(held, at(5, {}, 'r2'))).toBe('other-run');
  });

  test('a snapshot overtaken by changes does not set a screen back; one of a new run replaces all', () => {
    const held = fromSnapshot(snapshot(9, { day: 'nine' }));
    expect(takeSnapshot(held, snapshot(8, { day: 'eight' })).view.day).toBe('nine');
    expect(takeSnapshot(held, snapshot(1, { day: 'one' }, 'r2')).view.day).toBe('one');
  });

  test('however a connection breaks, after catching up the screen is the same as one that saw everything', () => {
    const change = fc.dictionary(fc.constantFrom('1', '2', '3'), fc.option(fc.nat(9), { nil: null }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.nat(20), fc.nat(20), (sets, a, b) => {
        const changes = sets.map((set, index) => at(index + 2, { windows: set }));
        const start = fromSnapshot(snapshot(1, { windows: {} }));
        const all = changes.reduce(apply, start);
        const cut = Math.min(a, changes.length);
        const back = Math.min(cut + b, changes.length);
        const before = changes.slice(0, cut).reduce(apply, start);
        // The answer holds what was missing and may repeat; the rest came in while it was awaited.
        const answer = { changes: changes.slice(Math.max(0, cut - 2), back) };
        expect(catchUp(before, answer, changes.slice(Math.max(0, back - 1)))).toEqual(all);
      }),
      { seed },
    );
  });

  test('an answer that skips numbers ends the asking', () => {
    const held = fromSnapshot(snapshot(1, { day: 1 }));
    const caught = catchUp(held, { changes: [] }, [at(7, { day: 7 })]);
    expect(caught).toMatchObject({ seq: 7, view: { day: 7 } });
  });
});

describe('times and waits are said as people say them', () => {
  test('a wait is an interval in minutes, in fives when it is long', () => {
    expect(waitMinutes(900, 1500)).toEqual({ from: 15, to: 25 });
    expect(waitMinutes(2_460, 3_360)).toEqual({ from: 40, to: 60 });
    expect(waitText(null, null)).toEqual({ key: 'wait.unknown' });
    expect(waitText(0, 0)).toEqual({ key: 'wait.none' });
    expect(waitText(30, 300)).toEqual({ key: 'wait.about', minutes: 5 });
    expect(waitText(900, 1500)).toEqual({ key: 'wait.range', from: 15, to: 25 });
  });

  test('whatever the estimate, the interval holds it and stands the right way round', () => {
    fc.assert(
      fc.property(fc.nat(20_000), fc.nat(20_000), (a, b) => {
        const minutes = waitMinutes(Math.min(a, b), Math.max(a, b));
        expect(minutes?.from).toBeLessThanOrEqual(Math.min(a, b) / 60);
        expect(minutes?.to).toBeGreaterThanOrEqual(Math.max(a, b) / 60);
      }),
      { seed },
    );
  });

  test('a ticket is spelled digit by digit, the window is a number', () => {
    expect(spokenCall(view().hall.speech.zh, 'A001', 3, 'zh')).toBe('请A零零一号到3号窗口办理业务');
    expect(spokenCall(view().hall.speech.en, 'A001', 12, 'en')).toBe(
      'Ticket A 0 0 1, please go to window 12',
    );
  });

  test('the clock is the hall’s, also around midnight', () => {
    const ms = Date.parse('2018-06-20T16:05:07Z');
    expect(clockTime(ms, 'Asia/Shanghai')).toBe('00:05');
    expect(clockTime(ms, 'Asia/Shanghai', true)).toBe('00:05:07');
  });

  test('timers count whole seconds and never below nothing', () => {
    expect(stopwatch(187_900)).toBe('3:07');
    expect(stopwatch(3_765_000)).toBe('1:02:45');
    expect(stopwatch(-5_000)).toBe('0:00');
    expect(secondsLeft(10_000, 9_001)).toBe(1);
    expect(secondsLeft(10_000, 12_000)).toBe(0);
    expect(ageText(125_000)).toEqual({ key: 'common.minutes', n: 2 });
  });
});

describe('the kiosk leads a visitor by the ticket’s state', () => {
  const intent: Intent = { what: 'take', service: 'transfer', delivery: 'paper', idempotencyKey: 'k' };
  const at = (state: (typeof TICKET_STATES)[number], since = 0, now = 1): string =>
    stepFor(ticket('A001', state), intent, since, now, false).at;

  test('a ticket whose paper is out is shown; paper in doubt is asked for; a failed one is offered another way', () => {
    expect(at('waiting')).toBe('done');
    expect(at('called')).toBe('done');
    expect(at('unconfirmed')).toBe('unconfirmed');
    expect(at('print-failed')).toBe('failed');
    expect(at('cancelled')).toBe('cancelled');
  });

  test('a printer that stays silent does not hold a visitor for ever', () => {
    expect(at('printing', 0, printingLimitMs)).toBe('printing');
    expect(at('printing', 0, printingLimitMs + 1)).toBe('too-long');
  });

  test('every page goes home by itself, but not while something is under way', () => {
    for (const state of TICKET_STATES) {
      const step = stepFor(ticket('A001', state), intent, 0, 1, false);
      if (step.at === 'printing') expect(idleSeconds(step)).toBeNull();
      else expect(idleSeconds(step)).toBeGreaterThanOrEqual(20);
    }
    expect(
      idleSeconds({
        at: 'failed',
        ticket: ticket('A001', 'print-failed'),
        intent,
        asking: true,
        trouble: null,
      }),
    ).toBeNull();
  });

  test('paging shows every service once, and a page that no longer exists is the last one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 40 }), fc.integer({ min: 1, max: 6 }), (items, size) => {
        const { pages } = pageOf(items, size, 0);
        const shown = Array.from({ length: pages }, (_, page) => pageOf(items, size, page).items).flat();
        expect(shown).toEqual(items);
        expect(pageOf(items, size, pages + 3).page).toBe(pages - 1);
      }),
      { seed },
    );
  });
});

describe('calls are announced one after the other, each once', () => {
  const call = (number: string, call = 1, at = 1_000): CallView => ({
    ticketId: `t-${number}`,
    number,
    service: 'transfer',
    window: 3,
    call,
    at: new Date(at).toISOString(),
  });
  function speaker(over: string[] = []) {
    const said: string[] = [];
    const told: Fate[] = [];
    const state = { now: 1_000, speaking: 0, overlapped: false };
    const spool = announcements({
      now: () => state.now,
      stillCalled: (one) => !over.includes(one.number),
      async announce(one) {
        state.overlapped ||= ++state.speaking > 1;
        await new Promise((resolve) => setTimeout(resolve, 1));
        state.speaking--;
        said.push(`${one.number}/${one.call}`);
        return { how: 'clips' as const };
      },
      told: (fate) => told.push(fate),
    });
    return { said, told, state, spool };
  }

  test('a board that has just been switched on does not announce what is past', async () => {
    const { said, spool } = speaker();
    spool.heard([call('A002'), call('A001')]);
    await spool.idle();
    expect(said).toEqual([]);
    spool.heard([call('A003'), call('A002'), call('A001')]);
    await spool.idle();
    expect(said).toEqual(['A003/1']);
  });

  test('calls that come together are said in the order of calling and never over each other', async () => {
    const { said, state, spool } = speaker();
    spool.heard([]);
    spool.heard([call('A002'), call('A001')]);
    spool.heard([call('A003'), call('A002'), call('A001')]);
    await spool.idle();
    expect(said).toEqual(['A001/1', 'A002/1', 'A003/1']);
    expect(state.overlapped).toBe(false);
  });

  test('a recall is said again, and takes the place of a call that has not been said yet', async () => {
    const { said, spool } = speaker();
    spool.heard([]);
    spool.heard([call('A002'), call('A001')]);
    spool.heard([call('A002', 2), call('A001')]);
    await spool.idle();
    spool.heard([call('A001', 2), call('A002', 2)]);
    await spool.idle();
    expect(said).toEqual(['A001/1', 'A002/2', 'A001/2']);
  });

  test('a call that is over by the time its turn comes, or that is old after a cut, stays silent', async () => {
    const { said, state, spool } = speaker(['A001']);
    spool.heard([]);
    state.now = 200_000;
    spool.heard([call('A002', 1, 1_000), call('A001', 1, 199_000), call('A003', 1, 199_000)]);
    await spool.idle();
    expect(said).toEqual(['A003/1']);
  });

  test('whatever lists come, nothing is said twice', async () => {
    const lists = fc.array(fc.uniqueArray(fc.nat(30), { maxLength: 8 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lists, async (numbers) => {
        const { said, spool } = speaker();
        for (const list of numbers) spool.heard(list.map((n) => call(`A${n}`)));
        await spool.idle();
        expect(new Set(said).size).toBe(said.length);
      }),
      { seed, numRuns: 20 },
    );
  });
});

describe('a window’s screen', () => {
  const now = Date.parse('2018-06-20T01:26:00Z');
  const open = { session: 7, state: 'open' as const, openUntil: new Date(now + 20_000).toISOString() };
  const untouched = { session: null, sending: 'idle' as const };

  test('asks for a rating while the evaluation is open, and for no longer when it is cut off', () => {
    const rated = window(3, 'idle', { evaluation: open });
    expect(faceOf(rated, now, null, untouched)).toMatchObject({ shows: 'rating', session: 7 });
    expect(faceOf(rated, now + 25_000, null, untouched).shows).toBe('idle');
  });

  test('stays with a touch that is still on its way, and thanks only when the hub has it', () => {
    const rated = window(3, 'idle', { evaluation: open });
    expect(faceOf(rated, now + 25_000, null, { session: 7, sending: 'sending' }).shows).toBe('rating');
    expect(faceOf(rated, now, null, { session: 7, sending: 'taken' }).shows).toBe('thanks');
    expect(faceOf(rated, now, null, { session: 6, sending: 'taken' }).shows).toBe('rating');
  });

  test('thanks for the key that was pressed, once and for a while; an old rating is not thanked for', () => {
    const rated = window(3, 'idle', { evaluation: { ...open, state: 'rated' } });
    const ended = { session: 7, how: 'rated' as const, at: now };
    expect(faceOf(rated, now + 1, ended, untouched).shows).toBe('thanks');
    expect(faceOf(rated, now + thanksMs, ended, untouched).shows).toBe('idle');
    expect(faceOf(rated, now, null, untouched).shows).toBe('idle');
  });

  test('shows the next visitor’s number at once, whatever became of the last evaluation', () => {
    const called = { ...view().windows[3]!, evaluation: { ...open, state: 'lapsed' as const } };
    expect(faceOf(called, now, { session: 7, how: 'lapsed', at: now }, untouched)).toEqual({
      shows: 'called',
      number: 'A001',
    });
  });

  test('a rating that did not get through is sent again; one that the hub refuses is not', () => {
    const trouble = (code: string) => afterTrouble(troubleOf(500, { code, detail: '' }));
    expect(trouble('unreachable')).toBe('again');
    expect(trouble('journal-unwritable')).toBe('again');
    expect(trouble('not-signed-in')).toBe('ask-session');
    expect(trouble('no-evaluation')).toBe('over');
    expect(afterTrouble(troubleOf(504, undefined))).toBe('again');
  });
});

test('what does not fit one page is shown on even pages, nothing left out', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 60 }), fc.integer({ min: 1, max: 15 }), (items, size) => {
      const pages = evenPages(items, size);
      expect(pages.flat()).toEqual(items);
      for (const page of pages) expect(page.length).toBeLessThanOrEqual(size);
    }),
    { seed },
  );
});

test('a problem document keeps its code and facts; any other answer is told apart', () => {
  const answer = { type: 't', title: 't', status: 409, code: 'wrong-state', detail: 'd', state: 'serving' };
  expect(troubleOf(409, answer)).toEqual({ code: 'wrong-state', detail: 'd', facts: { state: 'serving' } });
  expect(troubleOf(500, undefined).code).toBe('unknown');
  expect(troubleOf(502, undefined).code).toBe('unreachable');
});
