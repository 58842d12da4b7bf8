/**
 * Events: what happened, in words shared with the screens, the central server and every archive.
 * CloudEvents 1.0 in JSON; the envelope carries the chain, `data` says what happened.
 */
import { z } from 'zod';
import { announcementEvents } from './announcements.ts';
import { appointmentEvents } from './appointments.ts';
import { followUpEvents } from './follow-up.ts';
import { officeEvents } from './office.ts';
import { opinionEvents } from './opinions.ts';
import { satelliteEvents } from './satellites.ts';
import { surgeEvents } from './surge.ts';
import { dayTotals } from './totals.ts';
import {
  id,
  PAPER_FAULTS,
  personRef,
  PRIORITIES,
  ratingLevel,
  pressDevice,
  reason,
  session,
  sha256Hex,
  staff,
  ticketRef,
  timestamp,
  windowNumber,
} from './words.ts';
export {
  freeText,
  PAPER_FAULTS,
  PRIORITIES,
  RATING_LEVELS,
  ratingLevel,
  sha256Hex,
  timestamp,
  type PaperFault,
  type PersonRef,
  type Priority,
  type RatingLevel,
} from './words.ts';

const device = pressDevice;

/** The `prev` of an agent's first event in an epoch. */
export const CHAIN_START = '0'.repeat(64);

export const TICKET_CLASSES = ['appointment', 'priority', 'normal'] as const;
export type TicketClass = (typeof TICKET_CLASSES)[number];

/**
 * Flags, never drops. `time-doubtful`: the device says that it was pressed before the evaluation it names was asked for.
 * `short-service`: the visitor was at the window for a few seconds only. `long-run`: one of many of the same level in a row at
 * one window. `closing-burst`: one of many at one window within minutes.
 */
export const RATING_FLAGS = [
  'arrived-late',
  'pressed-at-once',
  'time-doubtful',
  'short-service',
  'long-run',
  'closing-burst',
] as const;
export type RatingFlag = (typeof RATING_FLAGS)[number];

export const closeReasons = z.enum(['timeout', 'next-call', 'window-closed', 'day-end']);
export type CloseReason = z.infer<typeof closeReasons>;

/** Event type → schema of its `data`. A type that is not here is not ours. */
export const eventData = {
  'hall.day.opened': z.object({ day: z.iso.date() }),
  /** the day's totals stand in the log, so that a year is read from its days (absent before version 3 of the state) */
  'hall.day.closed': z.object({ day: z.iso.date(), totals: dayTotals.optional() }),

  'hall.ticket.reserved': z.object({
    ...ticketRef,
    /** the running number behind the prefix */
    running: z.int().min(1),
    class: z.enum(TICKET_CLASSES),
    priority: z.enum(PRIORITIES).optional(),
    language: z.enum(['zh', 'en']),
    idempotencyKey: z.string().min(1).max(128),
    /** paper: the number joins the queue when the paper is out; screen: at once */
    delivery: z.enum(['paper', 'screen']),
    ahead: z.int().min(0),
    waitMinS: z.int().min(0).nullable(),
    waitMaxS: z.int().min(0).nullable(),
    /** its holder, at a hall or service with real names */
    person: personRef.optional(),
    /** the appointment that it is for */
    appointment: id.optional(),
    /** further services of the same visit, in their order */
    further: z.array(id).max(5).optional(),
    /** agent of the kiosk that it was taken at, when that is not the hub: its paper comes out there */
    kiosk: id.optional(),
    /** given from a leased block while the hub was away; the times are the kiosk's own */
    offline: z
      .object({
        takenAt: timestamp,
        clockOffsetMs: z.number(),
        /** SHA-256 of the key on its paper */
        keyHash: sha256Hex.optional(),
      })
      .optional(),
    /** the place in line counts from this time, where it is not the event's own (offline, appointment) */
    arrivedAt: timestamp.optional(),
  }),
  /** staff looked at the claim (card, certificate): confirmed, denied, or given by hand with a reason */
  'hall.ticket.priority': z.object({
    ...ticketRef,
    decision: z.enum(['confirmed', 'denied', 'given']),
    priority: z.enum(PRIORITIES),
    staff,
    window: windowNumber.optional(),
    reason: reason.optional(),
  }),
  /** the card on the reader at the window against the ticket's holder */
  'hall.ticket.matched': z.object({
    ...ticketRef,
    window: windowNumber,
    staff,
    result: z.enum(['match', 'no-match']),
    masked: z.string().max(24),
  }),
  'hall.ticket.printed': z.object({
    ...ticketRef,
    /** process-id: the model says that it has printed; barrier: it has worked through the data; visitor, staff: somebody saw it; screen: taken without paper */
    confirmedBy: z.enum(['process-id', 'barrier', 'visitor', 'staff', 'screen']),
    printer: id.optional(),
  }),
  'hall.ticket.print-failed': z.object({ ...ticketRef, why: z.enum(PAPER_FAULTS), printer: id.optional() }),
  'hall.ticket.unconfirmed': z.object({ ...ticketRef, why: z.enum(PAPER_FAULTS), printer: id.optional() }),
  /** a second sheet for the same number was asked for; it says 补打 unless nothing of the first one was sent */
  'hall.ticket.reprinted': z.object({
    ...ticketRef,
    by: z.enum(['visitor', 'staff']),
    staff: staff.optional(),
    mark: z.boolean(),
  }),
  'hall.ticket.called': z.object({
    ...ticketRef,
    window: windowNumber,
    staff,
    /** counts this ticket's calls, from 1; announcements are told apart by (ticketId, call) */
    call: z.int().min(1),
    waitedS: z.int().min(0),
    outOfTurn: z.object({ reason }).optional(),
  }),
  'hall.ticket.recalled': z.object({ ...ticketRef, window: windowNumber, staff, call: z.int().min(2) }),
  'hall.ticket.started': z.object({ ...ticketRef, window: windowNumber, staff }),
  'hall.ticket.finished': z.object({ ...ticketRef, window: windowNumber, staff, servedS: z.int().min(0) }),
  /** one service of the visit is done and the ticket waits for the next one, with its earlier place */
  'hall.ticket.continued': z.object({
    ...ticketRef,
    window: windowNumber,
    staff,
    servedS: z.int().min(0),
    next: z.object({ service: id, window: windowNumber.optional() }),
    why: z.enum(['further-service', 'return']),
  }),
  'hall.ticket.missed': z.object({ ...ticketRef, window: windowNumber, staff }),
  /** back in line: after a miss by the hall's policy, or a call taken back */
  'hall.ticket.requeued': z.object({
    ...ticketRef,
    /** the place in line counts from this time */
    arrivedAt: timestamp,
    why: z.enum(['missed-policy', 'call-taken-back']),
    reason: reason.optional(),
    window: windowNumber.optional(),
    staff: staff.optional(),
  }),
  'hall.ticket.transferred': z.object({
    ...ticketRef,
    window: windowNumber,
    staff,
    to: z.object({ service: id.optional(), window: windowNumber.optional() }),
    /** after it has been served there it comes back to this window */
    comeBack: z.boolean().optional(),
    reason,
  }),
  'hall.ticket.parked': z.object({
    ...ticketRef,
    window: windowNumber,
    staff,
    reason,
    /** then it is back in line by itself */
    until: timestamp.optional(),
  }),
  /** without `staff`: its parked time has run out */
  'hall.ticket.resumed': z.object({ ...ticketRef, staff: staff.optional() }),
  'hall.ticket.cancelled': z.object({
    ...ticketRef,
    /** superseded: the same tap got a ticket at a kiosk that was cut off */
    by: z.enum(['visitor', 'staff', 'nobody', 'day-end', 'superseded']),
    staff: staff.optional(),
    reason: reason.optional(),
  }),

  'hall.window.opened': z.object({ window: windowNumber, staff }),
  'hall.window.paused': z.object({ window: windowNumber, staff, reason }),
  'hall.window.resumed': z.object({ window: windowNumber, staff }),
  'hall.window.closed': z.object({ window: windowNumber, staff, reason: reason.optional() }),

  'hall.rating.requested': z.object({
    session,
    ...ticketRef,
    /** id of the service it is about, '' when the visit has only one */
    stage: z.string().max(63),
    window: windowNumber,
    staff,
    promptedAt: timestamp,
    openUntil: timestamp,
    /** how long the visitor was at the window */
    servedS: z.int().min(0).optional(),
    /** unrated, it may be rated from the phone until then */
    rateUntil: timestamp.optional(),
  }),
  'hall.rating.given': z.object({
    session,
    ...ticketRef,
    /** id of the service it is about, '' when the visit has only one */
    stage: z.string().max(63),
    window: windowNumber,
    staff,
    level: ratingLevel,
    /** as the device sent it; null from a screen */
    keyRaw: z.string().max(16).nullable(),
    source: z.enum(['press', 'screen', 'qr', 'callback']),
    device: device.nullable(),
    promptedAt: timestamp,
    pressedAt: timestamp,
    clockOffsetMs: z.number(),
    flags: z.array(z.enum(RATING_FLAGS)),
    /** until then the visitor may give a reason by the one-time QR */
    reasonUntil: timestamp.optional(),
  }),
  /** a press that rates nothing: kept, because somebody pressed */
  'hall.rating.ignored': z.object({
    session: session.nullable(),
    window: windowNumber.nullable(),
    keyRaw: z.string().max(16).nullable(),
    level: ratingLevel.nullable(),
    source: z.enum(['press', 'screen']),
    device: device.nullable(),
    pressedAt: timestamp,
    why: z.enum(['no-session', 'already-rated', 'unknown-session', 'unknown-key', 'outside-session']),
  }),
  'hall.rating.lapsed': z.object({ session, ...ticketRef, window: windowNumber, why: closeReasons }),

  'hall.device.attached': z.object({
    device: id,
    model: id,
    serial: z.string().max(64).optional(),
    firmware: z.string().max(64).optional(),
  }),
  'hall.device.lost': z.object({ device: id, why: z.string().max(200) }),
  'hall.device.faulted': z.object({ device: id, fault: z.string().max(64) }),
  'hall.device.recovered': z.object({ device: id, from: z.string().max(64) }),

  /** whatever left the order, with its reason (register of traces, 痕迹管理) */
  'hall.trace.recorded': z.object({
    action: z.enum([
      'call-out-of-turn',
      'call-taken-back',
      'transfer',
      'park',
      'cancel',
      'pause',
      'close-early',
      'confirm-paper',
      'journal-repaired',
      'priority-given',
      'priority-denied',
      'match-failed',
      'take-and-cancel',
      'second-live-ticket',
      'appointment-overbooked',
      'appointment-cancelled',
      'surge',
      'open-late',
      'callback-sample',
      'opinion-closed',
      'follow-up',
      'satellite-chain-broken',
      'late-key',
      'offline-ticket',
    ]),
    reason,
    staff: staff.optional(),
    window: windowNumber.optional(),
    ticketId: id.optional(),
    number: z.string().max(8).optional(),
    /** the person it is about, where that is the point (take and cancel) */
    person: personRef.optional(),
  }),

  ...announcementEvents,
  ...appointmentEvents,
  ...followUpEvents,
  ...opinionEvents,
  ...surgeEvents,
  ...satelliteEvents,
  ...officeEvents,
} as const;

export type EventType = keyof typeof eventData;
export type EventData<T extends EventType> = z.infer<(typeof eventData)[T]>;
/** What a rule says has happened; the executor and the journal add the rest. */
export type EventDraft = {
  [T in EventType]: { type: T; subject: string; time: string; data: EventData<T> };
}[EventType];
/** An event as it stands in the journal and goes over the link. */
export type HallEvent = EventDraft & {
  specversion: '1.0';
  id: string;
  source: string;
  datacontenttype: 'application/json';
  seq: number;
  epoch: string;
  prev: string;
  region: string;
};

/** The envelope, without a look at `data`. */
export const eventEnvelope = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(3).max(256),
  source: z.string().min(1).max(256),
  type: z.string().min(1).max(64),
  subject: z.string().min(1).max(128),
  time: timestamp,
  datacontenttype: z.literal('application/json'),
  seq: z.int().min(1),
  epoch: z.string().min(8).max(64),
  prev: sha256Hex,
  region: z.string().regex(/^\d{12}$/),
  data: z.record(z.string(), z.unknown()),
});

/**
 * Checks one event from outside, envelope and data.
 * Returns the event, or the first fault as `path: message`. Types that this version does not know pass with their
 * data unread: a newer agent may report to an older server.
 */
export function parseEvent(value: unknown): { ok: true; event: HallEvent } | { ok: false; fault: string } {
  const envelope = eventEnvelope.safeParse(value);
  if (!envelope.success) return { ok: false, fault: firstFault(envelope.error) };
  const schema = eventData[envelope.data.type as EventType];
  if (schema) {
    const data = schema.safeParse(envelope.data.data);
    if (!data.success) return { ok: false, fault: `data.${firstFault(data.error)}` };
  }
  return { ok: true, event: envelope.data as unknown as HallEvent };
}

function firstFault(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.join('.') || 'event'}: ${issue.message}` : 'not an event';
}
