/** Booking an appointment, taking one that was made elsewhere, cancelling it. Coming to it is in check-in.ts. */
import type { Appointment } from '../../contract/appointments.ts';
import type { EventDraft } from '../../contract/events.ts';
import { addDays } from '../calendar.ts';
import type { Decision } from '../commands.ts';
import { accept, givenReason, happened, NOTHING_NEW, refuse } from '../decision.ts';
import type { HallRules, HallState } from '../state.ts';
import { checkIn, notInThisState, unknownAppointment } from './check-in.ts';
import type { AppointmentCommand } from './commands.ts';
import { blockedUntil } from './no-shows.ts';
import { slots, slotsOfDay, todayOf } from './slots.ts';
import { appointmentOf, KNOWN_MAX, type KnownAppointment } from './state.ts';

type CommandOf<N extends AppointmentCommand['name']> = Extract<AppointmentCommand, { name: N }>;

/** A central server that books further ahead than this has its clock or its calendar wrong. */
const TAKEN_AHEAD_DAYS = 366;

/** Decides at `time` (RFC 3339, the hall's offset). */
export function decideAppointment(
  state: HallState,
  command: AppointmentCommand,
  time: string,
  rules: HallRules,
): Decision {
  switch (command.name) {
    case 'appointment.book':
      return book(state, command, time, rules);
    case 'appointment.take':
      return take(state, command, time, rules);
    case 'appointment.check-in':
      return checkIn(state, command, time, rules);
    case 'appointment.cancel':
      return cancel(state, command, time);
  }
}

function book(
  state: HallState,
  command: CommandOf<'appointment.book'>,
  time: string,
  rules: HallRules,
): Decision {
  const { appointment, day, from, channel, person, idempotencyKey } = command;
  const service = rules.services.find(({ id }) => id === command.service);
  if (!service) return refuse('unknown-service', `This hall has no service ${command.service}.`);
  if (!service.appointments)
    return refuse('no-appointments', `No appointments are made for ${service.id}; take a ticket.`);
  // One wish is one appointment, also when it has been checked in or cancelled since.
  const before = appointmentOf(state.appointments, keyOf(state, idempotencyKey));
  if (before) {
    if (before.service === service.id && before.day === day && before.from === from) return NOTHING_NEW;
    return refuse('key-reused', 'This key was used for another appointment.', {
      appointment: before.appointment,
    });
  }
  if (appointmentOf(state.appointments, appointment))
    return refuse('key-reused', 'This code is that of another appointment.');
  if (person === undefined && service.realName === 'required')
    return refuse('identity-needed', 'This service needs an identity card or its number.', {
      service: service.id,
    });

  const today = todayOf(state, time);
  const lastDay = addDays(today, rules.appointments.daysAhead);
  if (day > lastDay) return refuse('too-far-ahead', `Days up to ${lastDay} can be booked.`, { lastDay });
  const slot = slots(state, rules, service.id, day, time).find((each) => each.from === from);
  if (!slot) return refuse('no-such-slot', `${day} has no slot at ${from} that can still be booked.`);
  if (slot.free === 0) return refuse('slot-full', `The slot at ${from} on ${day} is full.`);
  const hashes = [...(command.hashes ?? []), ...(person ? [person.hash] : [])];
  const live = liveOf(state, hashes, service.id, today);
  if (live)
    return refuse('already-booked', `This person has an appointment on ${live.day} at ${live.from}.`, {
      appointment: live.appointment,
      day: live.day,
      from: live.from,
    });
  const until = blockedUntil(state, rules, hashes, today);
  if (until)
    return refuse('no-show-block', `Appointments can be made again after ${until}; tickets at any time.`, {
      until,
    });
  if (Object.keys(state.appointments.known).length >= KNOWN_MAX) return tooMany();
  return accept(
    happened('hall.appointment.booked', appointment, time, {
      appointment,
      service: service.id,
      day,
      from,
      to: slot.to,
      channel,
      ...(person ? { person } : {}),
      bookedAt: time,
      idempotencyKey,
    }),
  );
}

/**
 * The central server has promised it, so it holds. The same copy again, or an older one, changes nothing; a newer one (by
 * `bookedAt`) moves what has not been checked in, and makes what was cancelled or has lapsed an appointment again.
 */
function take(
  state: HallState,
  { appointment, idempotencyKey }: CommandOf<'appointment.take'>,
  time: string,
  rules: HallRules,
): Decision {
  const { service, day, from } = appointment;
  const known = appointmentOf(state.appointments, appointment.appointment);
  if (known) {
    if (sameWish(known, appointment)) return NOTHING_NEW;
    if (Date.parse(appointment.bookedAt) <= Date.parse(known.bookedAt)) return NOTHING_NEW;
    if (known.state === 'checked-in') return notInThisState(known);
  }
  if (!rules.services.some(({ id }) => id === service))
    return refuse('unknown-service', `This hall has no service ${service}.`);
  const today = todayOf(state, time);
  if (day < today) return refuse('no-such-slot', `${day} is over.`);
  if (day > addDays(today, TAKEN_AHEAD_DAYS))
    return refuse('too-far-ahead', `${day} is more than a year ahead.`);
  if (!known && Object.keys(state.appointments.known).length >= KNOWN_MAX) return tooMany();

  const booked = happened('hall.appointment.booked', appointment.appointment, time, {
    ...appointment,
    idempotencyKey,
  });
  const fits = slotsOfDay(state, rules, service, day).some(
    (slot) => from >= slot.from && from < slot.to && (slot.free > 0 || countsIn(known, appointment, slot)),
  );
  if (fits) return accept(booked);
  return accept(booked, overbooked(appointment, time));
}

/** It has a place in this slot already: only its end or its person has changed. */
function countsIn(
  known: KnownAppointment | undefined,
  { service, day }: Appointment,
  slot: { from: string; to: string },
): boolean {
  if (!known || known.state === 'cancelled' || known.service !== service || known.day !== day) return false;
  return known.from >= slot.from && known.from < slot.to;
}

function overbooked({ appointment, service, day, from, person }: Appointment, time: string): EventDraft {
  return happened('hall.trace.recorded', appointment, time, {
    action: 'appointment-overbooked',
    reason: `${appointment}: ${service} on ${day} at ${from} is more than this hall has places for`,
    ...(person ? { person } : {}),
  });
}

function cancel(state: HallState, command: CommandOf<'appointment.cancel'>, time: string): Decision {
  const { appointment, by, staff } = command;
  const known = appointmentOf(state.appointments, appointment);
  if (!known) return unknownAppointment();
  if (known.state === 'cancelled') return NOTHING_NEW;
  if (known.state !== 'booked') return notInThisState(known);
  const reason = givenReason(command.reason);
  if (by === 'staff' && reason === null)
    return refuse('reason-needed', 'Staff cancel an appointment only with a reason.');
  const cancelled = happened('hall.appointment.cancelled', appointment, time, {
    appointment,
    by,
    ...(staff === undefined ? {} : { staff }),
    ...(reason === null ? {} : { reason }),
  });
  if (by !== 'staff' || reason === null) return accept(cancelled);
  const traced = happened('hall.trace.recorded', appointment, time, {
    action: 'appointment-cancelled',
    reason,
    ...(staff === undefined ? {} : { staff }),
  });
  return accept(cancelled, traced);
}

function tooMany(): Decision {
  return refuse('slot-full', `This hall keeps at most ${KNOWN_MAX} appointments.`);
}

function keyOf(state: HallState, key: string): string | undefined {
  return Object.hasOwn(state.appointments.keys, key) ? state.appointments.keys[key] : undefined;
}

function liveOf(
  state: HallState,
  hashes: string[],
  service: string,
  today: string,
): KnownAppointment | undefined {
  if (hashes.length === 0) return undefined;
  return Object.values(state.appointments.known).find(
    (each) =>
      each.state === 'booked' &&
      each.service === service &&
      each.day >= today &&
      each.person !== undefined &&
      hashes.includes(each.person.hash),
  );
}

function sameWish(known: KnownAppointment, copy: Appointment): boolean {
  return (
    known.service === copy.service &&
    known.day === copy.day &&
    known.from === copy.from &&
    known.to === copy.to &&
    known.person?.hash === copy.person?.hash &&
    known.state !== 'cancelled' &&
    known.state !== 'lapsed'
  );
}
