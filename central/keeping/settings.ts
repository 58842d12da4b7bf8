/** How long this server keeps what it was sent: the section `keep:` of its configuration. 0 is for ever. */
import { z } from 'zod';

const span = (most: number, usual: number, about: string) =>
  z.int().min(0).max(most).default(usual).describe(about);

export const keepSettings = z
  .strictObject({
    events: span(1200, 25, 'months: the events as the halls sent them'),
    ratings: span(1200, 61, 'months: each rating'),
    tickets: span(36_500, 400, 'days: each ticket'),
    ledgers: span(1200, 61, 'months: bad ratings and opinions that are closed'),
    details: span(1200, 61, 'months: figures of days, hours, windows and staff; those of months stay'),
  })
  .prefault({});
export type KeepSettings = z.infer<typeof keepSettings>;
