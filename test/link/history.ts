/** A journal in memory with events as an agent writes them: valid, chained, with a seq from 1. */
import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import { CHAIN_START, type HallEvent } from '../../kiosk-agent/contract/events.ts';
import type { EventSource, EventStream } from '../../kiosk-agent/link/binding.ts';

export type History = Omit<EventSource, 'cursor' | 'setCursor'> & {
  readonly events: HallEvent[];
  readonly cursors: Map<string, number>;
  sealed: EventStream[];
  cursor(link: string): number;
  setCursor(link: string, seq: number): void;
  /** appends and returns what was appended */
  add(count: number, padding?: number): HallEvent[];
  /** appends one event, as given over a valid one */
  addOdd(odd: Partial<Record<keyof HallEvent, unknown>>): void;
  /** the same events up to `seq` under the same epoch: what a restored backup is */
  copyUpTo(seq: number): History;
};

/** `ms` as a hall in China writes it. */
export const localTime = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().replace('Z', '+08:00');

/** A new, empty history whose events happen every 100 ms from `start` on. */
export function history(
  agentId: string,
  epoch: string,
  hall = 'weihai-01',
  start = Date.UTC(2026, 2, 2, 1),
): History {
  const events: HallEvent[] = [];
  const cursors = new Map<string, number>();

  const append = (type: string, subject: string, data: Record<string, unknown>, odd: object = {}) => {
    const seq = events.length + 1;
    const before = events.at(-1);
    const time = localTime(start + seq * 100);
    const event = {
      specversion: '1.0',
      id: `${agentId}/${seq}`,
      source: `/halls/${hall}/agents/${agentId}`,
      type,
      subject,
      time,
      datacontenttype: 'application/json',
      seq,
      epoch,
      prev: before ? createHash('sha256').update(canonicalize(before)!).digest('hex') : CHAIN_START,
      region: '371000000000',
      data,
      ...odd,
    } as unknown as HallEvent;
    events.push(event);
    return event;
  };

  /** Three events a visit: taken, called, rated. */
  const next = (padding: number) => {
    const seq = events.length + 1;
    const visit = Math.ceil(seq / 3);
    const number = `A${String(visit % 1000).padStart(3, '0')}`;
    const ticket = { ticketId: `t-${visit}`, number, service: 'transfer' };
    const at = localTime(start + seq * 100);
    switch (seq % 3) {
      case 1:
        return append('hall.ticket.printed', ticket.ticketId, { ...ticket, confirmedBy: 'barrier' });
      case 2:
        return append('hall.ticket.called', ticket.ticketId, {
          ...ticket,
          window: 1 + (visit % 9),
          staff: '1001',
          call: 1,
          waitedS: 60,
        });
      default:
        return append('hall.rating.given', ticket.ticketId, {
          ...ticket,
          session: visit,
          stage: 'window',
          window: 1 + (visit % 9),
          staff: '1001',
          level: 1 + (visit % 5),
          keyRaw: String(visit % 5),
          source: 'press',
          device: { serial: 'E1'.padEnd(Math.min(64, 2 + padding), 'x'), boot: '1', seq: visit },
          promptedAt: at,
          pressedAt: at,
          clockOffsetMs: 0,
          flags: visit % 7 === 0 ? ['pressed-at-once'] : [],
        });
    }
  };

  const self: History = {
    epoch,
    events,
    cursors,
    sealed: [],
    get durableSeq() {
      return events.length;
    },
    read: (after, limit) => events.slice(after, after + limit),
    cursor: (link) => cursors.get(link) ?? 0,
    setCursor: (link, seq) => void cursors.set(link, seq),
    add: (count, padding = 0) => Array.from({ length: count }, () => next(padding)),
    addOdd: (odd) => void append('hall.day.opened', 'day', { day: '2026-03-02' }, odd),
    copyUpTo: (seq) => {
      const copy = history(agentId, epoch, hall, start);
      copy.events.push(...events.slice(0, seq));
      return copy;
    },
  };
  return self;
}
