/** The link between an agent and the next hop: a durable, ordered, acknowledged stream of events. */
import { z } from 'zod';

/** Limits of one batch; a receiver refuses more. */
export const BATCH_MAX_EVENTS = 500;
export const BATCH_MAX_BYTES = 256 * 1024;
export const LINK_PATH = '/link';

export const agentId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
export const epochId = z.string().regex(/^[0-9a-z-]{8,64}$/);

/** What the client sends as `auth` when it connects. */
export const linkAuth = z.object({ agentId, epoch: epochId, token: z.string().min(16).max(256) });
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

/** Server → client, event `command`; a command past its deadline has no effect. */
export const linkCommand = z.object({
  id: z.string().min(1).max(64),
  name: z.string().min(1).max(64),
  deadline: z.iso.datetime({ offset: true }),
  data: z.record(z.string(), z.unknown()),
});
export type LinkCommand = z.infer<typeof linkCommand>;
export const linkCommandAnswer = z.object({
  id: z.string(),
  ok: z.literal(true).optional(),
  refused: z.string().optional(),
  why: z.string().optional(),
});

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
