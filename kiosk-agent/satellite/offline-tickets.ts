/**
 * Numbers that a kiosk gives while the hall server is away, and their paper. Pure: the journal of the satellite is the truth,
 * and the hub merges these tickets in the order in which they were taken. Only the paper is settled here; calls are the hub's.
 */
import type { EventData, HallEvent, PaperFault, PersonRef, Priority } from '../contract/events.ts';
import type { TicketState } from '../contract/live.ts';
import type { Decision } from '../hall/commands.ts';
import { localTime } from '../hall/day.ts';
import { accept, givenReason, happened, NOTHING_NEW, refuse } from '../hall/decision.ts';
import { holderOf } from '../hall/people.ts';
import type { HallRules } from '../hall/state.ts';

/** Numbers `from` to `to` behind `prefix` are this kiosk's on each day through `untilDay`. */
export type NumberBlock = { prefix: string; from: number; to: number; untilDay: string };

export type OfflineTicket = {
  ticketId: string;
  number: string;
  service: string;
  class: 'normal' | 'priority';
  priority?: Priority;
  person?: PersonRef;
  language: 'zh' | 'en';
  delivery: 'paper' | 'screen';
  state: Extract<TicketState, 'printing' | 'print-failed' | 'unconfirmed' | 'waiting' | 'cancelled'>;
  paperFault?: PaperFault;
  /** a sheet of it is out, or nobody knows: each further one says 补打 */
  sheetMayBeOut: boolean;
  /** local day whose number it is */
  day: string;
  reservedAt: string;
};

export type OfflineState = {
  tickets: Record<string, OfflineTicket>;
  /** idempotency key → ticketId */
  keys: Record<string, string>;
  /** day → prefix → numbers given */
  given: Record<string, Record<string, number[]>>;
};

export type OfflineCommand =
  | {
      name: 'ticket.reserve';
      ticketId: string;
      service: string;
      priority?: Priority;
      language: 'zh' | 'en';
      idempotencyKey: string;
      delivery: 'paper' | 'screen';
      person?: PersonRef;
      further?: string[];
      kiosk: string;
      /** SHA-256 of the key on its paper */
      keyHash: string;
      clockOffsetMs: number;
      blocks: readonly NumberBlock[];
    }
  | { name: 'ticket.printed'; ticketId: string; confirmedBy: 'process-id' | 'barrier'; printer: string }
  | {
      name: 'ticket.print-failed' | 'ticket.unconfirmed';
      ticketId: string;
      why: PaperFault;
      printer?: string;
    }
  | { name: 'ticket.confirm-paper' | 'ticket.reprint' | 'ticket.take-on-screen'; ticketId: string }
  | { name: 'ticket.cancel'; ticketId: string; by: 'visitor' | 'nobody'; reason?: string };

/** Days whose numbers are remembered: a clock that goes back by less than this gives none of them again. */
const DAYS_KEPT = 14;
/** Tickets of so many days can still be looked up here. */
const TICKET_DAYS_KEPT = 2;
const PAPER_MISSING: readonly OfflineTicket['state'][] = ['print-failed', 'unconfirmed'];

/** The ticket, or undefined; an id from outside that is a word of JavaScript is no ticket. */
export function offlineTicket(state: OfflineState, ticketId: string): OfflineTicket | undefined {
  return Object.hasOwn(state.tickets, ticketId) ? state.tickets[ticketId] : undefined;
}

/** The offline ticket of a tap, by its idempotency key. */
export function offlineOfTap(state: OfflineState, key: string): OfflineTicket | undefined {
  const ticketId = Object.hasOwn(state.keys, key) ? state.keys[key] : undefined;
  return ticketId === undefined ? undefined : offlineTicket(state, ticketId);
}

/** Numbers of a prefix that this kiosk can still give on `day`. */
export function numbersLeft(
  state: OfflineState,
  blocks: readonly NumberBlock[],
  prefix: string,
  day: string,
): number {
  const given = new Set(state.given[day]?.[prefix] ?? []);
  const free = new Set<number>();
  for (const block of blocks)
    if (block.prefix === prefix && day <= block.untilDay)
      for (let running = block.from; running <= block.to; running++)
        if (!given.has(running)) free.add(running);
  return free.size;
}

/** The local day at the hall server, whatever this computer's clock says; `time` with its offset, as an event has it. */
export function hubDay(time: string, clockOffsetMs: number): string {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(time) ?? [];
  const zoneMs = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -60_000 : 60_000);
  return new Date(Date.parse(time) - clockOffsetMs + zoneMs).toISOString().slice(0, 10);
}

export function decideOffline(
  state: OfflineState,
  command: OfflineCommand,
  now: Date,
  rules: HallRules,
): Decision {
  const time = localTime(now, rules.timeZone);
  if (command.name === 'ticket.reserve') return reserve(state, command, time, rules);
  const ticket = offlineTicket(state, command.ticketId);
  if (!ticket) return refuse('unknown-ticket', 'This kiosk has given no such ticket.');
  const ref = { ticketId: ticket.ticketId, number: ticket.number, service: ticket.service };
  const wrong = refuse('wrong-state', `Ticket ${ticket.number} is ${ticket.state}.`, { state: ticket.state });
  const printed = (how: Pick<EventData<'hall.ticket.printed'>, 'confirmedBy' | 'printer'>): Decision =>
    accept(happened('hall.ticket.printed', ticket.ticketId, time, { ...ref, ...how }));
  switch (command.name) {
    case 'ticket.printed':
      if (ticket.state === 'waiting') return NOTHING_NEW;
      if (ticket.state !== 'printing' && ticket.state !== 'unconfirmed') return wrong;
      return printed({ confirmedBy: command.confirmedBy, printer: command.printer });
    case 'ticket.print-failed':
    case 'ticket.unconfirmed': {
      if (ticket.state === 'waiting') return NOTHING_NEW;
      if (ticket.state !== 'printing') return wrong;
      const { why, printer } = command;
      const type = `hall.${command.name}` as const;
      return accept(
        happened(type, ticket.ticketId, time, { ...ref, why, ...(printer === undefined ? {} : { printer }) }),
      );
    }
    case 'ticket.confirm-paper':
      if (ticket.state === 'waiting') return NOTHING_NEW;
      return ticket.state === 'unconfirmed' ? printed({ confirmedBy: 'visitor' }) : wrong;
    case 'ticket.take-on-screen':
      if (ticket.state === 'waiting') return NOTHING_NEW;
      return PAPER_MISSING.includes(ticket.state) ? printed({ confirmedBy: 'screen' }) : wrong;
    case 'ticket.reprint': {
      if (!PAPER_MISSING.includes(ticket.state)) return wrong;
      // Two papers with one number: only when the second says that it is one.
      const mark = ticket.sheetMayBeOut || ticket.state === 'unconfirmed';
      return accept(
        happened('hall.ticket.reprinted', ticket.ticketId, time, { ...ref, by: 'visitor', mark }),
      );
    }
    case 'ticket.cancel': {
      const { by } = command;
      const mayLeave =
        PAPER_MISSING.includes(ticket.state) || (by === 'visitor' && ticket.state === 'waiting');
      if (!mayLeave) return wrong;
      const reason = givenReason(command.reason);
      return accept(
        happened('hall.ticket.cancelled', ticket.ticketId, time, {
          ...ref,
          by,
          ...(reason === null ? {} : { reason }),
        }),
      );
    }
  }
}

function reserve(
  state: OfflineState,
  command: Extract<OfflineCommand, { name: 'ticket.reserve' }>,
  time: string,
  rules: HallRules,
): Decision {
  const service = rules.services.find(({ id }) => id === command.service);
  if (!service) return refuse('unknown-service', `This hall has no service ${command.service}.`);
  const { ticketId, idempotencyKey, clockOffsetMs } = command;
  const before = offlineOfTap(state, idempotencyKey);
  if (before)
    return before.service === service.id
      ? NOTHING_NEW
      : refuse('key-reused', 'This key was used for another service.', { ticketId: before.ticketId });
  const person = holderOf(rules, [service.id, ...(command.further ?? [])], command.person);
  if (person === 'needed') return refuse('identity-needed', 'This service needs an ID card or its number.');
  const day = hubDay(time, clockOffsetMs);
  // Cut off, it is seen only among this kiosk's own tickets; the hub looks again when they are merged.
  const live = Object.values(state.tickets).find(
    (each) =>
      person !== undefined &&
      each.person?.hash === person.hash &&
      each.service === service.id &&
      each.day === day &&
      each.state !== 'cancelled',
  );
  if (live)
    return refuse('already-has-ticket', `There is ticket ${live.number} for this person and service.`, {
      ticketId: live.ticketId,
      number: live.number,
    });

  const running = nextNumber(state, command.blocks, service.prefix, day);
  if (running === null)
    return refuse(
      'offline-no-numbers',
      'This kiosk is cut off from the hall server and has no numbers left for this service. Take one at another kiosk or from the staff.',
      { kiosk: command.kiosk, service: service.id },
    );
  const ref = { ticketId, number: numberOf(service.prefix, running), service: service.id };
  const ahead = Object.values(state.tickets).filter(
    (each) => each.service === service.id && each.day === day && each.state === 'waiting',
  ).length;
  const reserved = happened('hall.ticket.reserved', ticketId, time, {
    ...ref,
    running,
    class: command.priority ? 'priority' : 'normal',
    ...(command.priority ? { priority: command.priority } : {}),
    language: command.language,
    idempotencyKey,
    delivery: command.delivery,
    // Of its own numbers; how many the hub has nobody here knows.
    ahead,
    waitMinS: null,
    waitMaxS: null,
    ...(person ? { person } : {}),
    ...(command.further?.length ? { further: command.further } : {}),
    kiosk: command.kiosk,
    offline: { takenAt: time, clockOffsetMs, keyHash: command.keyHash },
  });
  if (command.delivery === 'paper') return accept(reserved);
  return accept(reserved, happened('hall.ticket.printed', ticketId, time, { ...ref, confirmedBy: 'screen' }));
}

function nextNumber(
  state: OfflineState,
  blocks: readonly NumberBlock[],
  prefix: string,
  day: string,
): number | null {
  const given = new Set(state.given[day]?.[prefix] ?? []);
  for (const block of blocks) {
    if (block.prefix !== prefix || day > block.untilDay) continue;
    for (let running = block.from; running <= block.to; running++) if (!given.has(running)) return running;
  }
  return null;
}

function numberOf(prefix: string, running: number): string {
  return prefix + String(running).padStart(3, '0');
}

/** What an event changes; other events change nothing here. */
export function applyOffline(state: OfflineState, event: HallEvent): void {
  switch (event.type) {
    case 'hall.ticket.reserved':
      return reserved(state, event);
    case 'hall.ticket.printed':
      return onTicket(state, event.subject, (ticket) => {
        ticket.state = 'waiting';
        if (event.data.confirmedBy === 'screen') ticket.delivery = 'screen';
        else ticket.sheetMayBeOut = true;
      });
    case 'hall.ticket.print-failed':
      return onTicket(state, event.subject, (ticket) => {
        ticket.state = 'print-failed';
        ticket.paperFault = event.data.why;
      });
    case 'hall.ticket.unconfirmed':
      return onTicket(state, event.subject, (ticket) => {
        ticket.state = 'unconfirmed';
        ticket.sheetMayBeOut = true;
        ticket.paperFault = event.data.why;
      });
    case 'hall.ticket.reprinted':
      return onTicket(state, event.subject, (ticket) => {
        ticket.state = 'printing';
      });
    case 'hall.ticket.cancelled':
      return onTicket(state, event.subject, (ticket) => {
        ticket.state = 'cancelled';
      });
    default:
      return;
  }
}

function onTicket(state: OfflineState, ticketId: string, change: (ticket: OfflineTicket) => void): void {
  const ticket = offlineTicket(state, ticketId);
  if (ticket) change(ticket);
}

function reserved(state: OfflineState, event: HallEvent & { type: 'hall.ticket.reserved' }): void {
  const { data } = event;
  const offset = data.offline?.clockOffsetMs ?? 0;
  const day = hubDay(event.time, offset);
  const prefix = data.number.replace(/\d+$/, '');
  const ofDay = (state.given[day] ??= {});
  (ofDay[prefix] ??= []).push(data.running);
  state.tickets[data.ticketId] = {
    ticketId: data.ticketId,
    number: data.number,
    service: data.service,
    class: data.class === 'priority' ? 'priority' : 'normal',
    ...(data.priority ? { priority: data.priority } : {}),
    ...(data.person ? { person: data.person } : {}),
    language: data.language,
    delivery: data.delivery,
    state: 'printing',
    sheetMayBeOut: false,
    day,
    reservedAt: event.time,
  };
  state.keys[data.idempotencyKey] = data.ticketId;
  forget(state);
}

/** Keeps the newest days only, so that a year of cuts takes no more room than a fortnight. */
function forget(state: OfflineState): void {
  const days = Object.keys(state.given).sort();
  for (const day of days.slice(0, -DAYS_KEPT)) delete state.given[day];
  const oldest = days.slice(-TICKET_DAYS_KEPT)[0] ?? '';
  for (const ticket of Object.values(state.tickets))
    if (ticket.day < oldest) delete state.tickets[ticket.ticketId];
  for (const [key, ticketId] of Object.entries(state.keys))
    if (!state.tickets[ticketId]) delete state.keys[key];
}
