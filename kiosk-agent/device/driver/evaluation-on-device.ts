/** Which evaluation an evaluator has open, as far as it has confirmed it; its heartbeat is the truth about it. */

/** How much earlier than we think a device may end a session: it began to count with the first, unanswered OPEN. */
const SESSION_SLACK_MS = 3_000;

/** Open evaluation as a heartbeat tells it; EHR/1 does not say which one. */
export type ToldEvaluation = number | 'some' | null;

export class EvaluationOnDevice {
  /** the session that the device has confirmed to be open */
  #open: { session: number; untilMs: number } | null = null;
  /** a session that was to be shut, and the device has not confirmed it */
  #shutting: number | null = null;

  /** An OPEN is on its way. */
  opening(session: number): void {
    this.#open = null;
    if (this.#shutting === session) this.#shutting = null;
  }

  /** The device has confirmed it. */
  opened(session: number, untilMs: number): void {
    this.#open = { session, untilMs };
  }

  /** A SHUT is on its way. */
  shutting(session: number): void {
    this.#shutting = session;
  }

  /** The SHUT has come to its end; `confirmed`: the device says that it is not open. */
  shut(session: number, confirmed: boolean): void {
    if (this.#open?.session === session) this.#open = null;
    if (this.#shutting === session && confirmed) this.#shutting = null;
  }

  /** What the device has open is not known any more. */
  forget(): void {
    this.#open = null;
  }

  /** What a heartbeat, with no command in flight, says against it; null: it is as it should be. */
  compare(told: ToldEvaluation, nowMs: number): { lost: true } | { stillOpen: number } | null {
    if (this.#open?.session === this.#shutting) this.#open = null;
    if (this.#open && nowMs > this.#open.untilMs - SESSION_SLACK_MS) this.#open = null;
    const session = told === 'some' ? (this.#open?.session ?? this.#shutting) : told;
    if (this.#open && this.#open.session !== session) return { lost: true };
    return session !== null && session === this.#shutting ? { stillOpen: session } : null;
  }
}
