/** Records for tests and measurements: a ticket printed, about as long as most events are. */
import type { EventDraft } from '../../kiosk-agent/contract/events.ts';

export function draft(index: number, time = '2026-11-23T10:05:33+08:00'): EventDraft {
  return {
    type: 'hall.ticket.printed',
    subject: `t-${index}`,
    time,
    data: {
      ticketId: `t-${index}`,
      number: `A${String(index % 1000).padStart(3, '0')}`,
      service: 'transfer',
      confirmedBy: 'process-id',
      printer: 'printer-1',
    },
  };
}

export function drafts(count: number, from = 1, time?: string): EventDraft[] {
  return Array.from({ length: count }, (_, index) => draft(from + index, time));
}
