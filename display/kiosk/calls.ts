/** What the kiosk asks the hub for besides tickets and their paper. */
import type { TicketView } from '../../kiosk-agent/contract/live.ts';
import { call, type Answer } from '../api.ts';
import { language } from '../messages/index.ts';
import type { Intent } from './steps.ts';

export type Slot = { day: string; from: string; to: string };
/** An appointment as the hub shows it; whose it is only masked. */
export type Appointment = Slot & {
  appointment: string;
  service: string;
  state: 'booked' | 'checked-in' | 'cancelled' | 'lapsed';
  masked?: string;
};
export type Booked = Appointment & { paper?: { state: 'printed' | 'printing' | 'failed' | 'unconfirmed' } };
export type DaySlots = {
  day: string;
  workingDay: boolean;
  lastDay: string;
  slots: { from: string; to: string; capacity: number; free: number }[];
};

/** Asks for the ticket that is wished for; the same wish again is the same ticket. */
export function askForTicket(intent: Intent): Promise<Answer<TicketView>> {
  const { what, code, typed, service, priority, further, idCard, delivery, idempotencyKey } = intent;
  const wish = {
    language: language(),
    delivery,
    idempotencyKey,
    ...(idCard === undefined ? {} : { idCard }),
  };
  switch (what) {
    case 'take':
      return call('POST', '/tickets', {
        service,
        ...(priority ? { priority } : {}),
        ...(further && further.length > 0 ? { further } : {}),
        ...wish,
      });
    case 'by-card':
      return call('POST', '/appointments/check-in-by-card', wish);
    case 'by-code':
      return call('POST', `/appointments/${encodeURIComponent(code ?? '')}/check-in`, {
        ...wish,
        by: typed ? 'number' : 'code',
      });
  }
}

/** Slots of a service on a day, today without one. */
export const slotsOf = (service: string, day?: string) =>
  call<DaySlots>(
    'GET',
    `/appointments/slots?service=${encodeURIComponent(service)}${day === undefined ? '' : `&day=${day}`}`,
  );
/** Books a slot; its notice comes out of the printer. */
export const book = (wish: {
  service: string;
  slot: Slot;
  idCard?: string;
  print: boolean;
  idempotencyKey: string;
}) =>
  call<Booked>('POST', '/appointments', {
    service: wish.service,
    day: wish.slot.day,
    from: wish.slot.from,
    ...(wish.idCard === undefined ? {} : { idCard: wish.idCard }),
    channel: 'kiosk',
    print: wish.print,
    language: language(),
    idempotencyKey: wish.idempotencyKey,
  });
