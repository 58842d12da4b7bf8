/** The clock of the day: hall time that goes `speed` times as fast as the wall's, until the day is over. */
import { clockTime } from './plan.ts';
import type { DaySeconds } from './format.ts';
import type { Moment } from './ledger.ts';

export type DayClock = ReturnType<typeof createDayClock>;

/** `now` gives ms of the wall's clock. The day begins with this call, at `from`. */
export function createDayClock(from: DaySeconds, speed: number, now: () => number) {
  const began = now();
  const over = new AbortController();
  const time = (): DaySeconds => from + ((now() - began) * speed) / 1000;

  /** Waits so long by the wall; at once when the day is over. */
  function wait(ms: number): Promise<void> {
    if (over.signal.aborted || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        over.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      over.signal.addEventListener('abort', done, { once: true });
    });
  }

  return {
    time,
    moment: (): Moment => ({ time: clockTime(time()), at: new Date(now()).toISOString() }),
    /** So many seconds of the hall's time, but at least `floorMs` of the wall's: a hand needs its time at any speed. */
    pause: (seconds: number, floorMs = 0) => wait(Math.max(floorMs, (seconds * 1000) / speed)),
    /** Until this time of the day; at once when it has passed. */
    until: (at: DaySeconds) => wait(((at - time()) * 1000) / speed),
    /** Everybody hurries: nobody waits for anything of the day any more. */
    end: () => over.abort(),
    get over() {
      return over.signal.aborted;
    },
  };
}

/** Waits so long by the wall's clock, also when the day is over; rejects when `signal` aborts. */
export function waitMs(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    if (signal.aborted) return reject(signal.reason as Error);
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
