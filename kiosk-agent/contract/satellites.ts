/**
 * Satellites: agents that lend their devices to the hub.
 *
 * A satellite's own journal holds what happened at its devices (`…kept`, `…settled`) and, while the hub is away, the tickets of
 * its kiosk. The hub takes each of these once; what follows from it and `hall.satellite.taken` are one write.
 */
import { z } from 'zod';
import {
  id,
  PAPER_FAULTS,
  pressDevice,
  ratingLevel,
  session,
  sha256Hex,
  timestamp,
  windowNumber,
} from './words.ts';

export const satelliteEvents = {
  // in the satellite's journal
  /** a key of an evaluator: on this disk before the device hears its acknowledgement */
  'hall.press.kept': z.object({
    device: id,
    window: windowNumber,
    session: session.nullable(),
    keyRaw: z.string().max(16),
    level: ratingLevel.nullable(),
    press: pressDevice,
    pressedAt: timestamp,
    clockOffsetMs: z.number(),
  }),
  /** a key of a clerk's pad; the hub acts on it when it is fresh and the hub was there, else it is only kept */
  'hall.key.kept': z.object({
    device: id,
    window: windowNumber,
    keyRaw: z.string().max(16),
    action: z.string().max(32).nullable(),
    pressedAt: timestamp,
    clockOffsetMs: z.number(),
  }),
  /** a code that was read: ours (ticket, appointment) as it is; anything else only as its length */
  'hall.scan.kept': z.object({
    device: id,
    kind: z.enum(['ticket', 'appointment', 'other']),
    value: z.string().max(64).nullable(),
    length: z.int().min(0),
  }),
  /** a card that was read */
  'hall.card.kept': z.object({
    device: id,
    window: windowNumber.optional(),
    masked: z.string().max(24),
    hash: sha256Hex,
    /** by last year's key: a ticket may name its holder by that one */
    earlierHash: sha256Hex.optional(),
    /** the satellite's clock minus the hub's; a card at a window counts only while it is fresh */
    clockOffsetMs: z.number().optional(),
  }),
  /**
   * a sheet that the hub asked for goes to the printer: on disk before its first byte, so that after a restart the same job is
   * never printed twice, and the same tap never gets a second number
   */
  'hall.sheet.begun': z.object({
    job: id,
    printer: id,
    ticketId: id.optional(),
    idempotencyKey: z.string().max(128).optional(),
    number: z.string().max(8).optional(),
  }),
  /** the fate of a sheet that the hub asked for */
  'hall.sheet.settled': z.object({
    job: id,
    ticketId: id.optional(),
    printer: id,
    outcome: z.enum(['printed', 'failed', 'unconfirmed']),
    confirmedBy: z.enum(['process-id', 'barrier']).optional(),
    why: z.enum(PAPER_FAULTS).optional(),
    bytesSent: z.int().min(0),
  }),

  // in the hub's journal
  /** a satellite's event `seq` has been taken in; `hash` is the chain's next `prev` */
  'hall.satellite.taken': z.object({
    agent: id,
    epoch: id,
    seq: z.int().min(1),
    hash: sha256Hex,
    type: z.string().max(64),
  }),
  'hall.satellite.joined': z.object({ agent: id, epoch: id }),
  'hall.satellite.left': z.object({ agent: id, why: z.string().max(200) }),
  /** numbers `from` to `to` behind `prefix` are this kiosk's on each day through `untilDay`; nobody else gives them */
  'hall.block.leased': z.object({
    agent: id,
    prefix: z.string().regex(/^[A-Z]{1,2}$/),
    from: z.int().min(1),
    to: z.int().min(1),
    untilDay: z.iso.date(),
  }),
} as const;
