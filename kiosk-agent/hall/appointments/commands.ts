/** What can be asked about appointments. Codes and keys are made by the shell. */
import type { Appointment, AppointmentChannel } from '../../contract/appointments.ts';
import type { PersonRef } from '../../contract/events.ts';

export type AppointmentCommand =
  | {
      name: 'appointment.book';
      /** a fresh code */
      appointment: string;
      service: string;
      day: string;
      /** a slot's beginning, HH:mm */
      from: string;
      channel: AppointmentChannel;
      person?: PersonRef;
      /** hashes of the same person by this year's and last year's key */
      hashes?: string[];
      idempotencyKey: string;
    }
  /** made elsewhere (central server): it holds, also when the slot is full here; then a trace says so */
  | { name: 'appointment.take'; appointment: Appointment; idempotencyKey: string }
  /** with the ticket that it becomes */
  | {
      name: 'appointment.check-in';
      appointment: string;
      by: 'card' | 'code' | 'number' | 'staff';
      /** hashes of the card that was read, of this year's and last year's key; needed for `card` */
      hashes?: string[];
      /** who showed the card, by this year's key: the ticket's holder */
      person?: PersonRef;
      ticketId: string;
      language: 'zh' | 'en';
      delivery: 'paper' | 'screen';
      idempotencyKey: string;
      kiosk?: string;
    }
  | {
      name: 'appointment.cancel';
      appointment: string;
      by: 'visitor' | 'staff' | 'central' | 'hall';
      staff?: string;
      reason?: string;
    };
