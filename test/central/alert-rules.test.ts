/** The rules of alerts, for any coming and going: who hears what, and how often. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BETWEEN_MS,
  evaluate,
  isQuiet,
  LAPSE_MS,
  SETTLE_MS,
  type Alert,
  type Fact,
  type Message,
} from '../../central/alerts/evaluate.ts';
import { alertSettings, type Rule } from '../../central/alerts/settings.ts';

/** Recorded: a run that fails prints its own seed and path beside this one. */
const SEED = 20261123;
const RUNS = 15;
const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 23, 1);
const ZONE = 'Asia/Shanghai';
const QUIET = { from: '22:00', to: '07:00' };

function ruleOf(written: object): Rule {
  const channels = { office: { kind: 'webhook', url: 'https://example.org/', secret: 'env:SECRET' } };
  return alertSettings.parse({ channels, rules: [written] }).rules[0]!;
}
const fact = (agentId: string, more: Partial<Fact> = {}): Fact => ({
  ...{ kind: 'device-down', agentId, hall: `hall-${agentId}`, region: '371002000000', subject: 'printer-1' },
  ...{ since: null, measure: null, once: null, ...more },
});

/** A server that is asked every so often, keeps its state through a file, and writes down what it says. */
function server(rule: Rule) {
  let alerts: Alert[] = [];
  let ids = 0;
  const said: (Message & { at: number })[] = [];
  return {
    said,
    alerts: () => alerts,
    round(now: number, facts: Fact[]): Message[] {
      const { keep, drop, messages } = evaluate({
        ...{ rules: [rule], facts, alerts, now, timeZone: ZONE, newId: () => `a-${++ids}` },
      });
      const kept = new Map(alerts.map((alert) => [alert.id, alert]));
      for (const alert of keep) kept.set(alert.id, alert);
      for (const id of drop) kept.delete(id);
      alerts = JSON.parse(JSON.stringify([...kept.values()])) as Alert[];
      said.push(...messages.map((message) => ({ ...message, at: now })));
      return messages;
    },
  };
}

/** For each of four halls, minute by minute, whether its device is down. */
const lives = fc.array(
  fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 40 })), { minLength: 1, maxLength: 12 }),
  { minLength: 4, maxLength: 4 },
);
const isDown = (life: [boolean, number][], minute: number): boolean => {
  let end = 0;
  for (const [down, lasts] of life) if (minute < (end += lasts)) return down;
  return false;
};

describe('whatever comes and goes', () => {
  it.each([
    ['by day and night', { kind: 'device-down', minutes: 0 }, START],
    ['with ten minutes to last', { kind: 'device-down', minutes: 10 }, START],
    ['with quiet hours in it', { kind: 'device-down', minutes: 3, quiet: QUIET }, START + 11 * 3_600_000],
    ['said again', { kind: 'device-down', minutes: 0, repeatHours: 0.25 }, START],
  ])(
    'who is told that it began is told once that it is over, and nobody in quiet hours: %s',
    (_, written, start) => {
      const rule = ruleOf(written);
      fc.assert(
        fc.property(lives, (all) => {
          const far = server(rule);
          const wasDown = new Map<string, number>();
          const mustHear = new Set<string>();
          for (let minute = 0; minute < 20 * 60; minute += 1) {
            const now = start + minute * MINUTE;
            const facts = all.flatMap((life, n) => (isDown(life, minute) ? [fact(`hub-${n}`)] : []));
            far.round(now, facts);
            for (let n = 0; n < all.length; n += 1) {
              const id = `hub-${n}`;
              wasDown.set(id, facts.some(({ agentId }) => agentId === id) ? (wasDown.get(id) ?? -1) + 1 : -1);
              if (wasDown.get(id)! >= (rule as { minutes: number }).minutes) mustHear.add(id);
            }
          }
          for (const { at } of far.said)
            if (isQuiet(rule.quiet, at, ZONE)) throw new Error(`said in quiet hours: ${at}`);
          for (const n of all.keys()) {
            const heard = far.said
              .filter(({ alerts }) => alerts.some(({ agentId }) => agentId === `hub-${n}`))
              .map(({ phase }) => phase[2])
              .join('');
            // raised, perhaps repeated, resolved, and so on
            expect(heard).toMatch(/^(ip*s)*$/);
            expect(heard !== '').toBe(mustHear.has(`hub-${n}`));
          }
          for (const alert of far.alerts())
            expect(alert.raisedAt === null || alert.overToldAt !== null).toBe(true);
        }),
        { seed: SEED, numRuns: RUNS, endOnFailure: true },
      );
    },
  );

  it('a group hears of each phase at most once in five minutes, however many halls flap', () => {
    fc.assert(
      fc.property(lives, (all) => {
        const far = server(ruleOf({ kind: 'device-down', minutes: 0, repeatHours: null }));
        for (let minute = 0; minute < 300; minute += 1)
          far.round(
            START + minute * MINUTE,
            all.flatMap((life, n) => (isDown(life, minute) ? [fact(`hub-${n}`)] : [])),
          );
        for (const phase of ['raised', 'resolved'] as const) {
          const times = far.said.filter((message) => message.phase === phase).map(({ at }) => at);
          times.forEach((at, n) => n > 0 && expect(at - times[n - 1]!).toBeGreaterThanOrEqual(BETWEEN_MS));
        }
      }),
      { seed: SEED, numRuns: RUNS, endOnFailure: true },
    );
  });
});

describe('a rule', () => {
  it('says of a device that is away and back every minute for a day only that it began and that it is over', () => {
    const far = server(ruleOf({ kind: 'device-down', minutes: 0, repeatHours: null }));
    for (let minute = 0; minute < 1_440; minute += 1)
      far.round(START + minute * MINUTE, minute % 2 === 0 ? [fact('hub-1')] : []);
    for (let minute = 1_440; minute < 1_460; minute += 1) far.round(START + minute * MINUTE, []);
    expect(far.said.map(({ phase }) => phase)).toEqual(['raised', 'resolved']);
  });

  it('tells of three hundred halls whose network died in one message for each province', () => {
    const far = server(ruleOf({ kind: 'hall-silent', minutes: 30 }));
    const silent = (n: number): Fact =>
      fact(`hub-${n}`, {
        ...{ kind: 'hall-silent', subject: '', region: n % 3 === 0 ? '330100000000' : '371002000000' },
        since: START + (n % 50) * 1_000,
      });
    for (let s = 0; s < 3_600; s += 15)
      far.round(
        START + s * 1_000,
        Array.from({ length: 300 }, (_, n) => silent(n)),
      );
    expect(far.said.map(({ phase, region, alerts }) => [phase, region, alerts.length])).toEqual([
      ['raised', '330000000000', 100],
      ['raised', '370000000000', 200],
    ]);
  });

  it('makes a message of its own for each region that it names, and looks nowhere else', () => {
    const far = server(
      ruleOf({ kind: 'device-down', minutes: 0, regions: ['371000000000', '371002000000'] }),
    );
    const facts = [
      fact('hub-1'),
      fact('hub-2', { region: '371003000000' }),
      fact('hub-3', { region: '370100000000' }),
    ];
    for (let s = 0; s <= 90; s += 15) far.round(START + s * 1_000, facts);
    expect(far.said.map(({ region, alerts }) => [region, alerts.map(({ agentId }) => agentId)])).toEqual([
      ['371002000000', ['hub-1']],
      ['371000000000', ['hub-2']],
    ]);
  });

  it('waits with the wait until it has been above the limit for the time given', () => {
    const far = server(ruleOf({ kind: 'wait-above', waitMinutes: 60, minutes: 10 }));
    const waiting = (measure: number) => [fact('hub-1', { kind: 'wait-above', subject: '', measure })];
    for (let minute = 0; minute < 9; minute += 1) far.round(START + minute * MINUTE, waiting(75));
    far.round(START + 9 * MINUTE, waiting(59));
    for (let minute = 10; minute < 20; minute += 1) far.round(START + minute * MINUTE, waiting(61));
    expect(far.said).toEqual([]);
    for (let minute = 20; minute < 23; minute += 1) far.round(START + minute * MINUTE, waiting(62));
    expect(far.said.map(({ phase }) => phase)).toEqual(['raised']);
  });

  it('tells at once of a log that does not fit, again when more does not, and ends when it was seen or after three days', () => {
    const far = server(ruleOf({ kind: 'chain-alarm', repeatHours: null }));
    const broken = (once: string) => [
      fact('hub-1', { kind: 'chain-alarm', subject: 'epoch-1', since: START, once }),
    ];
    expect(far.round(START, broken('2026-11-23T01')).map(({ phase }) => phase)).toEqual(['raised']);
    far.round(START + MINUTE, broken('2026-11-23T01'));
    far.alerts()[0]!.seenAt = START + 2 * MINUTE;
    expect(far.round(START + 2 * MINUTE, broken('2026-11-23T01')).map(({ phase }) => phase)).toEqual([
      'resolved',
    ]);
    expect(far.round(START + 3 * MINUTE, broken('2026-11-23T01'))).toEqual([]);
    far.round(START + 10 * MINUTE, broken('2026-11-23T02'));
    expect(far.said.map(({ phase }) => phase)).toEqual(['raised', 'resolved', 'raised']);
    far.round(START + 10 * MINUTE + LAPSE_MS, broken('2026-11-23T02'));
    expect(far.said.at(-1)).toMatchObject({ phase: 'resolved', alerts: [{ ended: 'lapsed' }] });
  });

  it('says again what has been seen to by nobody, and not what somebody has seen', () => {
    const far = server(ruleOf({ kind: 'device-down', minutes: 0, repeatHours: 1 }));
    const facts = [fact('hub-1'), fact('hub-2')];
    for (let minute = 0; minute < 150; minute += 1) {
      far.round(START + minute * MINUTE, facts);
      if (minute === 5) far.alerts()[0]!.seenAt = START;
    }
    expect(far.said.map(({ phase, alerts }) => [phase, alerts.length])).toEqual([
      ['raised', 2],
      ['repeated', 1],
      ['repeated', 1],
    ]);
  });

  it('that was taken out leaves nothing open', () => {
    const rule = ruleOf({ kind: 'device-down', minutes: 0 });
    const far = server(rule);
    for (let minute = 0; minute < 3; minute += 1) far.round(START + minute * MINUTE, [fact('hub-1')]);
    const { keep, messages } = evaluate({
      ...{ rules: [], facts: [fact('hub-1')], alerts: far.alerts(), now: START + 4 * MINUTE },
      ...{ timeZone: ZONE, newId: () => 'x' },
    });
    expect([keep[0]?.resolvedAt, messages]).toEqual([START + 4 * MINUTE, []]);
  });

  it('is over only after five minutes without it', () => {
    const far = server(ruleOf({ kind: 'device-down', minutes: 0 }));
    for (let minute = 0; minute < 3; minute += 1) far.round(START + minute * MINUTE, [fact('hub-1')]);
    far.round(START + 2 * MINUTE + SETTLE_MS - 1, []);
    expect(far.alerts()[0]?.resolvedAt).toBeNull();
    far.round(START + 2 * MINUTE + SETTLE_MS, []);
    expect(far.alerts()[0]).toMatchObject({ resolvedAt: START + 2 * MINUTE + SETTLE_MS, ended: 'gone' });
  });
});
