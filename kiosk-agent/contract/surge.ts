/** Surge: what a hall does when more people come than it can serve (应急预案). Each step with its reason. */
import { z } from 'zod';
import { bilingual, clockTime, id, reason, staff, timestamp, windowNumber } from './words.ts';

const windowGiven = { window: windowNumber, services: z.array(id).min(1).max(50) };
const fields = {
  /** extended hours: tickets are given and windows kept open until then, today */
  extendUntil: clockTime.optional(),
  /** windows that take more than they are configured for, today: temporary windows and diverted services */
  windows: z.array(z.object(windowGiven)).max(99).optional(),
  /** stands on every screen */
  notice: bilingual.optional(),
};
/** As somebody asks for them, in a call or in the configuration: a word that is not known is refused. */
export const surgeMeasures = z.strictObject({
  ...fields,
  windows: z.array(z.strictObject(windowGiven)).max(99).optional(),
});
/** As they stand in events: a newer agent may know more. */
const measuresInForce = z.object(fields);
export type SurgeMeasures = z.infer<typeof surgeMeasures>;

/** The data of the central server's link command `surge`. */
export const surgeWish = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('start'), reason, measures: surgeMeasures }),
  z.strictObject({ step: z.literal('change'), reason, measures: surgeMeasures }),
  z.strictObject({ step: z.literal('end'), reason }),
]);
export type SurgeWish = z.infer<typeof surgeWish>;

export const surgeEvents = {
  /** a check found that the last one who waits would be served so long after closing; the next check that finds it too starts a surge */
  'hall.surge.foreseen': z.object({ servedAt: timestamp, beyondMin: z.int().min(0) }),
  'hall.surge.started': z.object({
    surge: id,
    /** forecast: the program saw that today's visitors cannot be served in time; it takes only the measures configured for that */
    by: z.enum(['staff', 'forecast', 'central']),
    staff: staff.optional(),
    reason,
    measures: measuresInForce,
  }),
  /** `measures` are those that hold from now on, whole */
  'hall.surge.changed': z.object({
    surge: id,
    by: z.enum(['staff', 'central']),
    staff: staff.optional(),
    reason,
    measures: measuresInForce,
  }),
  'hall.surge.ended': z.object({
    surge: id,
    by: z.enum(['staff', 'forecast', 'central', 'day-end']),
    staff: staff.optional(),
    reason,
  }),
} as const;
