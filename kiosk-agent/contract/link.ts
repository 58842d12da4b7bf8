/** The link between an agent and the next hop: a durable, ordered, acknowledged stream of events. */
import { z } from 'zod';

/** Limits of one batch; a receiver refuses more. */
export const BATCH_MAX_EVENTS = 500;
export const BATCH_MAX_BYTES = 256 * 1024;
export const LINK_PATH = '/link';

export const agentId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
export const epochId = z.string().regex(/^[0-9a-z-]{8,64}$/);

/**
 * What the client sends as `auth` when it connects. `last` is the end of its log: by it the far end notices a log that is
 * shorter than its own copy, or another one, before an event is sent.
 */
export const linkAuth = z.object({
  agentId,
  epoch: epochId,
  token: z.string().min(16).max(256),
  last: z.object({ seq: z.int().min(0), hash: z.string().regex(/^[0-9a-f]{64}$/) }).optional(),
});
export type LinkAuth = z.infer<typeof linkAuth>;

/** Server → client, event `welcome`: the last seq it has on disk for (agentId, epoch); 0 when none. */
export const welcome = z.object({ through: z.int().min(0) });
export type Welcome = z.infer<typeof welcome>;

/**
 * The answer to an `events` batch, sent after the receiver's commit.
 * `through` alone: on disk up to there; a smaller number than was sent means a gap was refused, go on from there.
 * `refused`: nothing of the batch was taken; `index` is its first bad event.
 */
export const receipt = z.object({
  through: z.int().min(0),
  refused: z
    .object({
      code: z.enum(['bad-event', 'too-large', 'store-failed', 'chain-broken']),
      index: z.int().min(0).optional(),
      why: z.string(),
    })
    .optional(),
});
export type Receipt = z.infer<typeof receipt>;

/**
 * Server → client, event `command`; a command past its deadline has no effect. With `sentAt` the deadline counts by the clock
 * of the one who sent it: a hall whose clock is a day wrong still takes today's appointments.
 */
export const linkCommand = z.object({
  id: z.string().min(1).max(64),
  name: z.string().min(1).max(64),
  deadline: z.iso.datetime({ offset: true }),
  sentAt: z.iso.datetime({ offset: true }).optional(),
  data: z.record(z.string(), z.unknown()),
});
export type LinkCommand = z.infer<typeof linkCommand>;
export const linkCommandAnswer = z.object({
  id: z.string(),
  ok: z.literal(true).optional(),
  refused: z.string().optional(),
  why: z.string().optional(),
  /** what was asked for, of commands that ask (`slots`) */
  data: z.record(z.string(), z.unknown()).optional(),
});

/**
 * Commands of the hub to a satellite, by name. Each has a deadline: a satellite that gets it later does nothing, so that no
 * key is lit and no sheet printed for a visitor who is gone. `job` and `session` make a repeat the same command.
 */
export const satelliteCommands = {
  'evaluator.open': z.object({
    device: z.string(),
    session: z.int().min(1),
    seconds: z.int().min(1).max(3600),
    voice: z.string(),
    /** the satellite keeps it lit, and lights it again on a device that comes back, until then */
    until: z.iso.datetime({ offset: true }),
  }),
  'evaluator.shut': z.object({ device: z.string(), session: z.int().min(1) }),
  'evaluator.say': z.object({ device: z.string(), voice: z.string() }),
  'evaluator.show': z.object({
    device: z.string(),
    line: z.union([z.literal(1), z.literal(2)]),
    text: z.string(),
  }),
  /** `ok`: the job is taken, now or before; what becomes of it is told by `hall.sheet.settled` */
  print: z.object({
    job: z.string().min(1).max(64),
    device: z.string(),
    ticketId: z.string().max(64).optional(),
    /** for the answer to the tap, should the hub's own be lost on its way */
    number: z.string().max(8).optional(),
    /** of the tap: a satellite that has meanwhile given an offline ticket for it refuses (`superseded`) */
    idempotencyKey: z.string().max(128).optional(),
    bytes: z.base64(),
  }),
  'sign.show': z.object({
    device: z.string(),
    priority: z.enum(['call', 'notice']),
    text: z.object({ text: z.string(), flashS: z.int().min(0) }).nullable(),
  }),
  'pad.display': z.object({
    device: z.string(),
    waiting: z.int().min(0).max(999),
    ticket: z.string().nullable(),
  }),
  'pad.beep': z.object({ device: z.string() }),
  /** the blocks that are this kiosk's, whole; kept on its disk */
  blocks: z.object({
    blocks: z.array(z.object({ prefix: z.string(), from: z.int(), to: z.int(), untilDay: z.iso.date() })),
  }),
} as const;
export type SatelliteCommandName = keyof typeof satelliteCommands;

/**
 * Satellite → hub, event `report {name, data}` → `{ok: true}`: what is not kept, because only the newest counts.
 * `devices`: its devices as they are now. `clock`: its time, for the offset that it records itself (the answer has `now`).
 */
export const satelliteReport = z.discriminatedUnion('name', [
  z.object({
    name: z.literal('devices'),
    data: z.object({
      devices: z
        .array(
          z.looseObject({
            id: z.string().min(1).max(64),
            kind: z.enum(['evaluator', 'pad', 'printer', 'reader', 'scanner', 'sign']),
            state: z.string(),
            window: z.int().nullable(),
            /** printers: columns of the paper */
            columns: z.union([z.literal(48), z.literal(32)]).optional(),
          }),
        )
        .max(200),
      /** whether tickets are taken at it */
      kiosk: z.boolean(),
      url: z.string().max(200),
      version: z.string().max(40),
    }),
  }),
  z.object({ name: z.literal('clock'), data: z.object({ sentAt: z.iso.datetime({ offset: true }) }) }),
]);
export type SatelliteReport = z.infer<typeof satelliteReport>;

/** What a link is doing, for health and screens. */
export const LINK_STATES = ['connecting', 'level', 'sending', 'away', 'refused'] as const;
export type LinkState = (typeof LINK_STATES)[number];
export type LinkStatus = {
  name: string;
  state: LinkState;
  ackedSeq: number;
  lagEvents: number;
  why?: string;
};
