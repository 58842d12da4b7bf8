/** Surge: what a hall does when more people come than it can serve (应急预案). Each step with its reason. */
import { z } from 'zod';
import { bilingual, clockTime, id, reason, staff, windowNumber } from './words.ts';

export const surgeMeasures = z.object({
  /** extended hours: tickets are given and windows kept open until then, today */
  extendUntil: clockTime.optional(),
  /** windows that take more than they are configured for, today: temporary windows and diverted services */
  windows: z
    .array(z.object({ window: windowNumber, services: z.array(id).min(1).max(50) }))
    .max(99)
    .optional(),
  /** stands on every screen */
  notice: bilingual.optional(),
});
export type SurgeMeasures = z.infer<typeof surgeMeasures>;

export const surgeEvents = {
  'hall.surge.started': z.object({
    surge: id,
    /** forecast: the program saw that today's visitors cannot be served in time; it takes only the measures configured for that */
    by: z.enum(['staff', 'forecast', 'central']),
    staff: staff.optional(),
    reason,
    measures: surgeMeasures,
  }),
  /** `measures` are those that hold from now on, whole */
  'hall.surge.changed': z.object({ surge: id, staff: staff.optional(), reason, measures: surgeMeasures }),
  'hall.surge.ended': z.object({
    surge: id,
    by: z.enum(['staff', 'forecast', 'central', 'day-end']),
    staff: staff.optional(),
    reason,
  }),
} as const;
