/**
 * Keeps one port open for ever: opening → open → closing → waiting → opening …, until `close()`.
 * A device that goes away is a state, never an exit; it is tried again as long as the agent runs.
 */
import { backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { OpenTransport, PortTrouble, Transport } from './transport/transport.ts';

/** What a driver offers to its session. Both are called in the order of what happens to the port. */
export interface AttachedDriver {
  /** A port is open. The driver sets `transport.onData` now, and may close the transport to get a fresh one. */
  attach(transport: Transport): void;
  /**
   * There is no port: an open one went away, or opening failed (also again and again, also when nothing was attached).
   * null: it was closed on purpose.
   */
  detached(trouble: PortTrouble | null): void;
}

/** The part of a pino logger that devices use. */
export type DeviceLog = {
  info(facts: Record<string, unknown>, sentence: string): void;
  warn(facts: Record<string, unknown>, sentence: string): void;
};

export type SessionState = 'opening' | 'open' | 'closing' | 'waiting' | 'closed';

export type SessionParts = {
  /** device id, for the log */
  device: string;
  open: OpenTransport;
  driver: AttachedDriver;
  clock: Clock;
  /** [0…1) */
  random: () => number;
  log: DeviceLog;
};

/** A port that stood this long was a success: the next wait begins small again. */
const STOOD_MS = 5_000;

export class PortSession {
  #state: SessionState = 'opening';
  readonly #parts: SessionParts;
  readonly #stop = new AbortController();
  #waits: Generator<number, never, void>;
  #transport: Transport | null = null;
  #openedAtMs = 0;
  #cancelWait: (() => void) | null = null;
  #opening: Promise<void>;
  #closing: Promise<void> | null = null;
  /** the port that is being opened is not the right one any more */
  #outdated = false;
  /** the trouble that the log has, and how often it came again since */
  #said: { sentence: string; again: number } | null = null;

  /** Begins to open at once. */
  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#waits = backoff(parts.random);
    this.#opening = this.#open();
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Ends for ever and frees the port; the driver is detached with null. May be called again. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  /** Where the port stands has changed: what is open is closed, and it is opened afresh without a wait. */
  openAgain(): void {
    this.#waits = backoff(this.#parts.random);
    if (this.#state === 'opening') this.#outdated = true;
    else if (this.#state === 'open') void this.#transport?.close();
    else this.tryNow();
  }

  /** Does not wait for the next try. */
  tryNow(): void {
    if (this.#state !== 'waiting') return;
    this.#cancelWait?.();
    this.#cancelWait = null;
    this.#opening = this.#open();
  }

  async #close(): Promise<void> {
    this.#state = 'closed';
    this.#stop.abort();
    this.#cancelWait?.();
    if (this.#transport) await this.#transport.close();
    else this.#parts.driver.detached(null);
    await this.#opening;
  }

  async #open(): Promise<void> {
    this.#state = 'opening';
    this.#outdated = false;
    const result = await this.#parts.open(this.#stop.signal);
    if (this.#stop.signal.aborted) {
      if (result.ok) await result.transport.close();
      return;
    }
    if (this.#outdated) {
      if (result.ok) await result.transport.close();
      this.#wait();
      return;
    }
    if (!result.ok) {
      this.#say(result.trouble);
      this.#parts.driver.detached(result.trouble);
      this.#wait();
      return;
    }
    const { transport } = result;
    this.#state = 'open';
    this.#transport = transport;
    this.#openedAtMs = this.#parts.clock.monotonicMs();
    transport.onClosed = (trouble) => this.#onClosed(transport, trouble);
    const repeated = this.#said?.again ?? 0;
    this.#parts.log.info({ device: this.#parts.device, ...(repeated > 0 && { repeated }) }, 'port open');
    this.#said = null;
    this.#parts.driver.attach(transport);
  }

  #onClosed(transport: Transport, trouble: PortTrouble | null): void {
    this.#transport = null;
    const stood = this.#parts.clock.monotonicMs() - this.#openedAtMs >= STOOD_MS;
    if (stood) this.#waits = backoff(this.#parts.random);
    if (trouble) this.#say(trouble);
    this.#parts.driver.detached(trouble);
    if (this.#state === 'closed') return;
    // The old port must be free before the new one is opened, or it would be busy with ourselves.
    this.#state = 'closing';
    this.#opening = transport.close().then(() => this.#wait());
  }

  #wait(): void {
    if (this.#stop.signal.aborted) return;
    this.#state = 'waiting';
    this.#cancelWait = this.#parts.clock.after(this.#waits.next().value, () => {
      this.#cancelWait = null;
      this.#opening = this.#open();
    });
  }

  /** Says a trouble once, and counts it while it comes again. */
  #say(trouble: PortTrouble): void {
    const sentence = `${trouble.kind}: ${trouble.detail}`;
    if (this.#said?.sentence === sentence) {
      this.#said.again += 1;
      return;
    }
    const facts = { device: this.#parts.device, trouble: trouble.kind, detail: trouble.detail };
    const repeated = this.#said?.again ?? 0;
    this.#parts.log.warn(repeated > 0 ? { ...facts, repeatedBefore: repeated } : facts, 'port not there');
    this.#said = { sentence, again: 0 };
  }
}
