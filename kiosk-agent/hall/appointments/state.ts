/** Appointments as the hall knows them: those of the days ahead and of today; done ones go with their day. */
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
};

export type AppointmentState = {
  /** code → appointment; until the day after its day */
  known: Record<string, KnownAppointment>;
  /** idempotency key → code, as long as the appointment is known */
  keys: Record<string, string>;
  /** person's hash → local days on which nobody came, oldest first; within `noShow.withinDays` */
  noShows: Record<string, string[]>;
};

export function noAppointments(): AppointmentState {
  return { known: {}, keys: {}, noShows: {} };
}
