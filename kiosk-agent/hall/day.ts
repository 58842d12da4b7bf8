/** The hall's own day and time. Never UTC: numbers restart at local midnight, and people read local times. */
import type { EventDraft } from '../contract/events.ts';
import { happened } from './decision.ts';
import type { HallState } from './state.ts';
import { surgeAtDayEnd } from './surge/due.ts';
import { count } from './totals/apply.ts';

/** Making a formatter is slow, asking it is not; a zone's formatter never changes. */
const formatters = new Map<string, Intl.DateTimeFormat>();
/** The latest answer for a zone: clocks change on whole minutes, and a busy hall asks many times in one. */
const latestOffset = new Map<string, { minute: number; offset: number }>();

/** `now` in the zone as RFC 3339 with milliseconds and offset, e.g. `2026-11-23T10:05:33.120+08:00`; RangeError for an unknown zone. */
export function localTime(now: Date, timeZone: string): string {
  const offset = offsetMinutes(now, timeZone);
  const local = new Date(now.getTime() + offset * 60_000).toISOString().slice(0, 23);
  const minutes = Math.abs(offset);
  return `${local}${offset < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}

/** The zone's calendar day at `now`, `yyyy-MM-dd`; RangeError for an unknown zone. */
export function localDay(now: Date, timeZone: string): string {
  return localTime(now, timeZone).slice(0, 10);
}

/**
 * What has to happen before anything else on day `today`: nothing while it is not later than the state's day. A clock
 * that went back never opens an earlier day again, so that no number is given twice.
 * Tickets at a window stay (a hall may work late); all others that are not done are cancelled.
 */
export function dayChange(state: HallState, today: string, time: string): EventDraft[] {
  if (today <= state.day) return [];
  const events: EventDraft[] = [];
  if (state.day !== '') {
    for (const ticket of Object.values(state.tickets)) {
      if (['called', 'serving', 'finished', 'cancelled'].includes(ticket.state)) continue;
      const { ticketId, number, service } = ticket;
      const data = { ticketId, number, service, by: 'day-end' as const };
      events.push(happened('hall.ticket.cancelled', ticketId, time, data));
    }
    events.push(...surgeAtDayEnd(state, time));
    const totals = structuredClone(state.totals.today);
    for (const event of events) count(totals, event, state);
    events.push(happened('hall.day.closed', state.day, time, { day: state.day, totals }));
  }
  events.push(happened('hall.day.opened', today, time, { day: today }));
  return events;
}

function offsetMinutes(now: Date, timeZone: string): number {
  const minute = Math.floor(now.getTime() / 60_000);
  const latest = latestOffset.get(timeZone);
  if (latest?.minute === minute) return latest.offset;
  const offset = offsetAt(now, timeZone);
  latestOffset.set(timeZone, { minute, offset });
  return offset;
}

function offsetAt(now: Date, timeZone: string): number {
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formatters.set(timeZone, formatter);
  }
  const field: Record<string, number> = {};
  for (const { type, value } of formatter.formatToParts(now)) field[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = field;
  const wallClock = Date.UTC(year, month - 1, day, hour, minute, second);
  return Math.round((wallClock - now.getTime()) / 60_000);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
