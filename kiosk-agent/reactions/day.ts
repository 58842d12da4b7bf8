/** A new day begins by the clock also when nobody comes, and with it the journal lets go of what is old enough. */
import type { Logger } from 'pino';
import type { HallEvent } from '../contract/events.ts';
import type { Executor } from '../executor.ts';

const CHECK_MS = 20_000;

/** Runs until the returned function is called. `retain` is called when a day has opened. */
export function tellDay(executor: Executor, retain: () => Promise<unknown>, log: Logger): () => void {
  const check = (): void => {
    // While the disk refuses there is no new day; the next check or the next visitor begins it.
    executor.execute({ name: 'day.check' }).catch(() => undefined);
  };
  const onCommitted = (events: HallEvent[]): void => {
    if (events.some((event) => event.type === 'hall.day.opened'))
      retain().catch((error: unknown) => log.warn({ error }, 'old records were not removed'));
  };
  executor.on('committed', onCommitted);
  const timer = setInterval(check, CHECK_MS);
  check();
  return () => {
    clearInterval(timer);
    executor.off('committed', onCommitted);
  };
}
