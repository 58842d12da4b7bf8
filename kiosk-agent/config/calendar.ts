/** The hall's working days: weekends, holidays, make-up days. A file of a whole country may stand for the lists. */
import { z } from 'zod';

const days = z.array(z.iso.date()).max(2000).default([]);
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
