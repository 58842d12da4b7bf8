/** Appointments as the hall knows them: those of the days ahead and of today; done ones go when their day is over. */
import type { Appointment } from '../../contract/appointments.ts';

export type AppointmentRules = {
  /** length of a slot, minutes; slots begin at the opening time */
  slotMinutes: number;
  /** so many days ahead can be booked, today counted as 0 */
  daysAhead: number;
  /** this share [0…1] of what the windows can serve in a slot is given to appointments */
  share: number;
  /** the kiosk checks in from so early before the slot */
  earlyMin: number;
  /** so late after the slot's end it still counts as an appointment */
  lateMin: number;
  /** later than that: an ordinary ticket, or no check-in */
  tooLate: 'normal' | 'refuse';
  /** who did not come so often within so many days books no further appointment for so long (tickets are always given) */
  noShow: { limit: number; withinDays: number; blockDays: number } | null;
};

export type KnownAppointment = Appointment & {
  state: 'booked' | 'checked-in' | 'cancelled' | 'lapsed';
  ticketId: string | null;
  /** of the wish that made or last changed it */
  idempotencyKey: string;
  /** when it was checked in, cancelled or lapsed */
  endedAt: string | null;
};

/** Days on which a person did not come, oldest first, at most {@link NO_SHOWS_KEPT}; forgotten after `through`. */
export type NoShows = { days: string[]; through: string };

export type AppointmentState = {
  /** code → appointment; booked ones until they are done, done ones until their day is over */
  known: Record<string, KnownAppointment>;
  /** idempotency key → code, as long as the appointment is known */
  keys: Record<string, string>;
  /** person's hash → days on which nobody came */
  noShows: Record<string, NoShows>;
};

/** More appointments than any hall has; a central server that sends more is refused. */
export const KNOWN_MAX = 50_000;
/** Cancelled ones of days ahead that are remembered; then the one that was cancelled first is forgotten. */
export const CANCELLED_KEPT = 2_000;
/** As many as the limit can ask for. */
export const NO_SHOWS_KEPT = 50;
/** Persons in the no-show list; then the one who would be forgotten first is. */
export const PERSONS_KEPT = 10_000;

export function noAppointments(): AppointmentState {
  return { known: {}, keys: {}, noShows: {} };
}

/** The appointment, or undefined; a code from outside that is a word of JavaScript is none. */
export function appointmentOf(
  { known }: AppointmentState,
  code: string | undefined,
): KnownAppointment | undefined {
  return code !== undefined && Object.hasOwn(known, code) ? known[code] : undefined;
}
