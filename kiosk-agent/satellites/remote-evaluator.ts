/**
 * The evaluator of a window that stands at a satellite. Its presses do not come this way: the satellite has them on disk, thanks
 * the visitor, and delivers them with its journal (`hall.press.kept`), also those of a time when it was cut off.
 */
import type { EventEmitter } from 'node:events';
import type { CommandResult, Evaluator, EvaluatorEvents, Voice } from '../device/driver/interfaces.ts';
import type { Clock } from '../executor.ts';
import { RemoteDevice, type RemoteParts } from './remote-device.ts';

class RemoteEvaluator extends RemoteDevice {
  readonly kind = 'evaluator' as const;
  readonly #clock: Clock;

  constructor(window: number, parts: RemoteParts, clock: Clock) {
    super('evaluator', window, parts);
    this.#clock = clock;
  }

  /** The satellite keeps it lit until the session's end, also when it is cut off, and lights it on a device that comes back. */
  open(session: number, seconds: number, voice: Voice): Promise<CommandResult> {
    const until = new Date(this.#clock().getTime() + seconds * 1000).toISOString();
    return this.ask('evaluator.open', { session, seconds, voice, until }, seconds * 1000);
  }

  shut(session: number): Promise<CommandResult> {
    return this.ask('evaluator.shut', { session });
  }

  say(voice: Voice): Promise<CommandResult> {
    return this.ask('evaluator.say', { voice });
  }

  show(line: 1 | 2, text: string): Promise<CommandResult> {
    return this.ask('evaluator.show', { line, text });
  }

  /** The satellite has acknowledged it when it was on its own disk. */
  acknowledge(): void {}
}

/** The place for an evaluator at `window`; its status is `missing` while no satellite has one there. */
export function remoteEvaluator(window: number, parts: RemoteParts, clock: Clock): Evaluator {
  return new RemoteEvaluator(window, parts, clock) as RemoteEvaluator & EventEmitter<EvaluatorEvents>;
}
