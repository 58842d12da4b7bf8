/** The hall's working days: weekends, holidays, make-up days. A file of a whole country may stand for the lists. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'a day as yyyy-MM-dd')
  .refine((text) => z.iso.date().safeParse(text).success, 'no such day');
const days = z.array(day).max(2000).default([]);
const lists = {
  weekend: z.array(z.int().min(0).max(6)).max(6).default([0, 6]).describe('Free weekdays, 0 = Sunday'),
  holidays: days.describe('Public holidays, yyyy-MM-dd'),
  makeUpDays: days.describe('Days worked although they fall on a weekend or holiday (调休)'),
};
/** What a calendar file holds. */
export const calendarFile = z.strictObject(lists);
export const calendarSection = z
  .strictObject({
    ...lists,
    file: z
      .string()
      .min(1)
      .optional()
      .describe('A YAML file with weekend, holidays, makeUpDays, beside this one; its days are added'),
  })
  .describe('Working days, for every clock that counts in them');

type Calendar = z.infer<typeof calendarSection>;

/**
 * The calendar with the days of the file that it names, looked for in `folder`.
 * `why` says what is wrong with that file: it cannot be read, is not YAML, or holds something else.
 */
export function withCalendarFile(
  own: Calendar,
  folder: string,
): { ok: true; calendar: Calendar } | { ok: false; why: string } {
  if (own.file === undefined) return { ok: true, calendar: own };
  const file = resolve(folder, own.file);
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return { ok: false, why: `${file}: ${(error as Error).message.split('\n')[0]}` };
  }
  const read = calendarFile.safeParse(content);
  if (!read.success) {
    const issue = read.error.issues[0];
    return { ok: false, why: `${file}: ${issue?.path.join('.')}: ${issue?.message}` };
  }
  return {
    ok: true,
    calendar: {
      ...own,
      weekend: read.data.weekend,
      holidays: [...new Set([...read.data.holidays, ...own.holidays])].sort(),
      makeUpDays: [...new Set([...read.data.makeUpDays, ...own.makeUpDays])].sort(),
    },
  };
}
