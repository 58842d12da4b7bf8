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
    /** opened: the last local day of each step of the region's clock, by step */
    due: z.record(z.string(), localDate).optional(),
  }),
  /** a sample that anybody can draw again: the sessions of `day` in order, chosen by `seed` */
  'hall.callback.sampled': z.object({
    day: localDate,
    seed: z.string().min(1).max(64),
    population: z.int().min(0),
    sessions: z.array(session).max(500),
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
