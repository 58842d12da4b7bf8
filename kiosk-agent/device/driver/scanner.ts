/** Bar code and QR scanners. What a code means is decided elsewhere; its content is never logged. */
import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import { HidPosReceiver } from '../codec/hid-pos.ts';
import {
  TextScanReceiver,
  type ReadCode,
  type ScanDropReason,
  type ScanReceiver,
  type ScanResult,
} from '../codec/scan-text.ts';
import type { AttachedDriver } from '../session.ts';
import { isHid, type PortTrouble, type Transport } from '../transport/transport.ts';
import type { DeviceStatus, Scanner, ScannerEvents } from './interfaces.ts';
import { garbageOf, scannerState } from './scanner-status.ts';

/** The same code again within this time is a trigger that bounced, or a code that still lies there. */
const BOUNCE_MS = 500;
/** Honeywell and Youjie send no scanned data before this; others refuse it, which does no harm. */
const ENABLE_REPORTS = Uint8Array.of(0xfe, 0x01);

/** `bytes` have the length of what came; the content of codes is zero in them, but for its first four bytes. */
export type ScannerFrameListener = (
  direction: 'sent' | 'received',
  bytes: Uint8Array,
  decoded: { symbology: string | null; length: number } | { dropped: ScanDropReason } | { enable: true },
) => void;

export type ScannerParts = {
  id: string;
  clock: Clock;
  /** the technician's view of the wire */
  onFrame?: ScannerFrameListener;
};

class CodeScanner extends EventEmitter<ScannerEvents> implements Scanner, AttachedDriver {
  readonly id: string;
  readonly kind = 'scanner';
  readonly #clock: Clock;
  readonly #onFrame: ScannerFrameListener | undefined;
  readonly #newReceiver: () => ScanReceiver;
  #receiver: ScanReceiver;
  #transport: Transport | null = null;
  #trouble: PortTrouble | null = null;
  #cancelQuiet: (() => void) | null = null;
  #garbage = 0;
  #heard = false;
  /** what was read last, and when it was last seen */
  #last: { text: string; symbology: string | null; atMs: number } | null = null;
  #lastSeenAt: Date | undefined;
  readonly #counters = { scans: 0, repeats: 0, dropped: 0 };
  #closed = false;
  #status: DeviceStatus;

  constructor(parts: ScannerParts, newReceiver: () => ScanReceiver) {
    super();
    this.id = parts.id;
    this.#clock = parts.clock;
    this.#onFrame = parts.onFrame;
    this.#newReceiver = newReceiver;
    this.#receiver = newReceiver();
    this.#status = this.#describe();
  }

  get status(): DeviceStatus {
    return this.#describe();
  }

  attach(transport: Transport): void {
    if (this.#closed) return;
    this.#release();
    this.#transport = transport;
    this.#trouble = null;
    transport.onData = (bytes) => this.#onData(bytes);
    if (isHid(transport)) {
      this.#onFrame?.('sent', ENABLE_REPORTS, { enable: true });
      void transport.sendFeature(ENABLE_REPORTS);
    }
    this.#tell();
  }

  detached(trouble: PortTrouble | null): void {
    this.#release();
    this.#trouble = trouble;
    this.#tell();
  }

  /** The port belongs to the session and is closed by it. May be called again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#release();
    this.removeAllListeners();
  }

  /** What was begun before the port went is dropped: a code with a hole is worse than none. */
  #release(): void {
    if (this.#transport) this.#transport.onData = null;
    this.#transport = null;
    this.#cancelQuiet?.();
    this.#cancelQuiet = null;
    this.#receiver = this.#newReceiver();
    this.#garbage = 0;
    this.#heard = false;
    this.#last = null;
  }

  #onData(bytes: Uint8Array): void {
    this.#cancelQuiet?.();
    this.#cancelQuiet = null;
    const transport = this.#transport;
    this.#take(this.#receiver.push(bytes));
    // A listener may have closed the device.
    if (this.#transport !== transport) return;
    const { quietMs } = this.#receiver;
    if (quietMs === null) return;
    this.#cancelQuiet = this.#clock.after(quietMs, () => {
      this.#cancelQuiet = null;
      this.#take(this.#receiver.silence());
    });
  }

  #take({ codes, dropped }: ScanResult): void {
    for (const { reason, seen } of dropped) {
      this.#counters.dropped += 1;
      this.#garbage += garbageOf(reason, this.#heard);
      this.#onFrame?.('received', seen, { dropped: reason });
    }
    const transport = this.#transport;
    for (const code of codes) {
      this.#read(code);
      if (this.#transport !== transport) return;
    }
    if (dropped.length > 0) this.#tell();
  }

  #read({ text, symbology, seen }: ReadCode): void {
    this.#onFrame?.('received', seen, { symbology, length: text.length });
    const atMs = this.#clock.monotonicMs();
    const last = this.#last;
    const repeated = last?.text === text && last.symbology === symbology && atMs - last.atMs < BOUNCE_MS;
    this.#last = { text, symbology, atMs };
    this.#garbage = 0;
    this.#heard = true;
    this.#lastSeenAt = this.#clock.now();
    this.#counters[repeated ? 'repeats' : 'scans'] += 1;
    this.#tell();
    if (!repeated) this.emit('scan', { text, symbology, scannedAt: this.#lastSeenAt });
  }

  #describe(): DeviceStatus {
    const ranked = scannerState({
      port: this.#transport ? 'open' : this.#trouble,
      garbage: this.#garbage,
      heard: this.#heard,
    });
    const detail =
      this.#trouble?.detail ?? (ranked.state === 'wrong-settings' ? 'bytes arrive, but no codes' : undefined);
    return {
      ...ranked,
      ...(detail !== undefined && { detail }),
      ...(this.#lastSeenAt && { lastSeenAt: this.#lastSeenAt }),
      counters: { ...this.#counters },
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

/** A scanner in USB HID POS mode. */
export class HidScanner extends CodeScanner {
  constructor(parts: ScannerParts) {
    super(parts, () => new HidPosReceiver());
  }
}

/** A scanner on a serial line, a virtual one included. */
export class TextScanner extends CodeScanner {
  constructor(parts: ScannerParts) {
    super(parts, () => new TextScanReceiver());
  }
}
