/** Tickets are given during the whole published opening time (the document's A2), and not outside it. */
import type { Config } from '../config.ts';
import { localTime } from '../hall/day.ts';

/** Whether tickets are given at `now`; always where no opening time is published. */
export function isTaking({ opening, timeZone }: Config['hall'], now: Date): boolean {
  if (!opening) return true;
  const time = localTime(now, timeZone).slice(11, 16);
  return time >= opening.from && time < opening.to;
}
