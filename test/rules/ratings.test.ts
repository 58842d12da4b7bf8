import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RatingCommand } from '../../kiosk-agent/hall/commands.ts';
import { localTime } from '../../kiosk-agent/hall/day.ts';
import type { RatingLevel } from '../../kiosk-agent/contract/events.ts';
import type { HallRules } from '../../kiosk-agent/hall/state.ts';
import { Hall, RULES } from './hall.ts';

type Press = Extract<RatingCommand, { name: 'rating.press' }>;
let seq = 0;
/** A new press of level 4, made `ageMs` before the hall's now. */
function press(hall: Hall, session: number | null, ageMs = 0, more: Partial<Press> = {}): Press {
  return {
    name: 'rating.press',
    window: 1,
    session,
    keyRaw: '2',
    level: 4,
    device: { serial: 'EV-1', boot: '0A1B2C3D', seq: ++seq },
    pressedAt: localTime(new Date(hall.now.getTime() - ageMs), hall.rules.timeZone),
    clockOffsetMs: 0,
    ...more,
  };
}
function evaluating(session = 7): Hall {
  const hall = new Hall();
  hall.evaluating(session);
  return hall.wait(5);
}

describe('a press', () => {
  it('in its open session is the rating of that visit', () => {
    const hall = evaluating();
    const pressed = press(hall, 7, 200);
    expect(hall.do(pressed)).toMatchObject([
      {
        type: 'hall.rating.given',
        data: {
          session: 7,
          ticketId: 't1',
          number: 'A001',
          window: 1,
          staff: 's1',
          level: 4,
          keyRaw: '2',
          source: 'press',
          device: pressed.device,
          promptedAt: '2026-11-23T09:00:00.000+08:00',
          pressedAt: '2026-11-23T09:00:04.800+08:00',
          flags: [],
        },
      },
    ]);
    expect(hall.state.sessions[7]?.state).toBe('rated');
    expect(hall.state.ratings).toEqual({ 1: 0, 2: 0, 3: 0, 4: 1, 5: 0 });
  });

  it('sent again is acknowledged again and has no second effect', () => {
    const hall = evaluating();
    const pressed = press(hall, 7);
    hall.do(pressed);
    const before = structuredClone(hall.state);
    expect(hall.wait(3).do(pressed)).toEqual([]);
    expect(hall.do({ ...pressed, pressedAt: localTime(hall.now, 'Asia/Shanghai'), level: 1 })).toEqual([]);
    expect(hall.state).toEqual(before);
  });

  it('that rated nothing is not counted when it is sent again either', () => {
    const hall = evaluating();
    const pressed = press(hall, null);
    expect(hall.types(pressed)).toEqual(['hall.rating.ignored']);
    expect(hall.do(pressed)).toEqual([]);
  });

  it('after the first one of a session is kept as ignored', () => {
    const hall = evaluating();
    hall.do(press(hall, 7));
    expect(hall.do(press(hall, 7, 0, { level: 1 }))).toMatchObject([
      { type: 'hall.rating.ignored', data: { session: 7, level: 1, why: 'already-rated' } },
    ]);
    expect(hall.state.ratings).toMatchObject({ 1: 0, 4: 1 });
  });

  it.each([
    ['without a session', null, {}, 'no-session'],
    ['in a session that nobody opened', 99, {}, 'unknown-session'],
    ['of a key that means no level', 7, { level: null, keyRaw: '9' }, 'unknown-key'],
    ['of a key that means no level, without a session', null, { level: null }, 'unknown-key'],
  ])('%s is kept as ignored', (_case, session, more, why) => {
    const hall = evaluating();
    expect(hall.do(press(hall, session, 0, more))).toMatchObject([
      { type: 'hall.rating.ignored', data: { why } },
    ]);
    expect(hall.state.sessions[7]?.state).toBe('open');
  });

  it.each([
    [999, ['pressed-at-once']],
    [1000, []],
  ])('%d ms after the prompt has the flags %j', (ms, flags) => {
    const hall = new Hall();
    hall.evaluating(7);
    hall.wait(ms / 1000);
    expect(hall.do(press(hall, 7))[0]?.data).toMatchObject({ flags });
  });

  it('made while its session was open counts also when it comes after the lapse', () => {
    const hall = evaluating();
    hall.wait(30).do({ name: 'rating.lapse', session: 7, why: 'timeout' });
    hall.wait(3600);
    expect(hall.do(press(hall, 7, 3_610_000))[0]).toMatchObject({
      type: 'hall.rating.given',
      data: { flags: ['arrived-late'], pressedAt: '2026-11-23T09:00:25.000+08:00' },
    });
    expect(hall.state.sessions[7]).toMatchObject({ state: 'rated', closeReason: null });
    expect(hall.do(press(hall, 7, 3_610_000))[0]?.data).toMatchObject({ why: 'already-rated' });
  });

  // Prompted at 09:00:00, closed at 09:00:35.
  it.each([
    ['09:00:35.000', 'hall.rating.given'],
    ['09:00:35.001', 'hall.rating.ignored'],
    ['08:59:58.000', 'hall.rating.given'],
    // Its number was drawn at 09:00:00: whoever names it has pressed after that, and the clock is wrong.
    ['08:59:57.999', 'hall.rating.given'],
  ])('of %s in a session that was open from 09:00:00 to 09:00:35 is %s', (at, type) => {
    const hall = evaluating();
    hall.wait(30).do({ name: 'rating.lapse', session: 7, why: 'timeout' });
    const late = press(hall.wait(60), 7, 0, { pressedAt: `2026-11-23T${at}+08:00` });
    expect(hall.types(late)).toEqual([type]);
  });

  it.each([
    [1999, ['pressed-at-once']],
    [2000, ['pressed-at-once']],
    [2001, ['time-doubtful']],
    [3_600_000, ['time-doubtful']],
  ])('that says it was made %d ms before the prompt has the flags %j', (ms, flags) => {
    const hall = new Hall();
    hall.evaluating(7);
    expect(hall.do(press(hall, 7, ms))[0]?.data).toMatchObject({ flags });
  });

  it('of a device that draws the same boot number again is another press when it names another session', () => {
    const first = { device: { serial: 'EV-1', boot: '80000000', seq: 1 } };
    const hall = evaluating();
    expect(hall.types(press(hall, 7, 0, first))).toEqual(['hall.rating.given']);
    expect(hall.types(press(hall, 7, 0, first)), 'the repeat').toEqual([]);
    hall.evaluating(8);
    expect(hall.types(press(hall.wait(5), 8, 0, first)), 'number 1 again').toEqual(['hall.rating.given']);
    expect(hall.types(press(hall, 8, 0, first)), 'its repeat').toEqual([]);
    expect(hall.types(press(hall, 7, 0, first)), 'the first one once more').toEqual([]);
    expect(hall.types(press(hall, null, 0, first)), 'without a session').toEqual([]);
  });

  it('of such a device counts also when the first of its number is long forgotten', () => {
    const hall = evaluating();
    for (let seq = 1; seq <= 100; seq++)
      hall.do(press(hall, null, 0, { device: { serial: 'EV-1', boot: '80000000', seq } }));
    const again = { device: { serial: 'EV-1', boot: '80000000', seq: 1 } };
    expect(hall.types(press(hall.wait(5), 7, 0, again))).toEqual(['hall.rating.given']);
    expect(hall.types(press(hall, 7, 0, again))).toEqual([]);
  });

  it('is compared by the clock of the hall and recorded by the clock that saw it', () => {
    const hall = evaluating();
    hall.wait(30).do({ name: 'rating.lapse', session: 7, why: 'timeout' });
    const pressedAt = '2026-11-23T10:00:20.000+08:00';
    const ahead = press(hall.wait(60), 7, 0, { pressedAt, clockOffsetMs: 3_600_000 });
    expect(hall.do(ahead)[0]).toMatchObject({
      type: 'hall.rating.given',
      data: { pressedAt, clockOffsetMs: 3_600_000 },
    });
  });

  it('still finds its lapsed session on the next day, and not four days later', () => {
    const hall = evaluating();
    hall.wait(30).do({ name: 'rating.lapse', session: 7, why: 'timeout' });
    const pressedAt = '2026-11-23T09:00:10.000+08:00';
    hall.at('2026-11-25T08:00:00+08:00');
    expect(hall.types(press(hall, 7, 0, { pressedAt }))).toContain('hall.rating.given');
    const other = evaluating();
    other.wait(30).do({ name: 'rating.lapse', session: 7, why: 'timeout' });
    other.at('2026-11-27T08:00:00+08:00');
    expect(other.do(press(other, 7, 0, { pressedAt })).at(-1)?.data).toMatchObject({
      why: 'unknown-session',
    });
  });
});

describe('the memory of presses', () => {
  const of = (hall: Hall, boot: string, number: number): Press =>
    press(hall, null, 0, { device: { serial: 'EV-1', boot, seq: number } });

  it('knows every press over gaps and in any order', () => {
    const hall = new Hall();
    for (const number of [1, 2, 5, 4, 9]) hall.do(of(hall, 'a', number));
    expect(hall.state.presses).toMatchObject([{ through: 2, beyond: [4, 5, 9] }]);
    for (const number of [1, 2, 5, 4, 9]) expect(hall.do(of(hall, 'a', number))).toEqual([]);
    expect(hall.do(of(hall, 'a', 3))).toHaveLength(1);
    expect(hall.state.presses).toMatchObject([{ through: 5, beyond: [9] }]);
    expect(hall.do(of(hall, 'b', 1))).toHaveLength(1);
  });

  it('keeps the eight latest power-ups of a device', () => {
    const hall = new Hall();
    for (let boot = 0; boot < 9; boot++) {
      hall.do(of(hall, `b${boot}`, 1));
      hall.do(of(hall, 'b0', boot + 2));
    }
    expect(hall.state.presses.map(({ boot }) => boot)).toEqual([
      'b2',
      'b3',
      'b4',
      'b5',
      'b6',
      'b7',
      'b8',
      'b0',
    ]);
  });

  it('does not grow without end when the first presses never come', () => {
    const hall = new Hall();
    for (let number = 1000; number < 3000; number += 2) hall.do(of(hall, 'a', number));
    expect(hall.state.presses[0]?.beyond).toHaveLength(256);
    expect(hall.do(of(hall, 'a', 2998))).toEqual([]);
  });
});

describe('a touch on the screen', () => {
  const touch = { name: 'rating.touch', window: 1, session: 7, level: 2 } as const;
  it('is the rating while the evaluation is open, and is refused after', () => {
    const hall = evaluating();
    expect(hall.refusal({ ...touch, window: 2 }).code).toBe('not-this-window');
    expect(hall.do(touch)).toMatchObject([
      {
        type: 'hall.rating.given',
        data: { level: 2, source: 'screen', device: null, keyRaw: null, flags: [] },
      },
      { type: 'hall.rating.followed-up', data: { session: 7, step: 'opened' } },
    ]);
    expect(hall.refusal(touch)).toMatchObject({ code: 'no-evaluation', facts: { state: 'rated' } });
    expect(hall.refusal({ ...touch, session: 8 })).toMatchObject({ facts: { state: 'unknown' } });
  });

  it('and a press in one session are one rating', () => {
    const hall = evaluating();
    hall.do(touch);
    expect(hall.do(press(hall, 7))[0]?.data).toMatchObject({ why: 'already-rated' });
  });
});

describe('an evaluation that lapses', () => {
  it('lapses once, and never after it was rated', () => {
    const lapse = { name: 'rating.lapse', session: 7, why: 'timeout' } as const;
    const hall = evaluating();
    expect(hall.types(lapse)).toEqual(['hall.rating.lapsed']);
    expect(hall.do(lapse)).toEqual([]);
    expect(hall.state.ratings).toEqual({ 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 });
    const rated = evaluating();
    rated.do(press(rated, 7));
    expect(rated.do(lapse)).toEqual([]);
    expect(rated.do({ ...lapse, session: 99 })).toEqual([]);
  });
});

describe('rating from the phone', () => {
  const fromPhone = (ticketId: string, level: RatingLevel = 5) =>
    ({ name: 'rating.from-phone', ticketId, level }) as const;

  it('counts for a visit that lapsed, as what it is, and supersedes the lapse', () => {
    const hall = evaluating();
    hall.wait(30).do({ name: 'rating.lapse', session: 7, why: 'timeout' });
    expect(hall.wait(3600).do(fromPhone('t1', 4))).toMatchObject([
      {
        type: 'hall.rating.given',
        time: '2026-11-23T10:00:35.000+08:00',
        data: {
          session: 7,
          number: 'A001',
          level: 4,
          source: 'qr',
          device: null,
          keyRaw: null,
          pressedAt: '2026-11-23T10:00:35.000+08:00',
          flags: [],
        },
      },
    ]);
    expect(hall.state.sessions[7]).toMatchObject({ state: 'rated', closeReason: null });
    expect(hall.refusal(fromPhone('t1'))).toMatchObject({ code: 'no-evaluation', facts: { state: 'rated' } });
  });

  it('is refused while the keys are lit, for a ticket without a visit, and when its hours are over', () => {
    const hall = evaluating();
    expect(hall.refusal(fromPhone('t1')).facts).toEqual({ state: 'open' });
    expect(hall.refusal(fromPhone('t9')).facts).toEqual({ state: 'unknown' });
    hall.wait(30).do({ name: 'rating.lapse', session: 7, why: 'timeout' });
    // Prompted on Monday at 09:00:00; 48 hours later the session is still known.
    const short = new Hall({ followUp: { ...RULES.followUp, reasonHours: 48 } });
    short.evaluating(7);
    short.wait(35).do({ name: 'rating.lapse', session: 7, why: 'timeout' });
    expect(short.at('2026-11-25T09:00:00.001+08:00').refusal(fromPhone('t1')).facts).toEqual({
      state: 'over',
    });
    expect(short.at('2026-11-25T09:00:00+08:00').types(fromPhone('t1'))).toContain('hall.rating.given');
  });

  it('leaves a key that was pressed in time and comes later as ignored', () => {
    const hall = evaluating();
    hall.wait(30).do({ name: 'rating.lapse', session: 7, why: 'timeout' });
    hall.do(fromPhone('t1', 5));
    expect(hall.wait(60).do(press(hall, 7, 80_000, { level: 1 }))).toMatchObject([
      { type: 'hall.rating.ignored', data: { why: 'already-rated', level: 1 } },
    ]);
  });

  it('never makes a second rating, whatever comes from where in whatever order', () => {
    type Way = 'press' | 'late' | 'touch' | 'phone' | 'lapse' | 'next' | 'day';
    const ways = fc.constantFrom<Way[]>('press', 'late', 'touch', 'phone', 'lapse', 'next', 'day');
    const step = fc.record({
      way: ways,
      level: fc.constantFrom<RatingLevel[]>(1, 2, 3, 4, 5),
      again: fc.boolean(),
    });
    let both = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const hall = evaluating(1);
        let session = 1;
        let last: Press | null = null;
        for (const { way, level, again } of steps) {
          hall.wait(7);
          const ticketId = hall.state.sessions[session]?.ticketId ?? 't1';
          if (way === 'press' || way === 'late') {
            const made: Press =
              again && last ? last : press(hall, session, way === 'late' ? 9000 : 0, { level });
            last = made;
            hall.try(made);
          } else if (way === 'touch') hall.try({ name: 'rating.touch', window: 1, session, level });
          else if (way === 'phone') hall.try(fromPhone(ticketId, level));
          else if (way === 'lapse') hall.try({ name: 'rating.lapse', session, why: 'timeout' });
          else if (way === 'day') hall.wait(86_400);
          else hall.evaluating(++session);
        }
        const given = hall.log.flatMap((event) => (event.type === 'hall.rating.given' ? [event.data] : []));
        expect(new Set(given.map((each) => each.session)).size).toBe(given.length);
        const opened = hall.log.flatMap((event) =>
          event.type === 'hall.rating.followed-up' ? [event.data.session] : [],
        );
        expect(opened).toEqual(given.filter(({ level }) => level <= 2).map((each) => each.session));
        if (new Set(given.map(({ source }) => source)).size > 1) both++;
      }),
      { numRuns: 150, seed: 20261123 },
    );
    expect(both, 'histories with ratings from several sources').toBeGreaterThan(10);
  });
});

describe('what is remarkable about a rating', () => {
  const flags = { shortServiceS: 0, runLength: 4, burstCount: 3, burstMinutes: 10 };
  const hallOf = (more: Partial<HallRules['rating']['flags']>, now?: string): Hall =>
    new Hall(
      { rating: { seconds: 30, flags: { ...flags, ...more } }, opening: { from: '09:00', to: '17:00' } },
      now,
    );
  /** A visit of `seconds` at window 1 that is rated 5 s after the prompt; its flags. */
  const rate = (hall: Hall, session: number, level: RatingLevel, seconds = 60): unknown => {
    hall.serving();
    hall.wait(seconds).do({ name: 'window.finish', window: 1, session });
    return hall.wait(5).do(press(hall, session, 0, { level }))[0]?.data;
  };

  it.each([
    [9, ['short-service']],
    [10, []],
  ])('a visit of %d s has the flags %j', (seconds, expected) => {
    expect(rate(hallOf({ shortServiceS: 10 }), 7, 5, seconds)).toMatchObject({ flags: expected });
  });

  it('the fourth of the same level in a row at one window is a long run, and another level ends it', () => {
    const hall = hallOf({}, '2026-11-23T09:30:00+08:00');
    const seen = [5, 5, 5, 5, 5, 4, 5, 5, 5].map((level, at) => rate(hall, at + 1, level as RatingLevel));
    expect(seen.map((each) => (each as { flags: string[] }).flags.length)).toEqual([
      0, 0, 0, 1, 1, 0, 0, 0, 0,
    ]);
    expect(seen[3]).toMatchObject({ flags: ['long-run'] });
  });

  it('many within minutes are a burst in the last hour before closing, and at no other time', () => {
    const levels: RatingLevel[] = [5, 4, 5];
    const at = (now: string): unknown =>
      levels.map((level, i) => rate(hallOfOne, i + 1, level)).at(-1) ?? now;
    let hallOfOne = hallOf({}, '2026-11-23T16:10:00+08:00');
    expect(at('in the last hour')).toMatchObject({ flags: ['closing-burst'] });
    hallOfOne = hallOf({}, '2026-11-23T15:10:00+08:00');
    expect(at('before it')).toMatchObject({ flags: [] });
    hallOfOne = hallOf({ burstMinutes: 1 }, '2026-11-23T16:10:00+08:00');
    expect(at('not close enough together')).toMatchObject({ flags: [] });
  });

  it('presses that a cable kept back all day are no burst when they come together', () => {
    const hall = hallOf({}, '2026-11-23T10:00:00+08:00');
    for (const session of [1, 2, 3]) {
      hall.serving();
      hall.wait(60).do({ name: 'window.finish', window: 1, session });
      hall.wait(40).do({ name: 'rating.lapse', session, why: 'timeout' });
      hall.wait(1500);
    }
    hall.at('2026-11-23T16:30:00+08:00');
    for (const [session, pressedAt] of [
      [1, '10:01:10'],
      [2, '10:27:50'],
      [3, '10:54:30'],
    ] as const)
      expect(
        hall.do(press(hall, session, 0, { pressedAt: `2026-11-23T${pressedAt}.000+08:00` }))[0]?.data,
      ).toMatchObject({ flags: ['arrived-late'] });
  });

  it('presses that were made within minutes before closing are a burst also when a cable kept them back', () => {
    const hall = hallOf({}, '2026-11-23T16:20:00+08:00');
    for (const session of [1, 2, 3]) {
      hall.serving();
      hall.wait(60).do({ name: 'window.finish', window: 1, session });
      hall.wait(40).do({ name: 'rating.lapse', session, why: 'timeout' });
    }
    // Prompted at 16:21:00, 16:22:40 and 16:24:20.
    hall.at('2026-11-23T16:55:00+08:00');
    const late = ['16:21:10', '16:22:50', '16:24:30'].map(
      (at, i) => hall.do(press(hall, i + 1, 0, { pressedAt: `2026-11-23T${at}.000+08:00` }))[0]?.data,
    );
    expect(late).toMatchObject([
      { flags: ['arrived-late'] },
      { flags: ['arrived-late'] },
      { flags: ['arrived-late', 'closing-burst'] },
    ]);
  });

  it('is judged by at most the latest 40 ratings of each window', () => {
    const hall = hallOf({});
    for (let session = 1; session <= 45; session++) rate(hall, session, 3);
    expect(hall.state.latestRatings[1]).toHaveLength(40);
    expect(hall.state.latestRatings[2]).toBeUndefined();
  });
});
