/** From a ticket and the hall's configuration to what stands on paper. */
import type { Config } from '../config.ts';
import type { LinkStatus } from '../contract/link.ts';
import type { Bilingual, DeviceView } from '../contract/live.ts';
import { localTime } from '../hall/day.ts';
import type { Ticket } from '../hall/state.ts';
import { composeStatus } from '../paper/notice.ts';
import { composeTicket } from '../paper/ticket.ts';
import type { Mark } from '../paper/texts.ts';
import type { Compose } from './printing.ts';

/**
 * Composes tickets of this hall. `address`: what the QR begins with, e.g. http://192.168.1.20:8480/; `keyOf`: what stands behind
 * it, known from the paper only; `slotOf`: from to of an appointment, where the hall knows it.
 */
export function ticketComposer(
  config: Config,
  missedRule: Bilingual,
  address: () => string,
  keyOf: (ticketId: string) => string,
  slotOf: (appointment: string) => { from: string; to: string } | undefined = () => undefined,
): Compose {
  return (ticket, columns, again) => {
    const language = ticket.language;
    const service = config.services.find((each) => each.id === ticket.service);
    const marks: Mark[] = [];
    if (ticket.class === 'priority') marks.push('priority');
    if (ticket.class === 'appointment') marks.push('appointment');
    if (ticket.offline) marks.push('offline');
    if (again) marks.push('reprint');
    const slot = ticket.appointment === undefined ? undefined : slotOf(ticket.appointment);
    return composeTicket(
      {
        language,
        hall: config.hall.name[language],
        service: service?.name[language] ?? ticket.service,
        number: ticket.number,
        marks,
        ahead: ticket.ahead,
        waitMinutes: waitMinutes(ticket),
        area: service?.area?.[language] ?? null,
        ...(slot && { slot: `${slot.from}-${slot.to}` }),
        ...(ticket.person && { holder: ticket.person.masked }),
        takenAt: ticket.reservedAt.slice(0, 16).replace('T', ' '),
        qr: new URL(`t/${keyOf(ticket.ticketId)}`, address()).href,
        missedRule: missedRule[language],
      },
      columns,
    );
  };
}

/** The promised interval in minutes; none when no window is open, or when it rounds to nothing. */
function waitMinutes({ waitMinS, waitMaxS }: Ticket): { from: number; to: number } | null {
  if (waitMinS === null || waitMaxS === null || waitMaxS < 60) return null;
  return { from: Math.round(waitMinS / 60), to: Math.round(waitMaxS / 60) };
}

export type StatusFacts = {
  config: Config;
  version: string;
  devices: DeviceView[];
  links: LinkStatus[];
  url: string;
  now: Date;
};

/** The hall's own time and how far it is from UTC: `2026-11-23 10:05:33 +08:00`. */
function clockText(now: Date, timeZone: string): string {
  const time = localTime(now, timeZone);
  return `${time.slice(0, 10)} ${time.slice(11, 19)} ${time.slice(23)}`;
}

/** The technician's test page: what the agent knows of itself, on the paper it is about. */
export function statusSheet({
  config,
  version,
  devices,
  links,
  url,
  now,
}: StatusFacts): (columns: 48 | 32) => Uint8Array {
  return (columns) =>
    composeStatus(
      {
        language: 'zh',
        hall: config.hall.name.zh,
        agent: config.agent.id,
        version,
        address: url,
        link: links.map((link) => `${link.name} ${link.state}`).join(', ') || '-',
        backlog: links.reduce((sum, link) => sum + link.lagEvents, 0),
        clock: clockText(now, config.hall.timeZone),
        devices: devices.map(({ id, state, fault }) => ({ id, state: fault ? `${state} ${fault}` : state })),
      },
      columns,
    );
}
