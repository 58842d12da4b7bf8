/** The small words that events, commands and calls share: ids, times, reasons, a person without a name. */
import { z } from 'zod';

/** RFC 3339 with an offset; the hub writes the hall's own offset. */
export const timestamp = z.iso.datetime({ offset: true });
/** 64 lower-case hex digits: SHA-256. */
export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
/** Local day of the hall, yyyy-MM-dd. */
export const localDate = z.iso.date();
/** Local time of day, HH:mm. */
export const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:mm');

export const id = z.string().min(1).max(128);
export const windowNumber = z.int().min(1).max(999);
/** A staff number; never a name. */
export const staff = z.string().regex(/^[0-9A-Za-z-]{1,16}$/);
/** A sentence that somebody typed. Control characters and broken pairs are refused: no database at the far end takes them. */
export const freeText = z
  .string()
  .trim()
  .max(200)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'no control characters');
/** Why something left the order: an entry of the hall's list, free text, or both in one sentence. */
export const reason = freeText.min(1);
export const session = z.int().min(1).max(4_294_967_295);
export const ticketRef = { ticketId: id, number: z.string().min(1).max(8), service: id };
/** What makes a press itself for ever. */
export const pressDevice = z.object({
  serial: z.string().max(64),
  boot: z.string().max(16),
  seq: z.int().min(1),
});
/** A text in Chinese and English. */
export const bilingual = z.object({ zh: z.string().min(1).max(400), en: z.string().min(1).max(400) });

/**
 * A person, as far as the hall knows one: a keyed hash of the ID number with the key of that year, and the number with all
 * but its first 3 and last 4 characters masked. Never the number, never a name.
 */
export const personRef = z.object({
  hash: sha256Hex,
  year: z.int().min(2000).max(2999),
  masked: z.string().max(24),
});
export type PersonRef = z.infer<typeof personRef>;

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
