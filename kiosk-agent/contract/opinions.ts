/** The ledger of opinions and complaints (台账): filed, assigned, answered, struck off (销号). */
import { z } from 'zod';
import { localDate, reason, sha256Hex, session, staff, windowNumber } from './words.ts';

export const OPINION_KINDS = ['suggestion', 'complaint', 'report', 'praise'] as const;
export type OpinionKind = (typeof OPINION_KINDS)[number];
export const OPINION_CHANNELS = [
  'query',
  'kiosk',
  'phone-page',
  'rating',
  'hotline',
  'letter',
  'web',
  'inspection',
] as const;
/** Longer than other texts; what looks like an ID or telephone number is masked before it gets here. */
export const opinionText = z
  .string()
  .trim()
  .min(1)
  .max(1000)
  .refine((text) => text.isWellFormed() && !/[^\P{Cc}\n]/u.test(text), 'no control characters');
/** Ledger number: Y, the local day, a running number, as Y20261123-001. */
export const opinionNumber = z.string().regex(/^Y\d{8}-\d{3,}$/);
/** How it was struck off. */
export const OPINION_OUTCOMES = ['resolved', 'explained', 'unfounded', 'passed-on', 'withdrawn'] as const;

export const opinionEvents = {
  'hall.opinion.filed': z.object({
    opinion: opinionNumber,
    kind: z.enum(OPINION_KINDS),
    channel: z.enum(OPINION_CHANNELS),
    text: opinionText,
    window: windowNumber.optional(),
    /** the bad rating that it came from */
    session: session.optional(),
    /** SHA-256 of the code on the visitor's slip: with number and code the answer is read at the terminal; no name is kept */
    codeHash: sha256Hex,
    dueDay: localDate,
    /** staff who entered a letter or a call */
    staff: staff.optional(),
    idempotencyKey: z.string().min(1).max(128),
  }),
  'hall.opinion.assigned': z.object({ opinion: opinionNumber, to: staff, by: staff, dueDay: localDate }),
  'hall.opinion.answered': z.object({ opinion: opinionNumber, text: opinionText, by: staff }),
  'hall.opinion.closed': z.object({
    opinion: opinionNumber,
    outcome: z.enum(OPINION_OUTCOMES),
    reason,
    by: staff,
    /** it stands in the hall's list through this day */
    keepUntil: localDate.optional(),
  }),
  /** struck off or answered, and not settled: to be answered again, with a new day */
  'hall.opinion.reopened': z.object({ opinion: opinionNumber, reason, by: staff, dueDay: localDate }),
} as const;
