/**
 * Five keys at a window, over ELP/1 or EHR/1: one machine, because times, repeats and promises are the same (evaluators §2).
 * Keeps the protocol's promises; what a press means is decided elsewhere.
 */
import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { backoff } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { EhrIdentity } from '../codec/ehr.ts';
import type { ElpFault, HostMessage } from '../codec/elp.ts';
import type { PortTrouble, Transport } from '../transport/transport.ts';
import { EvaluationOnDevice, type ToldEvaluation } from './evaluation-on-device.ts';
import { EvaluatorCommands } from './evaluator-commands.ts';
import { EvaluatorIdentity } from './evaluator-identity.ts';
import { evaluatorState } from './evaluator-status.ts';
import {
  makeWire,
  type DropReason,
  type EvaluatorMessage,
  type EvaluatorProtocol,
  type EvaluatorWire,
} from './evaluator-wire.ts';
import { JUDGE_AFTER_MS, LineQuality } from './line-quality.ts';
import type { CommandResult, DeviceStatus, Evaluator, EvaluatorEvents, Press, Voice } from './interfaces.ts';
import { PressNumbers, type LastSeq } from './press-numbers.ts';

/** "no message for 12 s makes it lost" (ELP/1). */
const LOST_MS = 12_000;
/** A port that has been dumb this long since is closed and opened afresh: some adapters and servers need it. */
const REOPEN_MS = 48_000;

const VOICES: Record<Voice, number> = {
  none: 0,
  welcome: 1,
  'please-rate': 2,
  'thank-you': 3,
  'window-closed': 4,
};

export type OnFrame = (
  direction: 'sent' | 'received',
  bytes: Uint8Array,
  decoded: EvaluatorMessage | ({ type: 'IDENTITY' } & EhrIdentity) | HostMessage | { dropped: DropReason },
) => void;

export type WindowEvaluatorParts = {
  id: string;
  protocol: EvaluatorProtocol;
  clock: Clock;
  /** [0…1) */
  random: () => number;
  /** the technician's view of the wire */
  onFrame?: OnFrame;
  /** EHR/1 numbers its presses in 16 bits: without this a device that wrapped while no agent ran is counted anew */
  lastSeq?: LastSeq;
};

export class WindowEvaluator extends EventEmitter<EvaluatorEvents> implements Evaluator {
  readonly id: string;
  readonly kind = 'evaluator';
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #onFrame: OnFrame | undefined;
  readonly #protocol: EvaluatorProtocol;
  readonly #numbers: PressNumbers;
  readonly #question: EvaluatorIdentity;
  readonly #commands: EvaluatorCommands;
  readonly #evaluation = new EvaluationOnDevice();
  readonly #quality = new LineQuality();
  readonly #counters = {
    framesIn: 0,
    framesOut: 0,
    repeats: 0,
    reopened: 0,
    resynced: 0,
  };

  #transport: Transport | null = null;
  #trouble: PortTrouble | null = null;
  #wire: EvaluatorWire;
  #identity: { serial: string; boot: string; firmware: string } | null = null;
  #greeted = false;
  #silent: string | null = null;
  #lost = false;
  #faults: ElpFault[] = [];
  #lastSeenAt: Date | undefined;
  /** the device may not have open what should be: say so as soon as it can be talked to */
  #owesAppeared = false;
  #status: DeviceStatus;
  #attachments = 0;

  #probeWaits: Generator<number, never, void>;
  #cancelProbe: (() => void) | null = null;
  #cancelLost: (() => void) | null = null;
  #cancelJudge: (() => void) | null = null;

  constructor(parts: WindowEvaluatorParts) {
    super();
    this.id = parts.id;
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#onFrame = parts.onFrame;
    this.#protocol = parts.protocol;
    this.#wire = makeWire(parts.protocol);
    this.#numbers = new PressNumbers(parts.lastSeq ?? (() => 0));
    this.#question = new EvaluatorIdentity({
      clock: parts.clock,
      random: parts.random,
      onKnown: (boot, { serial, firmware }) => {
        this.#greet(serial, boot, firmware);
        this.#appearWhenReady();
        this.#tell();
      },
      onTrouble: () => this.#tell(),
      onReport: (bytes, decoded) => this.#onFrame?.('received', bytes, decoded),
    });
    this.#probeWaits = backoff(parts.random);
    this.#commands = new EvaluatorCommands({
      clock: parts.clock,
      send: (message) => this.#send(message),
      onRepeat: () => (this.#counters.repeats += 1),
      onSilent: (command) => this.#onSilent(command),
      firstNumber: Math.floor(parts.random() * 65_536),
    });
    this.#status = this.#describe();
  }

  get status(): DeviceStatus {
    return this.#describe();
  }

  async open(session: number, seconds: number, voice: Voice): Promise<CommandResult> {
    if (!isSession(session) || !Number.isInteger(seconds) || seconds < 1 || seconds > 3600) {
      return { ok: false, why: 'arg' };
    }
    this.#evaluation.opening(session);
    const result = await this.#ask({ type: 'OPEN', session, seconds, voice: VOICES[voice] });
    if (result.ok) this.#evaluation.opened(session, this.#clock.monotonicMs() + seconds * 1_000);
    return result;
  }

  async shut(session: number): Promise<CommandResult> {
    if (!isSession(session)) return { ok: false, why: 'arg' };
    this.#evaluation.shutting(session);
    const result = await this.#ask({ type: 'SHUT', session });
    // Only now: the OPEN before it may have been answered while this one waited.
    this.#evaluation.shut(session, result.ok || result.why === 'session');
    return result;
  }

  say(voice: Voice): Promise<CommandResult> {
    return this.#ask({ type: 'SAY', voice: VOICES[voice] });
  }

  show(line: 1 | 2, text: string): Promise<CommandResult> {
    return this.#ask({ type: 'SHOW', line, text });
  }

  acknowledge(press: Pick<Press, 'boot' | 'seq'>): void {
    // Not queued and not answered: the device repeats the press until it has this.
    this.#send({ type: 'ACK', boot: press.boot, seq: press.seq });
  }

  attach(transport: Transport): void {
    this.#transport = transport;
    this.#trouble = null;
    this.#owesAppeared = true;
    this.#attachments += 1;
    if (this.#attachments > 1) this.#counters.reopened += 1;
    transport.onData = (bytes) => this.#onData(bytes);
    this.#probeWaits = backoff(this.#random);
    this.#watchForLoss();
    this.#probe();
    this.#tell();
  }

  detached(trouble: PortTrouble | null): void {
    this.#trouble = trouble;
    // A fresh port for a lost device does not bring it back; a port that went away is news of its own.
    if (trouble) this.#lost = false;
    this.#release();
    this.#tell();
  }

  /** The port belongs to the session and is closed by it. */
  async close(): Promise<void> {
    this.#release();
    this.removeAllListeners();
  }

  #release(): void {
    if (this.#transport) this.#transport.onData = null;
    this.#transport = null;
    this.#wire = makeWire(this.#protocol);
    this.#question.drop();
    this.#greeted = false;
    this.#silent = null;
    this.#faults = [];
    this.#quality.startAgain();
    this.#evaluation.forget();
    this.#cancelProbe?.();
    this.#cancelLost?.();
    this.#cancelJudge?.();
    this.#cancelProbe = this.#cancelLost = this.#cancelJudge = null;
    this.#commands.drop('away');
  }

  #ask(command: Parameters<EvaluatorCommands['ask']>[0]): Promise<CommandResult> {
    if (!this.#transport) return Promise.resolve({ ok: false, why: 'away' });
    return this.#commands.ask(command);
  }

  #send(message: HostMessage): void {
    if (!this.#transport) return;
    const bytes = this.#wire.encode(message);
    this.#counters.framesOut += 1;
    this.#onFrame?.('sent', bytes, message);
    // Whether it arrived is told by the answer, never by the write; a lost port settles the command by `detached`.
    void this.#transport.write(bytes);
  }

  #onData(bytes: Uint8Array): void {
    const transport = this.#transport;
    const { frames, dropped } = this.#wire.receive(bytes);
    for (const { reason, bytes: lost } of dropped) {
      this.#onFrame?.('received', lost, { dropped: reason });
      this.#onDropped(reason, lost.length);
    }
    for (const { message, bytes: line } of frames) {
      this.#counters.framesIn += 1;
      this.#onFrame?.('received', line, message);
      this.#onMessage(message);
      // A listener may have closed the device; what follows belongs to nobody.
      if (this.#transport !== transport) return;
    }
    this.#tell();
  }

  #onMessage(message: EvaluatorMessage): void {
    this.#lastSeenAt = this.#clock.now();
    this.#quality.message();
    this.#lost = false;
    this.#watchForLoss();
    if ('faults' in message) this.#faults = message.faults;
    switch (message.type) {
      case 'HI':
        this.#onHello(message);
        break;
      case 'KEY':
        this.#onKey(message);
        break;
      case 'ST': {
        const told: ToldEvaluation = 'session' in message ? message.session : message.open ? 'some' : null;
        if (this.#isSameDevice(message.boot)) this.#compareSession(told);
        break;
      }
      case 'OK':
      case 'NO':
        this.#onAnswered();
        this.#commands.answer(
          message.n,
          message.type === 'OK' ? { ok: true } : { ok: false, why: message.why },
        );
        if ('boot' in message) this.#isSameDevice(message.boot);
        break;
    }
    this.#appearWhenReady();
  }

  #appearWhenReady(): void {
    if (!this.#owesAppeared || !this.#greeted || this.#silent !== null) return;
    this.#owesAppeared = false;
    this.#tell();
    this.emit('appeared');
  }

  #onHello(hello: EvaluatorMessage & { type: 'HI' }): void {
    if ('serial' in hello) return this.#greet(hello.serial, hello.boot, hello.firmware);
    this.#onAnswered();
    this.#commands.hello();
    if (this.#greeted && this.#identity?.boot === hello.boot) return;
    this.#greeted = false;
    this.#forgetSession();
    if (this.#transport) this.#question.ask(this.#transport, hello.boot);
  }

  #greet(serial: string, boot: string, firmware: string): void {
    const before = this.#identity;
    if (!this.#greeted || before?.boot !== boot || before.serial !== serial) this.#forgetSession();
    this.#identity = { serial, boot, firmware };
    this.#greeted = true;
    this.#onAnswered();
    this.#commands.hello();
  }

  #onKey(key: EvaluatorMessage & { type: 'KEY' }): void {
    // Without a serial number a press has no name. It is not lost: the device repeats it.
    if (!this.#isSameDevice(key.boot) || !this.#identity) return;
    const { boot, session, code, ageMs } = key;
    const { serial } = this.#identity;
    const seq = this.#protocol === 'ehr/1' ? this.#numbers.numberOf(serial, boot, key.seq) : key.seq;
    this.emit('press', { serial, boot, seq, session, code, ageMs, receivedAt: this.#clock.now() });
  }

  /** False when the device has restarted, was exchanged, or has not said who it is; then it is asked. */
  #isSameDevice(boot: string): boolean {
    if (this.#greeted && this.#identity?.boot === boot) return true;
    if (this.#greeted) {
      this.#greeted = false;
      this.#forgetSession();
    }
    if (!this.#commands.busy && this.#cancelProbe === null && !this.#question.asking) this.#probe();
    return false;
  }

  #forgetSession(): void {
    this.#evaluation.forget();
    this.#owesAppeared = true;
  }

  /** A command in flight may be about to change what the heartbeat says. */
  #compareSession(told: ToldEvaluation): void {
    if (this.#commands.busy) return;
    const against = this.#evaluation.compare(told, this.#clock.monotonicMs());
    if (!against) return;
    this.#counters.resynced += 1;
    if ('lost' in against) this.#forgetSession();
    else void this.shut(against.stillOpen);
  }

  #onAnswered(): void {
    this.#silent = null;
    this.#cancelProbe?.();
    this.#cancelProbe = null;
    this.#probeWaits = backoff(this.#random);
  }

  #onSilent(command: string): void {
    this.#silent = command;
    this.#forgetSession();
    this.#probeLater();
    this.#tell();
  }

  /** Asks who is there; goes on asking, less and less often, until something is answered. */
  #probe(): void {
    this.#cancelProbe = null;
    void this.#commands.ask({ type: 'WHO' });
  }

  #probeLater(): void {
    this.#cancelProbe?.();
    this.#cancelProbe = this.#clock.after(this.#probeWaits.next().value, () => this.#probe());
  }

  #watchForLoss(): void {
    this.#cancelLost?.();
    this.#cancelLost = this.#clock.after(LOST_MS, () => {
      this.#lost = true;
      this.#forgetSession();
      if (!this.#commands.busy && this.#cancelProbe === null) this.#probe();
      this.#cancelLost = this.#clock.after(REOPEN_MS, () => void this.#transport?.close());
      this.#tell();
    });
  }

  #onDropped(reason: DropReason, length: number): void {
    if (!this.#quality.dropped(reason, length, this.#clock.monotonicMs())) return;
    this.#cancelJudge?.();
    this.#cancelJudge = this.#clock.after(JUDGE_AFTER_MS, () => this.#tell());
  }

  #describe(): DeviceStatus {
    const identity = this.#question.trouble;
    const ranked = evaluatorState({
      port: this.#transport ? 'open' : this.#trouble,
      unreadable:
        this.#quality.unreadable(this.#lost, this.#clock.monotonicMs()) || identity?.unreadable === true,
      lost: this.#lost,
      silent: this.#silent !== null || identity !== null,
      greeted: this.#greeted,
      faults: this.#faults,
    });
    const detail =
      this.#trouble?.detail ??
      (ranked.state === 'silent' || ranked.state === 'wrong-settings' ? identity?.detail : undefined) ??
      (ranked.state === 'silent' ? `${this.#silent} was not answered` : undefined) ??
      (ranked.state === 'wrong-settings' ? 'bytes arrive, but no messages' : undefined);
    return {
      ...ranked,
      ...(detail !== undefined && { detail }),
      ...(this.#identity && { serial: this.#identity.serial, firmware: this.#identity.firmware }),
      ...(this.#lastSeenAt && { lastSeenAt: this.#lastSeenAt }),
      counters: { ...this.#counters, ...this.#quality.counters },
    };
  }

  /** Tells the status when it has changed in more than counters and time. */
  #tell(): void {
    const from = this.#status;
    const to = this.#describe();
    this.#status = to;
    const plain = ({ counters: _counters, lastSeenAt: _seen, ...rest }: DeviceStatus) => rest;
    if (!isDeepStrictEqual(plain(from), plain(to))) this.emit('status', from, to);
  }
}

function isSession(session: number): boolean {
  return Number.isInteger(session) && session >= 1 && session <= 4_294_967_295;
}
