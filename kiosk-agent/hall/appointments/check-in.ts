/** Coming to an appointment: it becomes a ticket, in the same decision. */
import type { EventData } from '../../contract/events.ts';
import type { Decision } from '../commands.ts';
import { localTime } from '../day.ts';
import { happened, NOTHING_NEW, refuse } from '../decision.ts';
import type { HallRules, HallState } from '../state.ts';
import { reserveTicket, ticketOf } from '../tickets.ts';
import type { AppointmentCommand } from './commands.ts';
import { instantOf, todayOf } from './slots.ts';
import { appointmentOf, type KnownAppointment } from './state.ts';

type CheckIn = Extract<AppointmentCommand, { name: 'appointment.check-in' }>;
type Punctual = EventData<'hall.appointment.checked-in'>['punctual'];

/**
 * Decides a check-in at `time`. One that is checked in already changes nothing: its ticket is the one it has, unless that was
 * cancelled (no paper, and nobody took it on the screen): then the visitor may come again.
 */
export function checkIn(state: HallState, command: CheckIn, time: string, rules: HallRules): Decision {
  const known = appointmentOf(state.appointments, command.appointment);
  if (!known) return unknownAppointment();
  // An appointment that names nobody is on no card, but a card may be laid with its code: then the ticket names its holder.
  const cardCounts = command.by === 'card' || (command.hashes !== undefined && known.person !== undefined);
  if (cardCounts && !isOf(known, command.hashes ?? []))
    return refuse('not-this-person', 'This appointment is not on the card that was read.');
  if (known.state === 'checked-in' && !lostItsTicket(state, known, command.idempotencyKey))
    return NOTHING_NEW;
  if (known.state === 'cancelled') return notInThisState(known);
  const when = punctuality(state, rules, known, time);
  if (typeof when !== 'string') return when;

  const { ticketId, language, delivery, idempotencyKey, kiosk } = command;
  // As the card says it now: a hash of last year's key would not be found again beside this year's.
  const person = command.person ?? known.person;
  const reserved = reserveTicket(state, rules, time, {
    ticketId,
    service: known.service,
    language,
    idempotencyKey,
    delivery,
    appointment: known.appointment,
    ...(person ? { person } : {}),
    ...(kiosk === undefined ? {} : { kiosk }),
    // Its place counts from the slot, neither from an early coming nor from a late one.
    ...(when === 'too-late'
      ? {}
      : {
          class: 'appointment' as const,
          arrivedAt: localTime(new Date(beginsAt(known, rules)), rules.timeZone),
        }),
  });
  if (!reserved.ok) return reserved;
  const ticket = reserved.events.find((event) => event.type === 'hall.ticket.reserved');
  if (!ticket) return refuse('key-reused', 'This key was used today for another ticket.');
  const { number, service } = ticket.data;
  const checkedIn = happened('hall.appointment.checked-in', known.appointment, time, {
    appointment: known.appointment,
    ticketId,
    number,
    service,
    by: command.by,
    punctual: when,
  });
  return { ok: true, events: [checkedIn, ...reserved.events] };
}

export function unknownAppointment(): Decision {
  return refuse('unknown-appointment', 'This hall knows no such appointment.');
}

/** The refusal of what an appointment can no longer become. */
export function notInThisState({ appointment, state, ticketId }: KnownAppointment): Decision {
  return refuse('wrong-state', `Appointment ${appointment} is ${state}.`, {
    state,
    ...(ticketId === null ? {} : { ticketId }),
  });
}

/** Its ticket was cancelled, and this is another tap than the one that made it. */
function lostItsTicket(state: HallState, { ticketId }: KnownAppointment, key: string): boolean {
  const ticket = ticketId === null ? undefined : ticketOf(state, ticketId);
  return ticket?.state === 'cancelled' && !(Object.hasOwn(state.keys, key) && state.keys[key] === ticketId);
}

/** ms since 1970 of the slot's beginning, and of the end of the time in which coming late still counts. */
export function beginsAt({ day, from }: KnownAppointment, rules: HallRules): number {
  return instantOf(day, from, rules.timeZone);
}
export function honouredUntil({ day, to }: KnownAppointment, rules: HallRules): number {
  return instantOf(day, to, rules.timeZone) + rules.appointments.lateMin * 60_000;
}

/** Whether the card that has these hashes made the appointment. One that names nobody is on no card. */
export function isOf({ person }: KnownAppointment, hashes: string[]): boolean {
  return person !== undefined && hashes.includes(person.hash);
}

function punctuality(
  state: HallState,
  rules: HallRules,
  known: KnownAppointment,
  time: string,
): Punctual | Decision {
  const { day, from, to } = known;
  const now = Date.parse(time);
  const begins = beginsAt(known, rules);
  const opens = begins - rules.appointments.earlyMin * 60_000;
  // A late slot's grace may end after midnight; an early coming may not begin before it: numbers start anew with the day.
  const late = now >= begins && now <= honouredUntil(known, rules);
  if (todayOf(state, time) !== day && !late)
    return refuse('wrong-day', `The appointment is on ${day} at ${from}.`, { day, from });
  if (now < opens) {
    const at = localTime(new Date(opens), rules.timeZone);
    return refuse('too-early', `Checking in begins at ${at.slice(11, 16)}.`, { from: at });
  }
  if (now < begins) return 'early';
  if (now < instantOf(day, to, rules.timeZone)) return 'in-slot';
  if (late) return 'late';
  if (rules.appointments.tooLate === 'normal') return 'too-late';
  return refuse('too-late', `The appointment was from ${from} to ${to}; please take a ticket.`, {
    day,
    from,
    to,
  });
}
