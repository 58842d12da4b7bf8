/** Link command `slots`: the far end asks for the free slots of a service and hears them as they are now. */
import type { z } from 'zod';
import type { LinkCommand } from '../contract/link.ts';
import { slotsCommand, type slotsAnswer } from '../contract/office.ts';
import type { Executor } from '../executor.ts';
import { slots } from '../hall/appointments/slots.ts';
import { addDays } from '../hall/calendar.ts';
import { localTime } from '../hall/day.ts';

/** No hall books further ahead than this; a longer wish is answered as far as this. */
const DAYS_MAX = 92;

/** Answers at once; `unknown-service` for a service that this hall does not have. */
export function tellSlots(
  executor: Executor,
  clock: () => Date,
): (
  command: LinkCommand,
) => Promise<{ ok: true; data: z.infer<typeof slotsAnswer> } | { refused: string; why: string }> {
  return async ({ data }) => {
    const read = slotsCommand.safeParse(data);
    if (!read.success) {
      const issue = read.error.issues[0];
      return { refused: 'bad-command', why: `data.${issue?.path.join('.')}: ${issue?.message}` };
    }
    const { service, from, to } = read.data;
    const { state, rules } = executor;
    if (!rules.services.some(({ id }) => id === service))
      return { refused: 'unknown-service', why: `This hall has no service ${service}.` };
    const time = localTime(clock(), rules.timeZone);
    const found: z.infer<typeof slotsAnswer>['slots'] = [];
    for (let day = from, n = 0; day <= to && n < DAYS_MAX; day = addDays(day, 1), n++)
      for (const { taken: _taken, ...slot } of slots(state, rules, service, day, time))
        found.push({ day, ...slot });
    return { ok: true, data: { slots: found } };
  };
}
