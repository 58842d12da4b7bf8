/** Events as they arrive (docs/api.md, "Events"): as much of them as a ledger can be compared with. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { levels, priorities } from './format.ts';

const ticket = { ticketId: z.string(), number: z.string() };
const atWindow = { ...ticket, window: z.number(), staff: z.string() };
const level = z.literal([...levels]);
const device = z.looseObject({ serial: z.string(), boot: z.string(), seq: z.int() });
const byWindow = z.looseObject({ window: z.number(), staff: z.string() });

const data = {
  'hall.ticket.reserved': z.looseObject({
    ...ticket,
    service: z.string(),
    priority: z.enum(priorities).optional(),
    idempotencyKey: z.string(),
    delivery: z.enum(['paper', 'screen']),
  }),
  'hall.ticket.printed': z.looseObject({ ...ticket, confirmedBy: z.string() }),
  'hall.ticket.print-failed': z.looseObject({ ...ticket, why: z.string() }),
  'hall.ticket.unconfirmed': z.looseObject({ ...ticket, why: z.string() }),
  'hall.ticket.reprinted': z.looseObject({ ...ticket, mark: z.boolean() }),
  'hall.ticket.called': z.looseObject({ ...atWindow, call: z.int() }),
  'hall.ticket.started': z.looseObject(atWindow),
  'hall.ticket.finished': z.looseObject(atWindow),
  'hall.ticket.missed': z.looseObject(atWindow),
  'hall.ticket.cancelled': z.looseObject({ ...ticket, by: z.string() }),
  'hall.window.opened': byWindow,
  'hall.window.paused': byWindow,
  'hall.window.resumed': byWindow,
  'hall.window.closed': byWindow,
  'hall.rating.requested': z.looseObject({ ...ticket, session: z.int(), window: z.number() }),
  'hall.rating.given': z.looseObject({
    ...ticket,
    session: z.int(),
    window: z.number(),
    level,
    keyRaw: z.string().nullable(),
    device: device.nullable(),
  }),
  'hall.rating.ignored': z.looseObject({
    session: z.int().nullable(),
    window: z.number().nullable(),
    level: level.nullable(),
    keyRaw: z.string().nullable(),
    device: device.nullable(),
    why: z.string(),
  }),
} as const;
type Type = keyof typeof data;
export type DataOf<T extends Type> = z.output<(typeof data)[T]>;
/** An event of a type that is compared. */
export type ArrivedEvent = { [T in Type]: { type: T; seq: number; time: string; data: DataOf<T> } }[Type];

const envelope = z.looseObject({
  id: z.string(),
  seq: z.int(),
  epoch: z.string(),
  time: z.string(),
  prev: z.string(),
  type: z.string(),
  data: z.looseObject({}),
});
export type Envelope = z.output<typeof envelope>;

export type ReadEvents = {
  /** everything that has the form of an event, in the order in which it came */
  all: Envelope[];
  /** those that are compared */
  known: ArrivedEvent[];
  /** what is wrong with them by themselves, a sentence each */
  faults: string[];
};

/** Reads what came from `whose` (for the sentences): form, one epoch, seq without gaps, and the chain from event to event. */
export function readEvents(whose: string, values: readonly unknown[], after: number): ReadEvents {
  const read: ReadEvents = { all: [], known: [], faults: [] };
  let before: Envelope | undefined;
  for (const value of values) {
    const parsed = envelope.safeParse(value);
    if (!parsed.success) {
      read.faults.push(
        `${whose}: something behind seq ${before?.seq ?? after} is no event: ${firstFault(parsed.error)}`,
      );
      continue;
    }
    const one = parsed.data;
    read.all.push(one);
    const last = before?.seq ?? after;
    if (one.seq <= last) read.faults.push(`${whose}: seq ${one.seq} (${one.type}) came after seq ${last}`);
    else if (one.seq > last + 1)
      read.faults.push(
        one.seq === last + 2
          ? `${whose}: seq ${last + 1} is missing`
          : `${whose}: seq ${last + 1} to ${one.seq - 1} are missing`,
      );
    else if (before && one.prev !== hashOf(before))
      read.faults.push(`${whose}: seq ${one.seq} does not carry the hash of seq ${before.seq}`);
    if (before && one.epoch !== before.epoch)
      read.faults.push(`${whose}: the log began anew at seq ${one.seq} (epoch ${one.epoch})`);
    before = one;
    const schema = data[one.type as Type];
    if (!schema) continue;
    const content = schema.safeParse(one.data);
    if (content.success)
      read.known.push({ type: one.type, seq: one.seq, time: one.time, data: content.data } as ArrivedEvent);
    else read.faults.push(`${whose}: seq ${one.seq} (${one.type}): ${firstFault(content.error)}`);
  }
  return read;
}

/** The events of one type. */
export function ofType<T extends Type>(events: readonly ArrivedEvent[], type: T) {
  return events.filter((one): one is Extract<ArrivedEvent, { type: T }> => one.type === type);
}

/** SHA-256 over the RFC 8785 form. */
function hashOf(event: Envelope): string {
  return createHash('sha256')
    .update(canonicalize(event) ?? '')
    .digest('hex');
}

function firstFault(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.join('.') || 'event'}: ${issue.message}` : 'not understood';
}
