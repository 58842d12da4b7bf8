/** Real names: one live ticket per person and service, the card at the window, tickets taken and given back. */
import { describe, expect, it } from 'vitest';
import type { PersonRef } from '../../kiosk-agent/contract/events.ts';
import { reserveTicket } from '../../kiosk-agent/hall/tickets.ts';
import { noPeople, rememberGivenBack, cancelledLately } from '../../kiosk-agent/hall/people.ts';
import type { HallRules } from '../../kiosk-agent/hall/state.ts';
import { Hall, RULES } from './hall.ts';

const someone = (digit: string): PersonRef => ({
  hash: digit.repeat(64),
  year: 2026,
  masked: `990***********${digit.repeat(4)}`,
});
const ANNA = someone('a');
const BEN = someone('b');

const withNames = (realName: HallRules['services'][number]['realName']): Partial<HallRules> => ({
  services: RULES.services.map((service) => ({ ...service, realName })),
});
let taps = 0;
const tap = (service: string, more: object = {}) => {
  taps++;
  return {
    name: 'ticket.reserve',
    ticketId: `n${taps}`,
    service,
    language: 'zh',
    idempotencyKey: `name-tap-${taps}`,
    delivery: 'screen',
    ...more,
  } as const;
};

describe('the holder of a ticket', () => {
  it('stands on it where the service keeps names, and nowhere where it does not', () => {
    for (const [mode, kept] of [
      ['off', undefined],
      ['optional', ANNA],
      ['required', ANNA],
    ] as const) {
      const hall = new Hall(withNames(mode));
      const [, reserved] = hall.do(tap('transfer', { person: { ...ANNA, name: 'must not be kept' } }));
      expect(reserved?.data).toHaveProperty('class');
      expect((reserved?.data as { person?: PersonRef }).person).toEqual(kept);
      expect(JSON.stringify(hall.state)).not.toContain('must not be kept');
    }
  });

  it('must be known where one service of the visit requires it', () => {
    const hall = new Hall({
      services: RULES.services.map((service) => ({
        ...service,
        realName: service.id === 'mortgage' ? ('required' as const) : ('off' as const),
      })),
    });
    expect(hall.refusal(tap('mortgage'))).toMatchObject({ code: 'identity-needed' });
    expect(hall.refusal(tap('transfer', { further: ['mortgage'] })).code).toBe('identity-needed');
    hall.do(tap('transfer'));
    hall.do(tap('mortgage', { person: ANNA }));
    expect(hall.state.running).toEqual({ A: 1, B: 1 });
  });
});

describe('one live ticket per person and service', () => {
  it('refuses a second one with the number of the first, for any service of the visit', () => {
    const hall = new Hall();
    const first = hall.waiting('transfer', { person: ANNA, further: ['mortgage'] });
    for (const second of [
      tap('transfer', { person: ANNA }),
      tap('mortgage', { person: ANNA }),
      tap('query', { person: ANNA, further: ['mortgage'] }),
    ])
      expect(hall.refusal(second)).toMatchObject({
        code: 'already-has-ticket',
        facts: { number: 'A001', ticketId: first },
      });
    hall.do(tap('query', { person: ANNA }));
    hall.do(tap('transfer', { person: BEN }));
    hall.do(tap('transfer'));
    hall.do(tap('transfer'));
  });

  it('is the same tap again for a repeat, not a second ticket', () => {
    const hall = new Hall();
    const same = tap('transfer', { person: ANNA });
    hall.do(same);
    expect(hall.do(same)).toEqual([]);
  });

  it('ends with the service that is done, with leaving, and with the policy for missed numbers', () => {
    const hall = new Hall({ missed: { policy: 'keep-minutes', minutes: 10 } });
    const first = hall.waiting('transfer', { person: ANNA, further: ['mortgage'] });
    hall.open(1).do({ name: 'window.call-next', window: 1 });
    hall.do({ name: 'window.start', window: 1 });
    expect(hall.refusal(tap('transfer', { person: ANNA })).facts).toMatchObject({ ticketId: first });
    hall.do({ name: 'window.finish', window: 1, session: 1 });
    const second = hall.waiting('transfer', { person: ANNA });
    expect(hall.refusal(tap('mortgage', { person: ANNA })).facts).toMatchObject({ ticketId: first });
    hall.do({ name: 'window.call-next', window: 1 });
    hall.do({ name: 'window.missed', window: 1 });
    expect(hall.refusal(tap('transfer', { person: ANNA })).facts).toMatchObject({ ticketId: second });
    hall.wait(601).do(tap('transfer', { person: ANNA }));
    hall.do({ name: 'ticket.cancel', ticketId: first, by: 'visitor' });
    hall.do(tap('mortgage', { person: ANNA }));
  });

  it('under "void" a missed number is gone at once: its holder may take a new one', () => {
    const hall = new Hall({ missed: { policy: 'void' } }).open(1);
    hall.waiting('transfer', { person: ANNA });
    hall.do({ name: 'window.call-next', window: 1 });
    hall.do({ name: 'window.missed', window: 1 });
    hall.do(tap('transfer', { person: ANNA }));
  });

  it('given at a kiosk that was cut off is a fact: it holds, and leaves a trace', () => {
    const hall = new Hall(withNames('required'));
    hall.waiting('transfer', { person: ANNA });
    const offline = { takenAt: '2026-11-23T08:00:00.000+08:00', clockOffsetMs: 0 };
    const time = '2026-11-23T09:00:00.000+08:00';
    const wish = { ...tap('transfer', { person: ANNA }), offline, number: { running: 701, number: 'A701' } };
    const taken = reserveTicket(hall.state, hall.rules, time, wish);
    expect(taken).toMatchObject({
      ok: true,
      events: [
        { type: 'hall.ticket.reserved', data: { number: 'A701', person: ANNA } },
        { type: 'hall.ticket.printed' },
        { type: 'hall.trace.recorded', data: { action: 'second-live-ticket', number: 'A701', person: ANNA } },
      ],
    });
    const nameless = { ...tap('transfer'), offline, number: { running: 702, number: 'A702' } };
    expect(reserveTicket(hall.state, hall.rules, time, nameless).ok).toBe(true);
  });
});

describe('the card at the window', () => {
  const card = (hashes: string[]) =>
    ({ name: 'window.match', window: 1, hashes, masked: '990***********0026' }) as const;
  const called = (more: object = { person: ANNA }): Hall => {
    const hall = new Hall().open(1);
    hall.waiting('transfer', more);
    hall.do({ name: 'window.call-next', window: 1 });
    return hall;
  };

  it('matches by this year’s or last year’s key, and says so once', () => {
    for (const hashes of [
      [ANNA.hash, 'x'],
      ['x', ANNA.hash],
    ]) {
      const hall = called();
      expect(hall.types(card(hashes))).toEqual(['hall.ticket.matched']);
      expect(hall.log.at(-1)?.data).toMatchObject({ result: 'match', window: 1, staff: 's1' });
      expect(hall.do(card(hashes))).toEqual([]);
      hall.do({ name: 'window.start', window: 1 });
      expect(Object.values(hall.state.tickets)[0]?.match).toBe('match');
    }
  });

  it('that does not match leaves a trace each time, and the right one after it counts', () => {
    const hall = called();
    for (let n = 0; n < 2; n++)
      expect(hall.do(card([BEN.hash]))).toMatchObject([
        { type: 'hall.ticket.matched', data: { result: 'no-match' } },
        { type: 'hall.trace.recorded', data: { action: 'match-failed', number: 'A001', window: 1 } },
      ]);
    hall.do(card([ANNA.hash]));
    expect(Object.values(hall.state.tickets)[0]?.match).toBe('match');
  });

  it('needs a ticket there that names somebody', () => {
    expect(called({}).refusal(card([ANNA.hash]))).toMatchObject({
      code: 'wrong-state',
      facts: { holder: null },
    });
    const hall = new Hall().open(1);
    expect(hall.refusal(card([ANNA.hash]))).toMatchObject({ code: 'wrong-state', facts: { state: 'idle' } });
    expect(new Hall().refusal(card([ANNA.hash])).code).toBe('window-closed');
  });
});

describe('take and cancel', () => {
  /** Takes a ticket and gives it back; the traces that came of it. */
  const giveBack = (hall: Hall, person: PersonRef | undefined, by: 'visitor' | 'staff' = 'visitor') => {
    const ticketId = hall.waiting('transfer', person ? { person } : {});
    const staff = by === 'staff' ? { staff: 's9', reason: 'left the hall' } : {};
    return hall
      .do({ name: 'ticket.cancel', ticketId, by, ...staff })
      .flatMap(({ type, data }) =>
        type === 'hall.trace.recorded' && data.action === 'take-and-cancel' ? [data] : [],
      );
  };

  it('is flagged from the third ticket given back within the days, with the person', () => {
    const hall = new Hall();
    expect([...giveBack(hall, ANNA), ...giveBack(hall, ANNA, 'staff'), ...giveBack(hall, BEN)]).toEqual([]);
    const flagged = giveBack(hall.wait(3600), ANNA);
    expect(flagged).toMatchObject([{ person: ANNA, number: 'A004', reason: expect.stringContaining('3') }]);
    expect(giveBack(hall, ANNA)).toHaveLength(1);
    expect(giveBack(hall, undefined)).toEqual([]);
  });

  it('counts only within the days, over the ends of days', () => {
    const hall = new Hall();
    giveBack(hall, ANNA);
    hall.at('2026-12-01T09:00:00+08:00');
    giveBack(hall, ANNA);
    expect(giveBack(hall.at('2026-12-07T08:59:59+08:00'), ANNA)).toHaveLength(1);
    hall.at('2026-12-25T09:00:00+08:00');
    expect(giveBack(hall, ANNA)).toEqual([]);
  });

  it('does not count what was never in line, nor what the day or the program ended', () => {
    const hall = new Hall({ realName: { takeAndCancel: { times: 1, days: 14 } } });
    const [failed, unclaimed] = [
      hall.reserve('transfer', { person: ANNA }),
      hall.reserve('transfer', { person: BEN }),
    ];
    for (const ticketId of [failed, unclaimed])
      hall.do({ name: 'ticket.print-failed', ticketId, why: 'paper-out' });
    expect(hall.types({ name: 'ticket.cancel', ticketId: failed, by: 'visitor' })).toEqual([
      'hall.ticket.cancelled',
    ]);
    hall.do({ name: 'ticket.cancel', ticketId: unclaimed, by: 'nobody' });
    hall.waiting('transfer', { person: ANNA });
    hall.at('2026-11-24T08:00:00+08:00').do({ name: 'day.check' });
    expect(hall.state.people.cancelled).toEqual({});
  });

  it('is remembered for 2000 persons, 50 times each, 90 days at the longest', () => {
    const people = noPeople();
    const hash = (n: number): string => n.toString(16).padStart(64, '0');
    const at = (n: number): string => new Date(Date.parse('2026-11-23T00:00:00Z') + n * 1000).toISOString();
    for (let n = 0; n < 2100; n++) rememberGivenBack(people, hash(n), at(n));
    for (let n = 0; n < 80; n++) rememberGivenBack(people, hash(2099), at(3000 + n));
    expect(Object.keys(people.cancelled)).toHaveLength(2000);
    expect(people.cancelled[hash(99)]).toBeUndefined();
    expect(people.cancelled[hash(100)]).toHaveLength(1);
    expect(people.cancelled[hash(2099)]).toHaveLength(50);
    const hall = new Hall();
    hall.do({ name: 'day.check' });
    hall.state.people = people;
    expect(cancelledLately(hall.state, hall.rules, hash(2099), at(4000))).toBe(50);
    hall.at('2027-02-21T07:00:00+08:00').do({ name: 'day.check' });
    expect(Object.keys(people.cancelled).length).toBe(2000);
    hall.at('2027-02-22T12:00:00+08:00').do({ name: 'day.check' });
    expect(hall.state.people.cancelled).toEqual({});
  });
});
