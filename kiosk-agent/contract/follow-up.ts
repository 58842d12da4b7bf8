/** What follows a rating: the reason, the handling of a bad one with its clock, the call-back beside it. */
import { z } from 'zod';
import {
  freeText,
  localDate,
  ratingLevel,
  session,
  staff,
  ticketRef,
  timestamp,
  windowNumber,
} from './words.ts';

/** Steps of handling a bad rating, in the order in which they can happen; `appealed` stops the clock until it is decided. */
export const FOLLOW_UP_STEPS = [
  'opened',
  'contacted',
  'rectified',
  'answered',
  'appealed',
  'appeal-decided',
  'rated-again',
  'closed',
] as const;
export type FollowUpStep = (typeof FOLLOW_UP_STEPS)[number];
/** Steps that a region's clock may name: what the hall itself has to do, in their order. */
export const CLOCK_STEPS = ['contacted', 'rectified', 'answered', 'closed'] as const;
export type ClockStep = (typeof CLOCK_STEPS)[number];
/** How a follow-up ended. `unreachable`: steps may be missing, which is why it stands in the trace. */
export const FOLLOW_UP_OUTCOMES = ['settled', 'explained', 'unreachable'] as const;
/** A sample has at most so many visits. */
export const SAMPLE_MOST = 200;

export const followUpEvents = {
  /** the visitor's own word, by the one-time QR or on the telephone; unused = no reason given, never an invented one */
  'hall.rating.reason-given': z.object({
    session,
    ...ticketRef,
    window: windowNumber,
    level: ratingLevel,
    /** codes of the official options, as in the configuration */
    options: z.array(z.string().min(1).max(32)).max(10),
    text: freeText.optional(),
    by: z.enum(['qr', 'callback']),
    givenAt: timestamp,
  }),
  'hall.rating.followed-up': z.object({
    session,
    step: z.enum(FOLLOW_UP_STEPS),
    /** missing where the program itself did it (opened) */
    staff: staff.optional(),
    text: freeText.optional(),
    /** appeal-decided: upheld (the rating does not count against the staff) or refused; closed: how it ended */
    outcome: z.enum(['upheld', 'refused', 'settled', 'explained', 'unreachable']).optional(),
    /** rated-again: the second rating, beside the first */
    level: ratingLevel.optional(),
    /** the last local day of each step of the region's clock, by step: opened, and moved by an appeal that was refused */
    due: z.partialRecord(z.enum(CLOCK_STEPS), localDate).optional(),
    /** closed, or upheld: it stands in the hall's lists through this day */
    keepUntil: localDate.optional(),
  }),
  /** a sample that anybody can draw again (docs/ratings.md): sessions of `day` in the order drawn, chosen by `seed` */
  'hall.callback.sampled': z.object({
    day: localDate,
    seed: z.string().min(1).max(64),
    population: z.int().min(0),
    sessions: z.array(session).max(SAMPLE_MOST),
    /** the visits drawn, in the same order: what whoever calls back must know */
    visits: z
      .array(
        z.object({
          session,
          ticketId: z.string().min(1).max(128),
          number: z.string().min(1).max(8),
          service: z.string().min(1).max(128),
          window: windowNumber,
          at: timestamp,
          /** the rating at the window; null: not rated */
          level: ratingLevel.nullable(),
        }),
      )
      .max(SAMPLE_MOST)
      .optional(),
    staff: staff.optional(),
  }),
  /** beside the original rating, never over it */
  'hall.callback.recorded': z.object({
    session,
    outcome: z.enum(['reached', 'not-reached', 'refused']),
    level: ratingLevel.optional(),
    options: z.array(z.string().min(1).max(32)).max(10).optional(),
    text: freeText.optional(),
    staff,
  }),
} as const;
