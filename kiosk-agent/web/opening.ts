/** Tickets are given during the whole published opening time (the document's A2), and not outside it. */
import type { Config } from '../config.ts';
import { localTime } from '../hall/day.ts';

/** Whether tickets are given at `now`; always where no opening time is published. `extendUntil`: HH:mm, of a surge that holds. */
export function isTaking({ opening, timeZone }: Config['hall'], now: Date, extendUntil?: string): boolean {
  if (!opening) return true;
  const time = localTime(now, timeZone).slice(11, 16);
  const to = extendUntil !== undefined && extendUntil > opening.to ? extendUntil : opening.to;
  return time >= opening.from && time < to;
}
