/** Appointments: booked down from the central server, at the hall or by a program; checked in at the kiosk. */
import { z } from 'zod';
import { clockTime, id, localDate, personRef, staff, ticketRef, timestamp } from './words.ts';

/** Where it was booked. */
export const APPOINTMENT_CHANNELS = ['online', 'wechat', 'kiosk', 'query', 'staff', 'program'] as const;
export type AppointmentChannel = (typeof APPOINTMENT_CHANNELS)[number];
/** Short enough to be typed: 4 to 12 capital letters and digits, as it stands on the paper and under the QR. */
export const appointmentCode = z.string().regex(/^[0-9A-Z]{4,12}$/);
/** What codes are made of: nothing that is taken for something else when it is read aloud or typed. */
export const CODE_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
export const CODE_LENGTH = 8;
/** A central server's codes begin with this letter and a hall's never do, so that neither gives the other's. */
export const CENTRAL_CODE = 'C';

/** End of a slot; the last one of a hall that is always open ends at 24:00. */
export const slotEnd = z.union([clockTime, z.literal('24:00')]);
const slot = { day: localDate, from: clockTime, to: slotEnd };
export const appointment = z.object({
  appointment: appointmentCode,
  service: id,
  ...slot,
  channel: z.enum(APPOINTMENT_CHANNELS),
  person: personRef.optional(),
  bookedAt: timestamp,
});
export type Appointment = z.infer<typeof appointment>;

/** Link command `appointments`: what holds from now on (a newer copy of a code changes it), and what no longer does. */
export const appointmentsCommand = z.object({
  appointments: z.array(appointment).max(200).default([]),
  cancelled: z.array(appointmentCode).max(200).default([]),
});

export const appointmentEvents = {
  /** again under the same code: the central server has moved it */
  'hall.appointment.booked': appointment.extend({
    /** one wish is one appointment */
    idempotencyKey: z.string().min(1).max(128),
  }),
  'hall.appointment.checked-in': z.object({
    appointment: appointmentCode,
    ...ticketRef,
    by: z.enum(['card', 'code', 'number', 'staff']),
    /** in its slot, before it, within the grace after it, or after that (then it counts as the hall's rule says) */
    punctual: z.enum(['in-slot', 'early', 'late', 'too-late']),
  }),
  'hall.appointment.cancelled': z.object({
    appointment: appointmentCode,
    by: z.enum(['visitor', 'staff', 'central', 'hall']),
    staff: staff.optional(),
    reason: z.string().max(200).optional(),
  }),
  /** nobody came */
  'hall.appointment.lapsed': z.object({
    appointment: appointmentCode,
    /** it counts as a no-show of its person, remembered through this day; missing: it does not count */
    rememberedThrough: localDate.optional(),
  }),
} as const;
