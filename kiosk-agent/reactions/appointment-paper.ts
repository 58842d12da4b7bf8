/** The notice of an appointment on paper, where its visitor stands. It is no ticket: nothing waits for its fate but the visitor. */
import type { Config } from '../config.ts';
import type { Appointment } from '../contract/appointments.ts';
import type { PaperFault } from '../contract/events.ts';
import type { TicketPrinter } from '../device/driver/interfaces.ts';
import { appointmentNotice } from '../paper/appointment.ts';
import { composeNotice } from '../paper/notice.ts';
import { inOrder } from './printing.ts';

export type NoticeFate = { state: 'printed' } | { state: 'failed' | 'unconfirmed'; why: PaperFault };

/** Prints on the printers of a kiosk (an agent's, or null for the hub's own); a second one is asked only before the first byte. */
export function appointmentPrinter(
  { hall, services, rules }: Config,
  printersFor: (kiosk: string | null) => TicketPrinter[],
): (appointment: Appointment, language: 'zh' | 'en', kiosk: string | null) => Promise<NoticeFate> {
  return async ({ appointment, service, day, from, to, person }, language, kiosk) => {
    const { earlyMin, lateMin } = rules.appointments;
    const notice = appointmentNotice(
      {
        hall: hall.name[language],
        service: services.find(({ id }) => id === service)?.name[language] ?? service,
        day,
        from,
        to,
        code: appointment,
        ...(person ? { holder: person.masked } : {}),
        earlyMin,
        lateMin,
      },
      language,
    );
    let first: NoticeFate | null = null;
    for (const printer of inOrder(printersFor(kiosk))) {
      const fate = await printer.print(composeNotice(notice, printer.columns));
      if (fate.outcome === 'printed') return { state: 'printed' };
      if (fate.outcome === 'unconfirmed') return { state: 'unconfirmed', why: fate.why };
      first ??= { state: 'failed', why: fate.why };
      if (fate.bytesSent > 0) return { state: 'failed', why: fate.why };
    }
    return first ?? { state: 'failed', why: 'no-printer' };
  };
}
