/** What the rest of the agent knows of devices: their meaning, not their bytes. */
import type { EventEmitter } from 'node:events';
import type { PaperFault } from '../../contract/events.ts';
import type { DeviceStateName } from '../../contract/live.ts';

/** Public status of a device: one closed union, ranked in one function per driver. */
export type DeviceStatus = {
  state: DeviceStateName;
  /** code of the fault in state `faulted`, e.g. paper-out, stuck-key */
  fault?: string;
  /** not faults, e.g. paper-near-end, low-voltage */
  notes: string[];
  /** what stopped it, in the words of the operating system or the device, for the log */
  detail?: string;
  serial?: string;
  firmware?: string;
  lastSeenAt?: Date;
  counters: Record<string, number>;
};

/** Voices an evaluator can be asked for (evaluators.md §1, SAY). */
export type Voice = 'none' | 'welcome' | 'please-rate' | 'thank-you' | 'window-closed';

/** A key press as the device reports it; repeated by the device until acknowledged. */
export type Press = {
  /** what makes this press itself for ever */
  serial: string;
  boot: string;
  seq: number;
  /** session that was open on the device, null for none */
  session: number | null;
  /** raw key code, mapped to a level by the model's key map, never here */
  code: string;
  /** ms from the press to this sending */
  ageMs: number;
  receivedAt: Date;
};

export type CommandResult = { ok: true } | { ok: false; why: 'away' | 'silent' | 'arg' | 'busy' | 'session' };

type DriverEvents = {
  /** the status changed: from → to */
  status: [from: DeviceStatus, to: DeviceStatus];
};
export type EvaluatorEvents = DriverEvents & {
  press: [press: Press];
  /** the device is there (again), with no session open: open what should be open */
  appeared: [];
};

/** Five keys at a window. */
export interface Evaluator extends EventEmitter<EvaluatorEvents> {
  readonly id: string;
  readonly kind: 'evaluator';
  readonly status: DeviceStatus;
  /** Lights the keys for `seconds` [1…3600]; an open session is replaced. */
  open(session: number, seconds: number, voice: Voice): Promise<CommandResult>;
  shut(session: number): Promise<CommandResult>;
  say(voice: Voice): Promise<CommandResult>;
  show(line: 1 | 2, text: string): Promise<CommandResult>;
  /** This press is on disk: the device may forget it and say thank you. Never called before. */
  acknowledge(press: Pick<Press, 'boot' | 'seq'>): void;
  close(): Promise<void>;
}

/** The fate of a sheet of paper. `unconfirmed`: bytes were sent and nobody can say what became of them. */
export type PrintOutcome =
  | { outcome: 'printed'; confirmedBy: 'process-id' | 'barrier' }
  | { outcome: 'failed'; why: PaperFault; bytesSent: number }
  | { outcome: 'unconfirmed'; why: PaperFault; bytesSent: number };

/** A ticket printer; one job at a time, in order. */
export interface TicketPrinter extends EventEmitter<DriverEvents> {
  readonly id: string;
  readonly kind: 'printer';
  readonly status: DeviceStatus;
  /** columns of the paper: 48 (80 mm) or 32 (58 mm) */
  readonly columns: 48 | 32;
  /** Prints `bytes` (a whole ticket with its cut) and waits for its fate, 10 s at the most after the last byte. */
  print(bytes: Uint8Array): Promise<PrintOutcome>;
  close(): Promise<void>;
}

export type Device = Evaluator | TicketPrinter;
