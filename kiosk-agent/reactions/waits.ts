/**
 * Tells in the log how many wait and for how long, for public display at the far end: numbers alone, nothing of a person or of
 * staff. At most every {@link EVERY_MS}, and only when something has changed that a visitor would notice.
 */
import { isDeepStrictEqual } from 'node:util';
import type { EventData } from '../contract/events.ts';
import type { Clock, Executor } from '../executor.ts';
import { localTime } from '../hall/day.ts';
import { happened } from '../hall/decision.ts';
import { lineOf } from '../hall/line.ts';
import { waitFor, windowsOpenFor } from '../hall/wait.ts';

type Told = EventData<'hall.waits.told'>;

/** 3,000 halls, open 8 hours, write at the most 480,000 of these a day beside 4 million other events. */
const EVERY_MS = 3 * 60_000;
/** The clock alone shortens waits and closes halls. */
const LOOK_MS = 20_000;
/** Waits that differ by less than this are the same to somebody who is still at home, s. */
const NOTICED_S = 300;

/** Runs until the returned function is called. `taking`: whether tickets are given now. */
export function tellWaits(executor: Executor, clock: Clock, taking: () => boolean): () => void {
  let told: Told | null = null;
  let at = -Infinity;
  const look = (): void => {
    const now = clock();
    // A clock that was set back must not silence the hall.
    const since = now.getTime() - at;
    if (since >= 0 && since < EVERY_MS) return;
    const time = localTime(now, executor.rules.timeZone);
    const waits = waitsOf(executor, taking(), time);
    if (told && isDeepStrictEqual(coarse(told), coarse(waits))) return;
    at = now.getTime();
    told = waits;
    // While the disk refuses nothing is told; the next look tries again.
    executor
      .record([happened('hall.waits.told', executor.state.day || time.slice(0, 10), time, waits)])
      .catch(() => (told = null));
  };
  executor.on('committed', look);
  const timer = setInterval(look, LOOK_MS);
  return () => {
    clearInterval(timer);
    executor.off('committed', look);
  };
}

function waitsOf({ state, rules }: Executor, open: boolean, time: string): Told {
  const services = rules.services.map(({ id: service }) => {
    const waiting = lineOf(state, rules, [service]).length;
    const wait = waitFor(state, rules, service, waiting, time);
    const windowsOpen = windowsOpenFor(state, rules, service).length;
    return { service, waiting, windowsOpen, waitMinS: wait?.minS ?? null, waitMaxS: wait?.maxS ?? null };
  });
  const windowsOpen = rules.windows.filter(({ number }) =>
    ['idle', 'called', 'serving'].includes(state.windows[number]?.state ?? 'closed'),
  ).length;
  return { open, windowsOpen, services };
}

function coarse(told: Told): Told {
  const round = (seconds: number | null) => seconds && Math.round(seconds / NOTICED_S);
  return {
    ...told,
    services: told.services.map((each) => ({
      ...each,
      waitMinS: round(each.waitMinS),
      waitMaxS: round(each.waitMaxS),
    })),
  };
}
