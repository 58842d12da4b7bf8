/** The words in which a rule answers: accepted with events, or refused with a code. */
import type { EventData, EventDraft, EventType } from '../contract/events.ts';
import type { ProblemCode } from '../contract/problem.ts';
import type { Decision } from './commands.ts';
import type { Ticket } from './state.ts';

export function accept(...events: EventDraft[]): Decision {
  return { ok: true, events };
}

/** It has happened already: nothing more happens, and the caller may be told so once more. */
export const NOTHING_NEW: Decision = { ok: true, events: [] };

export function refuse(code: ProblemCode, detail: string, facts?: Record<string, unknown>): Decision {
  return { ok: false, refusal: facts ? { code, detail, facts } : { code, detail } };
}

/** One event; `subject` is the ticket, the window or the day it is about, `time` the hall's local time. */
export function happened<T extends EventType>(
  type: T,
  subject: string,
  time: string,
  data: EventData<T>,
): EventDraft {
  return { type, subject, time, data } as EventDraft;
}

/** Subject of an event about a window. */
export function windowSubject(window: number): string {
  return `window-${window}`;
}

/** The three words by which every event names its ticket. */
export function ticketRef({ ticketId, number, service }: Ticket): {
  ticketId: string;
  number: string;
  service: string;
} {
  return { ticketId, number, service };
}

/** The reason without blanks around it, at most the 200 characters an event holds; null when there is none. */
export function givenReason(reason: string | undefined): string | null {
  return reason?.trim().slice(0, 200).trim() || null;
}

/** The refusal of everything that does not stand in the table of a ticket's life. */
export function notInThisState(ticket: Ticket): Decision {
  return refuse('wrong-state', `Ticket ${ticket.number} is ${ticket.state}.`, { state: ticket.state });
}
