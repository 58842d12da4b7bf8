/** What becomes of one evaluation: pressed, pressed and told late, pressed twice, or not. */
import type { RatingLevel } from '../../kiosk-agent/contract/events.ts';
import type { Command } from '../../kiosk-agent/hall/commands.ts';
import { HOUR, MINUTE, SECOND, type Today } from './today.ts';

const LEVELS: RatingLevel[] = [5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 4, 4, 4, 4, 3, 3, 2, 1];

/** The evaluator at a window: its power-ups, and its presses since the last one. */
export type Evaluator = { number: number; boot: number; presses: number };

/** Plans it; the evaluation was opened at `at` (ms). */
export function planRating(
  { ask, plan, chance, going }: Today,
  window: Evaluator,
  session: number,
  at: number,
): void {
  const level = chance.pick(LEVELS);
  const lapse = (now: number): void => void ask({ name: 'rating.lapse', session, why: 'timeout' }, now);
  const press = (now: number, pressedAt: number): void => {
    window.presses++;
    const command: Command = {
      ...{ name: 'rating.press', window: window.number, session, keyRaw: String(6 - level), level },
      device: { serial: `E${window.number}`, boot: `b${window.boot}`, seq: window.presses },
      pressedAt: stamp(pressedAt),
      clockOffsetMs: 0,
    };
    const events = ask(command, now);
    if (events?.some((event) => event.type === 'hall.rating.given') && level <= 2)
      going.bad.push({ session, level });
    // A device that hears no acknowledgement says it again.
    if (chance.is(0.02)) plan(now + 400, (later) => ask(command, later));
  };
  if (chance.is(0.7)) {
    const pressedAt = at + chance.between(1, 20) * SECOND;
    plan(pressedAt, (now) => press(now, pressedAt));
    if (chance.is(0.01)) plan(pressedAt + 2 * SECOND, (now) => press(now, now));
  } else if (chance.is(0.03)) {
    // Its line was down: pressed in time, told ten minutes later.
    plan(at + 30 * SECOND, lapse);
    plan(at + 10 * MINUTE, (now) => press(now, at + 8 * SECOND));
  } else plan(at + 30 * SECOND, lapse);
}

function stamp(at: number): string {
  return `${new Date(at + 8 * HOUR).toISOString().slice(0, 23)}+08:00`;
}
