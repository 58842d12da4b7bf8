/** Appointments. What their events change. */
import type { AppliedEvent } from '../apply.ts';
import type { EventData } from '../../contract/events.ts';
import type { HallState } from '../state.ts';
import {
  appointmentOf,
  CANCELLED_KEPT,
  NO_SHOWS_KEPT,
  PERSONS_KEPT,
  type AppointmentState,
  type KnownAppointment,
} from './state.ts';

export function applyAppointment({ appointments }: HallState, event: AppliedEvent): void {
  switch (event.type) {
    case 'hall.appointment.booked':
      return booked(appointments, event.data);
    case 'hall.appointment.checked-in':
      return onKnown(appointments, event.data.appointment, (known) => {
        // Who came after all was no no-show.
        if (known.state === 'lapsed') takeBackNoShow(appointments, known);
        end(known, 'checked-in', event.time);
        known.ticketId = event.data.ticketId;
      });
    case 'hall.appointment.cancelled':
      return onKnown(appointments, event.data.appointment, (known) => {
        end(known, 'cancelled', event.time);
        forgetFirstCancelled(appointments);
      });
    case 'hall.appointment.lapsed':
      return onKnown(appointments, event.data.appointment, (known) => {
        end(known, 'lapsed', event.time);
        if (event.data.rememberedThrough) noShow(appointments, known, event.data.rememberedThrough);
      });
    case 'hall.day.opened':
      return openDay(appointments, event.data.day);
    default:
      return;
  }
}

/** A new one, or the newer copy of a known one. Keeps no reference into the event. */
function booked(state: AppointmentState, { person, ...data }: EventData<'hall.appointment.booked'>): void {
  const before = appointmentOf(state, data.appointment);
  if (before) delete state.keys[before.idempotencyKey];
  state.known[data.appointment] = {
    ...data,
    ...(person ? { person: { ...person } } : {}),
    state: 'booked',
    ticketId: null,
    endedAt: null,
  };
  state.keys[data.idempotencyKey] = data.appointment;
}

function onKnown(state: AppointmentState, code: string, change: (known: KnownAppointment) => void): void {
  const known = appointmentOf(state, code);
  if (known) change(known);
}

function end(known: KnownAppointment, to: KnownAppointment['state'], time: string): void {
  known.state = to;
  known.endedAt = time;
}

function openDay(state: AppointmentState, today: string): void {
  for (const known of Object.values(state.known))
    if (known.day < today && known.state !== 'booked') forget(state, known);
  for (const [hash, { through }] of Object.entries(state.noShows))
    if (through < today) delete state.noShows[hash];
}

function forget(state: AppointmentState, { appointment, idempotencyKey }: KnownAppointment): void {
  delete state.known[appointment];
  delete state.keys[idempotencyKey];
}

function forgetFirstCancelled(state: AppointmentState): void {
  const cancelled = Object.values(state.known).filter((each) => each.state === 'cancelled');
  if (cancelled.length <= CANCELLED_KEPT) return;
  forget(
    state,
    earliest(cancelled, ({ endedAt, appointment }) => `${Date.parse(endedAt ?? '')} ${appointment}`),
  );
}

function noShow(state: AppointmentState, { person, day }: KnownAppointment, through: string): void {
  if (!person) return;
  const before = Object.hasOwn(state.noShows, person.hash) ? state.noShows[person.hash] : undefined;
  const days = [...new Set([...(before?.days ?? []), day])].sort().slice(-NO_SHOWS_KEPT);
  state.noShows[person.hash] = {
    days,
    through: before && before.through > through ? before.through : through,
  };
  const persons = Object.entries(state.noShows);
  if (persons.length > PERSONS_KEPT)
    delete state.noShows[earliest(persons, ([hash, each]) => `${each.through} ${hash}`)[0]];
}

function takeBackNoShow(state: AppointmentState, { person, day }: KnownAppointment): void {
  const entry = person && Object.hasOwn(state.noShows, person.hash) ? state.noShows[person.hash] : undefined;
  if (!person || !entry) return;
  entry.days = entry.days.filter((each) => each !== day);
  if (entry.days.length === 0) delete state.noShows[person.hash];
}

/** The one that comes first in the order of the texts; the same whatever order they stand in. */
function earliest<T>(of: T[], text: (one: T) => string): T {
  return of.reduce((first, each) => (text(each) < text(first) ? each : first));
}
