/** Appointments: slots, booking, coming, not coming (docs/appointments.md). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Appointment } from '../../kiosk-agent/contract/appointments.ts';
import { appointmentsDue } from '../../kiosk-agent/hall/appointments/due.ts';
import { capacityOf, instantOf, slots, type Slot } from '../../kiosk-agent/hall/appointments/slots.ts';
import { CANCELLED_KEPT } from '../../kiosk-agent/hall/appointments/state.ts';
import { localTime } from '../../kiosk-agent/hall/day.ts';
import type { HallRules } from '../../kiosk-agent/hall/state.ts';
import { Hall, RULES } from './hall.ts';

/** Monday. */
const TODAY = '2026-11-23';
const person = (digit: string) => ({ hash: digit.repeat(64), year: 2026, masked: '990***********001X' });
/** Open 08:00 to 12:00, half-hour slots. */
const OPEN: Partial<HallRules> = { opening: { from: '08:00', to: '12:00' } };
const with_ = (more: Partial<HallRules['appointments']>): Partial<HallRules> => ({
  ...OPEN,
  appointments: { ...RULES.appointments, ...more },
});

let made = 0;
type Booking = { service: string; day: string; from: string; who?: string; key?: string; code?: string };
function booking({ who, key, code, ...wish }: Partial<Booking> = {}) {
  made += 1;
  return {
    name: 'appointment.book' as const,
    appointment: code ?? `B${String(made).padStart(7, '0')}`,
    service: 'transfer',
    day: TODAY,
    from: '10:00',
    channel: 'kiosk' as const,
    idempotencyKey: key ?? `wish-${made}`,
    ...(who ? { person: person(who) } : {}),
    ...wish,
  };
}
/** Books, and answers the code. */
function book(hall: Hall, wish: Partial<Booking> = {}): string {
  const command = booking(wish);
  hall.do(command);
  return command.appointment;
}
function checkIn(appointment: string, more: object = {}) {
  made += 1;
  return {
    name: 'appointment.check-in' as const,
    appointment,
    by: 'code' as const,
    ticketId: `t-${made}`,
    language: 'zh' as const,
    delivery: 'screen' as const,
    idempotencyKey: `tap-${made}`,
    ...more,
  };
}
const copy = (more: Partial<Appointment> = {}): Appointment => ({
  appointment: 'C2345678',
  service: 'transfer',
  day: TODAY,
  from: '10:00',
  to: '10:30',
  channel: 'wechat',
  bookedAt: '2026-11-20T12:00:00+08:00',
  ...more,
});
const take = (appointment: Appointment) => ({
  name: 'appointment.take' as const,
  appointment,
  idempotencyKey: `central:${appointment.appointment}:${appointment.bookedAt}`,
});
const check = { name: 'day.check' as const };
const at = (clock: string, day = TODAY) => `${day}T${clock}:00+08:00`;
const known = (hall: Hall, code: string) => hall.state.appointments.known[code];
const begins = (of: Slot[]) => of.map(({ from }) => from);
const offered = (hall: Hall, service: string, day: string) =>
  slots(hall.state, hall.rules, service, day, localTime(hall.now, hall.rules.timeZone));

describe('the slots of a day', () => {
  it('begin at the opening time and end with it, whole ones only', () => {
    const hall = new Hall({ opening: { from: '08:15', to: '10:00' } }, at('07:00'));
    expect(offered(hall, 'transfer', TODAY)).toEqual([
      { from: '08:15', to: '08:45', capacity: 2, taken: 0, free: 2 },
      { from: '08:45', to: '09:15', capacity: 2, taken: 0, free: 2 },
      { from: '09:15', to: '09:45', capacity: 2, taken: 0, free: 2 },
    ]);
  });

  it('fill the whole day where no opening time is published', () => {
    const hall = new Hall({}, at('09:00', '2026-11-22'));
    const day = offered(hall, 'transfer', TODAY);
    expect(day).toHaveLength(48);
    expect(day[0]).toMatchObject({ from: '00:00', to: '00:30' });
    expect(day[47]).toMatchObject({ from: '23:30', to: '24:00' });
  });

  it('of today that have begun are not offered, nor those of days past or too far ahead', () => {
    const hall = new Hall(OPEN, at('10:00'));
    expect(begins(offered(hall, 'transfer', TODAY))).toEqual(['10:30', '11:00', '11:30']);
    expect(offered(hall, 'transfer', '2026-11-20')).toEqual([]);
    expect(offered(hall, 'transfer', '2026-12-07')).toHaveLength(8);
    expect(offered(hall, 'transfer', '2026-12-08')).toEqual([]);
  });

  it('stand on make-up days, not on weekends and holidays', () => {
    const calendar = { weekend: [0, 6], holidays: ['2026-11-24'], makeUpDays: ['2026-11-28'] };
    const hall = new Hall({ ...OPEN, calendar }, at('07:00'));
    expect(offered(hall, 'transfer', '2026-11-24')).toEqual([]);
    expect(offered(hall, 'transfer', '2026-11-28')).toHaveLength(8);
    expect(offered(hall, 'transfer', '2026-11-29')).toEqual([]);
  });

  it('belong only to services with appointments that this hall has', () => {
    const services = RULES.services.map((each) => ({ ...each, appointments: each.id !== 'query' }));
    const hall = new Hall({ ...OPEN, services }, at('07:00'));
    expect(offered(hall, 'query', TODAY)).toEqual([]);
    expect(offered(hall, 'constructor', TODAY)).toEqual([]);
  });

  it('take the share of what their windows can serve, a window with two services half for each', () => {
    // transfer: 1.5 windows × 30 min ÷ 10 min × 0.5 = 2.25; mortgage: 0.5 × 30 ÷ 20 × 0.5 = 0.375
    const { state, rules } = new Hall();
    expect(capacityOf(state, rules, 'transfer')).toBe(2);
    expect(capacityOf(state, rules, 'mortgage')).toBe(1);
    expect(capacityOf(state, { ...rules, ...with_({ share: 0 }) }, 'transfer')).toBe(0);
    const windows = [{ number: 1, services: ['transfer'] }];
    expect(capacityOf(state, { ...rules, windows }, 'mortgage')).toBe(0);
    const temporary = [{ number: 1, services: ['transfer'], temporary: true }];
    expect(capacityOf(state, { ...rules, windows: temporary }, 'transfer')).toBe(0);
    // Six sixths are one window: 60 ÷ 10 × 0.5, and no place is lost to a fraction's last digit.
    const sixths = [1, 2, 3, 4, 5, 6].map((number) => ({
      number,
      services: ['transfer', 'b', 'c', 'd', 'e', 'f'],
    }));
    expect(capacityOf(state, { ...rules, ...with_({ slotMinutes: 60 }), windows: sixths }, 'transfer')).toBe(
      3,
    );
  });

  it('take as many as the measured times allow, and none twice that hold already', () => {
    const hall = new Hall(OPEN, at('09:00'));
    for (const from of ['10:00', '10:00', '10:30']) book(hall, { from });
    expect(offered(hall, 'transfer', TODAY).slice(1, 3)).toEqual([
      { from: '10:00', to: '10:30', capacity: 2, taken: 2, free: 0 },
      { from: '10:30', to: '11:00', capacity: 2, taken: 1, free: 1 },
    ]);
    // Three visits of 30 minutes were measured: 1.5 × 30 ÷ 30 × 0.5 is less than one, and one is the least.
    hall.state.serviceTimes['transfer'] = [1800, 1800, 1800];
    expect(offered(hall, 'transfer', TODAY)[1]).toEqual({
      from: '10:00',
      to: '10:30',
      capacity: 1,
      taken: 2,
      free: 0,
    });
  });

  it('are instants in the zone of the hall, also on the days on which its clocks change', () => {
    const time = (day: string, clock: string) =>
      new Date(instantOf(day, clock, 'Europe/Berlin')).toISOString();
    expect(time('2026-03-29', '01:30')).toBe('2026-03-29T00:30:00.000Z');
    expect(time('2026-03-29', '03:30')).toBe('2026-03-29T01:30:00.000Z');
    expect(time('2026-03-29', '24:00')).toBe('2026-03-29T22:00:00.000Z');
    expect(time('2026-10-25', '24:00')).toBe('2026-10-25T23:00:00.000Z');
    expect(new Date(instantOf(TODAY, '00:00', 'Asia/Shanghai')).toISOString()).toBe(
      '2026-11-22T16:00:00.000Z',
    );
  });
});

describe('booking', () => {
  it('makes one appointment of one wish', () => {
    const hall = new Hall(OPEN);
    hall.do(check);
    const wish = booking({ key: 'once', who: 'a' });
    expect(hall.do(wish)).toEqual([
      {
        type: 'hall.appointment.booked',
        subject: wish.appointment,
        time: '2026-11-23T09:00:00.000+08:00',
        data: {
          appointment: wish.appointment,
          service: 'transfer',
          day: TODAY,
          from: '10:00',
          to: '10:30',
          channel: 'kiosk',
          person: person('a'),
          bookedAt: '2026-11-23T09:00:00.000+08:00',
          idempotencyKey: 'once',
        },
      },
    ]);
    expect(hall.do({ ...wish, appointment: 'OTHER' })).toEqual([]);
    expect(hall.refusal(booking({ key: 'once', from: '11:00' }))).toMatchObject({
      code: 'key-reused',
      facts: { appointment: wish.appointment },
    });
  });

  it('says why not', () => {
    const services = RULES.services.map((each) => ({
      ...each,
      appointments: each.id !== 'query',
      realName: each.id === 'mortgage' ? ('required' as const) : each.realName,
    }));
    const hall = new Hall({ ...OPEN, services });
    expect(hall.refusal(booking({ service: 'nothing' })).code).toBe('unknown-service');
    expect(hall.refusal(booking({ service: 'query' })).code).toBe('no-appointments');
    expect(hall.refusal(booking({ service: 'mortgage' })).code).toBe('identity-needed');
    expect(hall.refusal(booking({ from: '10:10' })).code).toBe('no-such-slot');
    expect(hall.refusal(booking({ from: '09:00' })).code).toBe('no-such-slot');
    expect(hall.refusal(booking({ day: '2026-11-20' })).code).toBe('no-such-slot');
    expect(hall.refusal(booking({ day: '2026-11-28' })).code).toBe('no-such-slot');
    expect(hall.refusal(booking({ day: '2026-12-08' }))).toMatchObject({
      code: 'too-far-ahead',
      facts: { lastDay: '2026-12-07' },
    });
    const code = book(hall);
    book(hall);
    expect(hall.refusal(booking()).code).toBe('slot-full');
    expect(hall.refusal(booking({ code, from: '11:00' })).code).toBe('key-reused');
  });

  it('gives a person one live appointment for a service, by the card of either year', () => {
    const hall = new Hall(OPEN);
    const first = book(hall, { who: 'a', day: '2026-11-24' });
    expect(hall.refusal(booking({ who: 'a', day: '2026-11-25' }))).toMatchObject({
      code: 'already-booked',
      facts: { appointment: first, day: '2026-11-24', from: '10:00' },
    });
    const nextYear = {
      ...booking({ who: 'b', day: '2026-11-25' }),
      hashes: ['b', 'a'].map((d) => d.repeat(64)),
    };
    expect(hall.refusal(nextYear).code).toBe('already-booked');
    book(hall, { who: 'a', service: 'mortgage' });
    book(hall, { who: 'c' });
    hall.at(at('08:00', '2026-11-24'));
    // Nobody opened yesterday, and nobody has looked yet: that one is live no more.
    book(hall, { who: 'c', day: '2026-11-25' });
    hall.do({ name: 'appointment.cancel', appointment: first, by: 'visitor' });
    book(hall, { who: 'a', day: '2026-11-25' });
  });

  it('gives a cancelled place to somebody else', () => {
    const hall = new Hall(with_({ share: 0.1 }));
    const first = book(hall);
    expect(hall.refusal(booking()).code).toBe('slot-full');
    expect(hall.types({ name: 'appointment.cancel', appointment: first, by: 'visitor' })).toEqual([
      'hall.appointment.cancelled',
    ]);
    expect(hall.do({ name: 'appointment.cancel', appointment: first, by: 'visitor' })).toEqual([]);
    book(hall);
    expect(hall.refusal(checkIn(first))).toMatchObject({
      code: 'wrong-state',
      facts: { state: 'cancelled' },
    });
  });

  it('is taken back by staff only with a reason, which leaves a trace', () => {
    const hall = new Hall(OPEN);
    const code = book(hall);
    const cancel = {
      name: 'appointment.cancel' as const,
      appointment: code,
      by: 'staff' as const,
      staff: '1001',
    };
    expect(hall.refusal({ ...cancel, reason: '  ' }).code).toBe('reason-needed');
    expect(hall.do({ ...cancel, reason: 'the visitor telephoned' })[1]).toMatchObject({
      type: 'hall.trace.recorded',
      data: { action: 'appointment-cancelled', reason: 'the visitor telephoned', staff: '1001' },
    });
    expect(hall.refusal({ ...cancel, appointment: '__proto__', reason: 'x' }).code).toBe(
      'unknown-appointment',
    );
  });
});

describe('an appointment from the central server', () => {
  it('holds, and the same or an older copy changes nothing', () => {
    const hall = new Hall(OPEN);
    hall.do(check);
    expect(hall.types(take(copy()))).toEqual(['hall.appointment.booked']);
    expect(hall.do(take(copy()))).toEqual([]);
    expect(
      hall.do(take(copy({ from: '11:00', to: '11:30', bookedAt: '2026-11-19T12:00:00+08:00' }))),
    ).toEqual([]);
    expect(known(hall, 'C2345678')).toMatchObject({ state: 'booked', from: '10:00' });
    expect(offered(hall, 'transfer', TODAY)[1]).toMatchObject({ taken: 1, free: 1 });
  });

  it('moves by a newer copy, is cancelled, and a late repeat of an old copy does not bring it back', () => {
    const hall = new Hall(OPEN);
    hall.do(take(copy()));
    const newer = copy({ from: '11:00', to: '11:30', bookedAt: '2026-11-21T12:00:00+08:00' });
    expect(hall.types(take(newer))).toEqual(['hall.appointment.booked']);
    expect(offered(hall, 'transfer', TODAY).map(({ taken }) => taken)).toEqual([0, 0, 0, 1, 0]);
    hall.do({ name: 'appointment.cancel', appointment: 'C2345678', by: 'central' });
    expect(hall.do(take(copy()))).toEqual([]);
    expect(hall.do(take(newer))).toEqual([]);
    expect(known(hall, 'C2345678')?.state).toBe('cancelled');
    expect(Object.keys(hall.state.appointments.keys)).toHaveLength(1);
  });

  it('that has been checked in is not moved any more', () => {
    const hall = new Hall(OPEN, at('09:40'));
    hall.do(take(copy()));
    hall.do(checkIn('C2345678'));
    const newer = take(copy({ from: '11:00', to: '11:30', bookedAt: '2026-11-23T09:00:00+08:00' }));
    expect(hall.refusal(newer)).toMatchObject({ code: 'wrong-state', facts: { state: 'checked-in' } });
    expect(hall.do(take(copy()))).toEqual([]);
  });

  it('holds also where the slot is full or is none of ours; then a trace says so', () => {
    const hall = new Hall(with_({ share: 0.1 }));
    book(hall);
    const [booked, trace] = hall.do(take(copy({ person: person('a') })));
    expect(booked?.type).toBe('hall.appointment.booked');
    expect(trace).toMatchObject({
      type: 'hall.trace.recorded',
      data: { action: 'appointment-overbooked', person: person('a') },
    });
    expect(hall.types(take(copy({ appointment: 'C3333333', day: '2026-11-28' })))).toContain(
      'hall.trace.recorded',
    );
    // Another grid: 10:40 counts in the slot from 10:30.
    expect(hall.types(take(copy({ appointment: 'C4444444', from: '10:40', to: '10:55' })))).toEqual([
      'hall.appointment.booked',
    ]);
    expect(hall.refusal(booking({ from: '10:30' })).code).toBe('slot-full');
    expect(offered(hall, 'transfer', TODAY)[1]).toMatchObject({ capacity: 1, taken: 2, free: 0 });
  });

  it('is refused for a service that is not here, a day that is over, and a year nobody plans', () => {
    const hall = new Hall(OPEN);
    expect(hall.refusal(take(copy({ service: 'nothing' }))).code).toBe('unknown-service');
    expect(hall.refusal(take(copy({ day: '2026-11-22' }))).code).toBe('no-such-slot');
    expect(hall.refusal(take(copy({ day: '2027-11-26' }))).code).toBe('too-far-ahead');
  });
});

describe('coming to an appointment', () => {
  it('makes it one ticket that stands from its slot on, in the same write', () => {
    const hall = new Hall(OPEN, at('09:40'));
    const code = book(hall, { who: 'a' });
    const tap = checkIn(code);
    const events = hall.do(tap);
    expect(events.map(({ type }) => type)).toEqual([
      'hall.appointment.checked-in',
      'hall.ticket.reserved',
      'hall.ticket.printed',
    ]);
    expect(events[0]?.data).toEqual({
      appointment: code,
      ticketId: tap.ticketId,
      number: 'A001',
      service: 'transfer',
      by: 'code',
      punctual: 'early',
    });
    expect(hall.ticket(tap.ticketId)).toMatchObject({
      class: 'appointment',
      appointment: code,
      person: person('a'),
      arrivedAt: '2026-11-23T10:00:00.000+08:00',
    });
    expect(known(hall, code)).toMatchObject({ state: 'checked-in', ticketId: tap.ticketId });
  });

  it('again is the same ticket, whatever the key', () => {
    const hall = new Hall(OPEN, at('09:40'));
    const code = book(hall);
    const tap = checkIn(code);
    hall.do(tap);
    expect(hall.do(tap)).toEqual([]);
    expect(hall.do(checkIn(code))).toEqual([]);
    expect(Object.keys(hall.state.tickets)).toEqual([tap.ticketId]);
    expect(hall.refusal({ name: 'appointment.cancel', appointment: code, by: 'visitor' })).toMatchObject({
      code: 'wrong-state',
      facts: { state: 'checked-in', ticketId: tap.ticketId },
    });
  });

  it('again after its ticket was cancelled is a new one: no paper came out, and nobody took it', () => {
    const hall = new Hall(OPEN, at('09:40'));
    const code = book(hall);
    const [tap, next] = [checkIn(code, { delivery: 'paper' }), checkIn(code)];
    hall.do(tap);
    hall.do({ name: 'ticket.print-failed', ticketId: tap.ticketId, why: 'paper-out' });
    expect(hall.do(next)).toEqual([]);
    hall.do({ name: 'ticket.cancel', ticketId: tap.ticketId, by: 'nobody' });
    expect(hall.do(tap)).toEqual([]);
    hall.do(next);
    expect(known(hall, code)).toMatchObject({ state: 'checked-in', ticketId: next.ticketId });
    expect(hall.ticket(next.ticketId)).toMatchObject({ state: 'waiting', class: 'appointment' });
    expect(hall.do(checkIn(code))).toEqual([]);
  });

  it('by a card needs the card that made it, of this year or the last', () => {
    const hall = new Hall(OPEN, at('09:40'));
    const [named, nameless] = [book(hall, { who: 'a' }), book(hall, { from: '10:30' })];
    const card = (...hashes: string[]) => ({ by: 'card' as const, hashes: hashes.map((d) => d.repeat(64)) });
    expect(hall.refusal(checkIn(named, card('b'))).code).toBe('not-this-person');
    expect(hall.refusal(checkIn(named, { by: 'card' })).code).toBe('not-this-person');
    expect(hall.refusal(checkIn(nameless, card('a'))).code).toBe('not-this-person');
    expect(hall.refusal(checkIn(named, { ...card('b'), by: 'code' })).code).toBe('not-this-person');
    const tap = checkIn(named, { ...card('f', 'a'), person: { ...person('f'), year: 2027 } });
    expect(hall.types(tap)).toContain('hall.ticket.reserved');
    expect(hall.ticket(tap.ticketId).person).toEqual({ ...person('f'), year: 2027 });
    const withCode = checkIn(nameless, { ...card('b'), by: 'code', person: person('b') });
    hall.do(withCode);
    expect(hall.ticket(withCode.ticketId).person).toEqual(person('b'));
  });

  it.each([
    ['08:59', 'too-early'],
    ['09:00', 'early'],
    ['09:59', 'early'],
    ['10:00', 'in-slot'],
    ['10:29', 'in-slot'],
    ['10:30', 'late'],
    ['10:45', 'late'],
    ['10:46', 'too-late'],
  ])('at %s to a slot from 10:00 is %s', (clock, expected) => {
    const hall = new Hall(OPEN, at('08:00'));
    const code = book(hall);
    hall.at(at(clock));
    if (expected === 'too-early')
      return expect(hall.refusal(checkIn(code))).toMatchObject({
        code: 'too-early',
        facts: { from: '2026-11-23T09:00:00.000+08:00' },
      });
    const tap = checkIn(code);
    expect(hall.do(tap)[0]?.data).toMatchObject({ punctual: expected });
    const late = expected === 'too-late';
    expect(hall.ticket(tap.ticketId)).toMatchObject({
      class: late ? 'normal' : 'appointment',
      arrivedAt: late ? '2026-11-23T10:46:00.000+08:00' : '2026-11-23T10:00:00.000+08:00',
    });
  });

  it('too late is refused where the hall has it so', () => {
    const hall = new Hall(with_({ tooLate: 'refuse' }), at('08:00'));
    const code = book(hall);
    expect(hall.at(at('10:46')).refusal(checkIn(code)).code).toBe('too-late');
    expect(hall.at(at('10:45')).types(checkIn(code))).toContain('hall.ticket.reserved');
  });

  it('on another day is refused with the day', () => {
    const hall = new Hall(OPEN);
    const code = book(hall, { day: '2026-11-24' });
    expect(hall.refusal(checkIn(code))).toMatchObject({
      code: 'wrong-day',
      facts: { day: '2026-11-24', from: '10:00' },
    });
    expect(hall.refusal(checkIn('ZZZZZZZZ')).code).toBe('unknown-appointment');
  });

  it('after midnight still finds the slot that ended then; before midnight the next day has not begun', () => {
    const hall = new Hall({}, at('20:00'));
    const code = book(hall, { from: '23:30' });
    const next = book(hall, { day: '2026-11-24', from: '00:00' });
    hall.at(at('23:40'));
    expect(hall.refusal(checkIn(next)).code).toBe('wrong-day');
    hall.at(at('00:10', '2026-11-24'));
    const tap = checkIn(code);
    expect(hall.types(tap)).toContain('hall.day.opened');
    expect(hall.ticket(tap.ticketId)).toMatchObject({
      class: 'appointment',
      arrivedAt: '2026-11-23T23:30:00.000+08:00',
    });
    hall.do(checkIn(next));
    expect(hall.at(at('00:16', '2026-11-24')).do(check)).toEqual([]);
  });

  it('with the clock set back makes no second ticket, and an hour back is judged by the clock', () => {
    const hall = new Hall(OPEN, at('08:00'));
    const [one, other] = [book(hall), book(hall)];
    hall.at(at('10:05')).do(checkIn(one));
    hall.at(at('09:05'));
    expect(hall.do(checkIn(one))).toEqual([]);
    expect(hall.do(checkIn(other))[0]?.data).toMatchObject({ punctual: 'early' });
    // A whole day back: the hall's day stays, and its slots with it.
    hall.at(at('08:00', '2026-11-24')).do(check);
    hall.at(at('07:00'));
    expect(begins(offered(hall, 'transfer', '2026-11-24'))).toHaveLength(8);
    expect(offered(hall, 'transfer', TODAY)).toEqual([]);
    expect(hall.refusal(booking()).code).toBe('no-such-slot');
  });

  it('is refused as any ticket is: its key was another tap', () => {
    const hall = new Hall(OPEN, at('09:40'));
    const ticketId = hall.waiting();
    const code = book(hall);
    expect(hall.refusal(checkIn(code, { idempotencyKey: `tap-${ticketId}` })).code).toBe('key-reused');
    expect(known(hall, code)?.state).toBe('booked');
  });
});

describe('not coming', () => {
  const NO_SHOW = with_({ noShow: { limit: 2, withinDays: 10, blockDays: 5 } });
  /** Booked for 10:00 of a day and not come to, with a window open. */
  function missed(hall: Hall, day: string, who = 'a', checked = at('10:46', day)): string {
    hall.at(at('08:00', day));
    const code = book(hall, { day, who });
    if ((hall.state.windows[1]?.state ?? 'closed') === 'closed') hall.open(1);
    hall.at(checked).do(check);
    return code;
  }

  it('lapses when the grace is over, while the hall works', () => {
    const hall = new Hall(OPEN, at('08:00')).open(1);
    const code = book(hall);
    expect(hall.at(at('10:45')).do(check)).toEqual([]);
    expect(hall.at(at('10:46')).do(check)).toMatchObject([
      { type: 'hall.appointment.lapsed', subject: code, data: { appointment: code } },
    ]);
    expect(hall.do(check)).toEqual([]);
    expect(hall.state.appointments.noShows).toEqual({});
  });

  it('that lapsed and is come to later is an ordinary ticket, and no no-show', () => {
    const hall = new Hall(NO_SHOW, at('08:00'));
    const code = missed(hall, TODAY);
    expect(hall.state.appointments.noShows).toEqual({
      ['a'.repeat(64)]: { days: [TODAY], through: '2026-12-08' },
    });
    const tap = checkIn(code);
    expect(hall.at(at('11:30')).do(tap)[0]?.data).toMatchObject({ punctual: 'too-late' });
    expect(hall.ticket(tap.ticketId).class).toBe('normal');
    expect(hall.state.appointments.noShows).toEqual({});
  });

  it("to a hall that did not open is the hall's cancelling, never a no-show", () => {
    const hall = new Hall(NO_SHOW, at('08:00'));
    const code = book(hall, { who: 'a' });
    expect(hall.at(at('11:50')).do(check)).toEqual([]);
    expect(hall.at(at('00:01', '2026-11-24')).do(check).at(-1)).toMatchObject({
      type: 'hall.appointment.cancelled',
      data: { appointment: code, by: 'hall', reason: 'the hall was not open' },
    });
    expect(hall.state.appointments.noShows).toEqual({});
  });

  it("on a holiday that the central server booked is the hall's cancelling, also with a window open", () => {
    const hall = new Hall(NO_SHOW, at('08:00', '2026-11-28')).open(1);
    hall.do(take(copy({ day: '2026-11-28', person: person('a') })));
    expect(hall.at(at('10:46', '2026-11-28')).do(check)).toEqual([]);
    expect(hall.at(at('08:00', '2026-11-29')).types(check)).toContain('hall.appointment.cancelled');
  });

  it('while the computer was off is no no-show', () => {
    const hall = new Hall(NO_SHOW);
    missed(hall, TODAY, 'a', at('10:56'));
    expect(hall.log.at(-1)).toMatchObject({ type: 'hall.appointment.lapsed' });
    expect(hall.state.appointments.noShows).toEqual({});
  });

  it('too often blocks further booking for a while, and then it is forgotten', () => {
    const hall = new Hall(NO_SHOW, at('08:00', '2026-11-16'));
    missed(hall, '2026-11-16');
    missed(hall, '2026-11-23', 'b');
    hall.at(at('11:00'));
    hall.do({
      name: 'appointment.cancel',
      appointment: book(hall, { who: 'a', day: '2026-11-24' }),
      by: 'visitor',
    });
    missed(hall, '2026-11-24');
    hall.at(at('11:00', '2026-11-24'));
    expect(hall.refusal(booking({ who: 'a', day: '2026-11-25' }))).toMatchObject({
      code: 'no-show-block',
      facts: { until: '2026-11-29' },
    });
    book(hall, { who: 'b', day: '2026-11-25' });
    hall.do({
      name: 'ticket.reserve',
      ticketId: 'always',
      service: 'transfer',
      language: 'zh',
      idempotencyKey: 'always',
      delivery: 'screen',
      person: person('a'),
    });
    expect(hall.at(at('08:00', '2026-11-29')).refusal(booking({ who: 'a', day: '2026-11-30' })).code).toBe(
      'no-show-block',
    );
    hall.at(at('08:00', '2026-11-30'));
    book(hall, { who: 'a', day: '2026-11-30' });
    hall.at(at('08:00', '2026-12-20')).do(check);
    expect(hall.state.appointments.noShows).toEqual({});
  });

  it('two days far enough apart block nobody', () => {
    const hall = new Hall(NO_SHOW, at('08:00', '2026-11-13'));
    missed(hall, '2026-11-13');
    missed(hall, '2026-11-23');
    hall.at(at('11:00'));
    book(hall, { who: 'a', day: '2026-11-24' });
  });
});

describe('what is kept', () => {
  it('goes with its day when it is done, and waits when it is not', () => {
    const hall = new Hall(OPEN, at('08:00')).open(1);
    const [came, gone, ahead] = [book(hall), book(hall), book(hall, { day: '2026-11-25' })];
    hall.at(at('10:00')).do(checkIn(came));
    hall.do({ name: 'appointment.cancel', appointment: gone, by: 'visitor' });
    hall.at(at('08:00', '2026-11-24')).do(check);
    expect(Object.keys(hall.state.appointments.known)).toEqual([ahead]);
    expect(Object.values(hall.state.appointments.keys)).toEqual([ahead]);
  });

  it('of cancelled ones is bounded: the first cancelled is forgotten first', () => {
    const hall = new Hall(OPEN, at('08:00'));
    const first = book(hall, { day: '2026-12-01' });
    hall.do({ name: 'appointment.cancel', appointment: first, by: 'visitor' });
    // The state alone: two thousand decisions say nothing more.
    for (let i = 0; i < CANCELLED_KEPT; i++)
      hall.state.appointments.known[`X${i}`] = {
        ...known(hall, first)!,
        appointment: `X${i}`,
        idempotencyKey: `x-${i}`,
        endedAt: at('09:00'),
      };
    hall.do({ name: 'appointment.cancel', appointment: book(hall), by: 'visitor' });
    expect(Object.keys(hall.state.appointments.known).length).toBeLessThanOrEqual(CANCELLED_KEPT + 1);
    expect(known(hall, first)).toBeUndefined();
  });
});

/** What a random day does. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('book' as const),
      service: fc.constantFrom('transfer', 'mortgage', 'query'),
      day: fc.constantFrom(TODAY, '2026-11-24', '2026-11-28'),
      from: fc.constantFrom('09:00', '10:00', '10:30', '11:30'),
      who: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined }),
      key: fc.integer({ min: 0, max: 40 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('take' as const),
      code: fc.nat(6),
      version: fc.nat(3),
      from: fc.constantFrom('10:00', '10:40', '11:30'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('come' as const), which: fc.nat(60), key: fc.nat(30) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(60) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.integer({ min: -30, max: 90 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('measure' as const), minutes: fc.integer({ min: 1, max: 40 }) }),
  },
);

describe('over random days', () => {
  it('booking never goes over capacity, and a code is never two tickets', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 160 }), (steps) => {
        const hall = new Hall(
          { ...OPEN, ...with_({ noShow: { limit: 1, withinDays: 3, blockDays: 2 } }) },
          at('08:00'),
        ).open(1);
        const codes: string[] = [];
        for (const [index, each] of steps.entries()) {
          if (each.do === 'wait') hall.wait(each.minutes * 60).do(check);
          else if (each.do === 'measure')
            hall.state.serviceTimes['transfer'] = [each.minutes * 60, each.minutes * 60, each.minutes * 60];
          else if (each.do === 'book') {
            const { service, day, from, who, key } = each;
            const command = booking({ service, day, from, key: `k${key}`, ...(who ? { who } : {}) });
            const before = slots(hall.state, hall.rules, service, day, localTime(hall.now, 'Asia/Shanghai'));
            const decision = hall.try(command);
            if (!decision.ok || decision.events.length === 0) continue;
            codes.push(command.appointment);
            const slot = before.find((one) => one.from === from);
            // Counted by hand from what was promised, not from the slot's own figures.
            const live = Object.values(hall.state.appointments.known).filter(
              (one) =>
                one.service === service &&
                one.day === day &&
                one.state !== 'cancelled' &&
                one.from >= from &&
                one.from < (slot?.to ?? ''),
            );
            expect(live.length).toBeLessThanOrEqual(capacityOf(hall.state, hall.rules, service));
          } else if (each.do === 'take') {
            const appointment = copy({
              appointment: `C${each.code}00`,
              from: each.from,
              bookedAt: `2026-11-2${each.version}T08:00:00+08:00`,
            });
            if (hall.try(take(appointment)).ok && !codes.includes(appointment.appointment))
              codes.push(appointment.appointment);
          } else if (codes.length > 0) {
            const code = codes[each.which % codes.length]!;
            if (each.do === 'come')
              hall.try(checkIn(code, { idempotencyKey: `tap-k${each.key}`, ticketId: `t${index}` }));
            else hall.try({ name: 'appointment.cancel', appointment: code, by: 'visitor' });
          }
        }
        const came = hall.log.filter((event) => event.type === 'hall.appointment.checked-in');
        const tickets = hall.log.filter((event) => event.type === 'hall.ticket.reserved');
        expect(new Set(came.map(({ subject }) => subject)).size).toBe(came.length);
        expect(tickets.map(({ data }) => [data.appointment, data.ticketId])).toEqual(
          came.map(({ data }) => [data.appointment, data.ticketId]),
        );
        for (const one of Object.values(hall.state.appointments.known))
          if (one.state === 'checked-in')
            expect(one.ticketId).toBe(came.find(({ subject }) => subject === one.appointment)?.data.ticketId);
        const time = localTime(hall.now, 'Asia/Shanghai');
        hall.do(check);
        expect(appointmentsDue(hall.state, time, hall.rules)).toEqual([]);
      }),
      { seed: 20261123, numRuns: 60 },
    );
  });
});
