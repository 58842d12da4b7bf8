/**
 * The story of an evaluation: finish → open → key → on disk → thanks, or lapsed.
 * A device that comes back opens again what should be open, with the seconds that are left.
 */
import type { Logger } from 'pino';
import type { HallEvent, RatingLevel } from '../contract/events.ts';
import type { Evaluator, Press } from '../device/driver/interfaces.ts';
import type { Clock, Executor } from '../executor.ts';
import { localTime } from '../hall/day.ts';
import type { RatingSession } from '../hall/state.ts';

export type EvaluatorAtWindow = {
  window: number;
  evaluator: Evaluator;
  keyMap: Readonly<Record<string, RatingLevel>>;
};

/** A press of the last moment is still on the wire when the time is up: the session lapses this much later, ms. */
const LAPSE_GRACE_MS = 2000;
const BUSY_RETRY_MS = 500;

/** Runs the story for all evaluators until the returned function is called. */
export function tellEvaluations(
  executor: Executor,
  evaluators: EvaluatorAtWindow[],
  clock: Clock,
  log: Logger,
): () => void {
  const timers = new Map<number, NodeJS.Timeout>();
  /** sessions whose device was too busy to open them */
  const lighting = new Map<number, NodeJS.Timeout>();
  const undo: (() => void)[] = [];

  const onCommitted = (events: HallEvent[]): void => {
    for (const event of events) {
      if (event.type === 'hall.rating.requested') opened(event.data.session);
      else if (event.type === 'hall.rating.given' || event.type === 'hall.rating.lapsed')
        closed(event.data.session, event.data.window);
    }
  };

  const opened = (number: number): void => {
    const session = executor.state.sessions[number];
    if (!session || session.state !== 'open') return;
    const dueMs = Date.parse(session.openUntil) - clock().getTime();
    timers.set(
      number,
      setTimeout(() => lapse(number), Math.max(0, dueMs) + LAPSE_GRACE_MS),
    );
    light(session);
  };

  const light = (session: RatingSession): void => {
    const seconds = Math.ceil((Date.parse(session.openUntil) - clock().getTime()) / 1000);
    const there = evaluators.find((each) => each.window === session.window);
    if (!there || seconds < 1) return;
    there.evaluator.open(session.session, seconds, 'please-rate').then(
      (result) => {
        if (result.ok) return;
        // Its keys must not stay dark for a whole evaluation because it had something else to do for a moment.
        if (result.why === 'busy') lightAgain(session.session);
        // A place that nobody has put an evaluator at is no trouble.
        else if (result.why !== 'away' || there.evaluator.status.state !== 'missing')
          log.warn({ device: there.evaluator.id, why: result.why }, 'the evaluator did not open');
      },
      (error: unknown) => log.error({ device: there.evaluator.id, error }, 'opening the evaluator failed'),
    );
  };

  const lightAgain = (number: number): void => {
    clearTimeout(lighting.get(number));
    const again = (): void => {
      lighting.delete(number);
      const session = executor.state.sessions[number];
      if (session?.state === 'open') light(session);
    };
    lighting.set(number, setTimeout(again, BUSY_RETRY_MS));
  };

  const closed = (number: number, window: number): void => {
    clearTimeout(timers.get(number));
    timers.delete(number);
    clearTimeout(lighting.get(number));
    lighting.delete(number);
    // A device that has shut by itself answers `session`: nothing to do.
    evaluators
      .find((each) => each.window === window)
      ?.evaluator.shut(number)
      .catch((error: unknown) => log.error({ error }, 'shutting the evaluator failed'));
  };

  const lapse = (session: number): void => {
    timers.delete(session);
    executor.execute({ name: 'rating.lapse', session, why: 'timeout' }).catch(() => {
      // The disk refuses: the session stays open until it does not.
      timers.set(
        session,
        setTimeout(() => lapse(session), LAPSE_GRACE_MS),
      );
    });
  };

  const pressed = async ({ evaluator, window, keyMap }: EvaluatorAtWindow, press: Press): Promise<void> => {
    const outcome = await executor.execute({
      name: 'rating.press',
      window,
      session: press.session,
      keyRaw: press.code,
      level: keyMap[press.code] ?? null,
      device: { serial: press.serial, boot: press.boot, seq: press.seq },
      pressedAt: localTime(new Date(press.receivedAt.getTime() - press.ageMs), executor.rules.timeZone),
      clockOffsetMs: 0,
    });
    // On disk, now or before: only here may the device forget it.
    if (outcome.ok) evaluator.acknowledge(press);
    else
      log.error(
        { device: evaluator.id, refusal: outcome.refusal },
        'a press was refused and stays with the device',
      );
  };

  executor.on('committed', onCommitted);
  undo.push(() => executor.off('committed', onCommitted));
  for (const each of evaluators) {
    const onPress = (press: Press): void => {
      // Not acknowledged: the device keeps it and sends it again every 300 ms.
      pressed(each, press).catch((error: unknown) =>
        log.warn({ device: each.evaluator.id, error }, 'a press could not be kept yet'),
      );
    };
    const onAppeared = (): void => {
      const number = executor.state.windows[each.window]?.session;
      const session = number == null ? undefined : executor.state.sessions[number];
      if (session?.state === 'open') light(session);
    };
    each.evaluator.on('press', onPress).on('appeared', onAppeared);
    undo.push(() => each.evaluator.off('press', onPress).off('appeared', onAppeared));
  }
  for (const session of Object.values(executor.state.sessions))
    if (session.state === 'open') opened(session.session);

  return () => {
    for (const timer of [...timers.values(), ...lighting.values()]) clearTimeout(timer);
    timers.clear();
    lighting.clear();
    for (const each of undo.splice(0)) each();
  };
}
