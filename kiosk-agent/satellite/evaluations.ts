/**
 * Evaluations that the hub has opened on this satellite's evaluators. They are kept alight until their time is over, also while
 * the hub is away: a device that comes back is lit again with the seconds that are left. Which rating counts the hub decides.
 */
import type { Logger } from 'pino';
import { VOICES, type CommandResult, type Evaluator, type Voice } from '../device/driver/interfaces.ts';
import type { EvaluatorAtWindow } from '../device/manager.ts';

export type LentEvaluation = {
  device: string;
  session: number;
  voice: string;
  seconds: number;
  /** by the hub's clock, RFC 3339 */
  until: string;
};
type Open = { session: number; voice: Voice; untilMs: number; lit: boolean; timer: NodeJS.Timeout | null };

const BUSY_RETRY_MS = 500;

export class Evaluations {
  readonly #evaluators: readonly EvaluatorAtWindow[];
  readonly #hubNow: () => Date;
  readonly #log: Logger;
  readonly #open = new Map<string, Open>();
  readonly #undo: (() => void)[] = [];

  /** `hubNow`: the hub's time, which `until` is in. */
  constructor(evaluators: readonly EvaluatorAtWindow[], hubNow: () => Date, log: Logger) {
    this.#evaluators = evaluators;
    this.#hubNow = hubNow;
    this.#log = log;
    for (const { evaluator } of evaluators) {
      const onAppeared = (): void => {
        const open = this.#open.get(evaluator.id);
        if (!open) return;
        open.lit = false;
        void this.#light(evaluator, open);
      };
      evaluator.on('appeared', onAppeared);
      this.#undo.push(() => evaluator.off('appeared', onAppeared));
    }
  }

  /** Whether this session is open on this device now. */
  isOpen(device: string, session: number | null): boolean {
    const open = this.#open.get(device);
    return session !== null && open?.session === session && open.untilMs > this.#hubNow().getTime();
  }

  /** Lights the keys until `until`; the same session again has no second effect. `away`: it is lit when the device is back. */
  async open({ device, session, voice, until, seconds }: LentEvaluation): Promise<CommandResult> {
    const evaluator = this.#evaluator(device);
    if (!evaluator) return { ok: false, why: 'away' };
    const leftMs = Date.parse(until) - this.#hubNow().getTime();
    if (leftMs <= 0) return { ok: false, why: 'session' };
    const before = this.#open.get(device);
    if (before?.session === session && before.lit) return { ok: true };
    if (before?.timer) clearTimeout(before.timer);
    const open: Open = {
      session,
      voice: VOICES.find((each) => each === voice) ?? 'none',
      // A clock that is far off must not keep the keys alight for hours.
      untilMs: this.#hubNow().getTime() + Math.min(leftMs, seconds * 1000),
      lit: false,
      timer: null,
    };
    this.#open.set(device, open);
    return this.#light(evaluator, open);
  }

  async shut(device: string, session: number): Promise<CommandResult> {
    if (this.#open.get(device)?.session === session) this.#forget(device);
    const evaluator = this.#evaluator(device);
    // A device that has shut by itself answers `session`: nothing to do.
    return evaluator ? evaluator.shut(session) : { ok: false, why: 'away' };
  }

  /** A rating key of this session is on disk: the keys go dark, and are not lit again, whether the hub is there or not. */
  rated(device: string, session: number | null): void {
    if (session === null || this.#open.get(device)?.session !== session) return;
    this.#forget(device);
    this.#evaluator(device)
      ?.shut(session)
      .catch((error: unknown) => this.#log.error({ device, error }, 'shutting the evaluator failed'));
  }

  /** Open ones by session, with the window of their device. */
  sessions(): Record<number, { window: number; state: 'open' }> {
    return Object.fromEntries(
      this.#evaluators.flatMap(({ window, evaluator }) => {
        const open = this.#open.get(evaluator.id);
        return open && this.isOpen(evaluator.id, open.session)
          ? [[open.session, { window, state: 'open' }]]
          : [];
      }),
    );
  }

  /** May be called twice. */
  close(): void {
    for (const device of [...this.#open.keys()]) this.#forget(device);
    for (const each of this.#undo.splice(0)) each();
  }

  #evaluator(device: string): Evaluator | undefined {
    return this.#evaluators.find(({ evaluator }) => evaluator.id === device)?.evaluator;
  }

  #forget(device: string): void {
    const open = this.#open.get(device);
    if (open?.timer) clearTimeout(open.timer);
    this.#open.delete(device);
  }

  async #light(evaluator: Evaluator, open: Open): Promise<CommandResult> {
    const seconds = Math.ceil((open.untilMs - this.#hubNow().getTime()) / 1000);
    if (seconds < 1) {
      this.#forget(evaluator.id);
      return { ok: false, why: 'session' };
    }
    open.lit = true;
    const result = await evaluator.open(open.session, Math.min(seconds, 3600), open.voice);
    if (result.ok || this.#open.get(evaluator.id) !== open) return result;
    open.lit = false;
    // Its keys must not stay dark for a whole evaluation because it had something else to do for a moment.
    if (result.why === 'busy')
      open.timer = setTimeout(() => void this.#light(evaluator, open), BUSY_RETRY_MS);
    else this.#log.warn({ device: evaluator.id, why: result.why }, 'the evaluator did not open');
    return result;
  }
}
