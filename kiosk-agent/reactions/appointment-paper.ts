/** The notice of an appointment on paper, where its visitor stands. It is no ticket: nothing waits for its fate but the visitor. */
import type { Config } from '../config.ts';
import type { Appointment } from '../contract/appointments.ts';
import type { TicketPrinter } from '../device/driver/interfaces.ts';
import { appointmentNotice } from '../paper/appointment.ts';
import { printNotice, type NoticeFate } from './notice-paper.ts';

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
    return printNotice(notice, printersFor(kiosk));
  };
}
