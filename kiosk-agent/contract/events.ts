/**
 * Events: what happened, in words shared with the screens, the central server and every archive.
 * CloudEvents 1.0 in JSON; the envelope carries the chain, `data` says what happened.
 */
import { z } from 'zod';

/** RFC 3339 with an offset; the hub writes the hall's own offset. */
export const timestamp = z.iso.datetime({ offset: true });
/** 64 lower-case hex digits: SHA-256. */
export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
/** The `prev` of an agent's first event in an epoch. */
export const CHAIN_START = '0'.repeat(64);

export const TICKET_CLASSES = ['appointment', 'priority', 'normal'] as const;
export type TicketClass = (typeof TICKET_CLASSES)[number];

/** Asked at the kiosk, confirmed by staff (docs/rules.md, "A ticket"). */
export const PRIORITIES = ['elderly', 'disabled', 'military', 'pregnant'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** 5 非常满意 … 1 非常不满意; 1 and 2 are bad ratings. The same everywhere, never changed locally. */
export const RATING_LEVELS = [5, 4, 3, 2, 1] as const;
export type RatingLevel = (typeof RATING_LEVELS)[number];
export const ratingLevel = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5)]);

/** What stopped a piece of paper. One union for the printer's word, the event and the sentence on the kiosk. */
export const PAPER_FAULTS = [
  'no-printer',
  'printer-missing',
  'printer-busy',
  'printer-denied',
  'printer-offline',
  'paper-out',
  'cover-open',
  'cutter-error',
  'paper-jam',
  'printer-error',
  'no-answer',
  'unplugged',
  'restarted',
] as const;
export type PaperFault = (typeof PAPER_FAULTS)[number];

/** `time-doubtful`: the device says that it was pressed before the evaluation it names was asked for. */
export const RATING_FLAGS = ['arrived-late', 'pressed-at-once', 'time-doubtful'] as const;
export type RatingFlag = (typeof RATING_FLAGS)[number];

const id = z.string().min(1).max(128);
const windowNumber = z.int().min(1).max(999);
/** A staff number; never a name. */
const staff = z.string().regex(/^[0-9A-Za-z-]{1,16}$/);
/** A sentence that somebody typed. Control characters and broken pairs are refused: no database at the far end takes them. */
export const freeText = z
  .string()
  .trim()
  .max(200)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'no control characters');
const reason = freeText.min(1);
const session = z.int().min(1).max(4_294_967_295);
const ticketRef = { ticketId: id, number: z.string().min(1).max(8), service: id };
const device = z.object({ serial: z.string().max(64), boot: z.string().max(16), seq: z.int().min(1) });

export const closeReasons = z.enum(['timeout', 'next-call', 'window-closed', 'day-end']);
export type CloseReason = z.infer<typeof closeReasons>;

/** Event type → schema of its `data`. A type that is not here is not ours. */
export const eventData = {
  'hall.day.opened': z.object({ day: z.iso.date() }),
  'hall.day.closed': z.object({ day: z.iso.date() }),

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
    reason,
  }),
  'hall.ticket.parked': z.object({ ...ticketRef, window: windowNumber, staff, reason }),
  'hall.ticket.resumed': z.object({ ...ticketRef, staff }),
  'hall.ticket.cancelled': z.object({
    ...ticketRef,
    by: z.enum(['visitor', 'staff', 'nobody', 'day-end']),
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
    stage: z.string().max(32),
    window: windowNumber,
    staff,
    promptedAt: timestamp,
    openUntil: timestamp,
  }),
  'hall.rating.given': z.object({
    session,
    ...ticketRef,
    stage: z.string().max(32),
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
    ]),
    reason,
    staff: staff.optional(),
    window: windowNumber.optional(),
    ticketId: id.optional(),
    number: z.string().max(8).optional(),
  }),
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
