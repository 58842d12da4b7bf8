/** What the rest of the agent knows of devices: their meaning, not their bytes. */
import type { EventEmitter } from 'node:events';
import type { PadAction } from '../../contract/devices.ts';
import type { PaperFault, PersonRef } from '../../contract/events.ts';
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
export const VOICES = ['none', 'welcome', 'please-rate', 'thank-you', 'window-closed'] as const;
export type Voice = (typeof VOICES)[number];

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

/** A clerk's key; repeated by the pad until it is acknowledged, where the model can. */
export type PadKey = {
  /** counts this pad's keys since the driver was made; a repeat on the wire is no key of its own */
  seq: number;
  /** hex digits as on the wire */
  code: string;
  /** null: the model gives this code no meaning */
  action: PadAction | null;
  receivedAt: Date;
};

export type CallPadEvents = DriverEvents & { key: [key: PadKey] };

/** Keys for a clerk. */
export interface CallPad extends EventEmitter<CallPadEvents> {
  readonly id: string;
  readonly kind: 'pad';
  readonly status: DeviceStatus;
  /** The key was acted upon (or refused by the rules) and what came of it is on disk. */
  acknowledge(key: Pick<PadKey, 'seq'>): void;
  /** The pad's own display: how many wait [0…999] and the digits of the ticket at the window; null clears. A pad without one answers `arg`. */
  display(waiting: number, ticket: string | null): Promise<CommandResult>;
  /** Says that a key was refused. A pad without a beeper answers `arg`. */
  beep(): Promise<CommandResult>;
  close(): Promise<void>;
}

/** A number or text that was read, without what identifies a person in clear. */
export type CardKind = 'citizen' | 'hong-kong-macau-taiwan' | 'foreigner';
export type CardRead = {
  kind: CardKind;
  /** keyed hash of this year, and the number with all but its first 3 and last 4 characters replaced by `*` */
  person: PersonRef;
  /** by this year's key and last year's: who came in December is known in January */
  hashes: string[];
  /** first character (family name) and a `*` for each other: 张** */
  maskedName: string;
  /** last day on which the card is valid; null for one that never expires (长期) */
  validUntil: string | null;
  readAt: Date;
};

export type IdReaderEvents = DriverEvents & {
  card: [card: CardRead];
  /** a card lay there and could not be read; `why` is a code that advice.ts knows */
  unreadable: [why: CardFault];
};
export const CARD_FAULTS = [
  'card-moved',
  'card-not-readable',
  'card-wrong-check-digit',
  'card-unknown-layout',
] as const;
export type CardFault = (typeof CARD_FAULTS)[number];

/** Reads identity cards. It looks for cards all the time; a card is read once, until it has been lifted. */
export interface IdReader extends EventEmitter<IdReaderEvents> {
  readonly id: string;
  readonly kind: 'reader';
  readonly status: DeviceStatus;
  close(): Promise<void>;
}

export type Scan = {
  text: string;
  /** AIM identifier as `]Q1`; null where the scanner sends none */
  symbology: string | null;
  scannedAt: Date;
};
export type ScannerEvents = DriverEvents & { scan: [scan: Scan] };

/** Reads bar codes and QR codes. */
export interface Scanner extends EventEmitter<ScannerEvents> {
  readonly id: string;
  readonly kind: 'scanner';
  readonly status: DeviceStatus;
  close(): Promise<void>;
}

/** What a window's sign shows; a call stands before a notice whatever came later. */
export type SignText = {
  /** `call` replaces a notice; a notice waits until the call is cleared */
  priority: 'call' | 'notice';
  text: string;
  /** flash it for so long, then steady; 0: steady at once */
  flashS: number;
};

/** A strip of lights over a window. */
export interface Sign extends EventEmitter<DriverEvents> {
  readonly id: string;
  readonly kind: 'sign';
  readonly status: DeviceStatus;
  /** Takes the text of a priority; null takes it away. Kept, and shown again when the sign comes back. */
  show(priority: SignText['priority'], text: SignText | null): void;
  close(): Promise<void>;
}

/** The fate of a sheet of paper. `unconfirmed`: bytes were sent and nobody can say what became of them. */
export type PrintOutcome =
  | { outcome: 'printed'; confirmedBy: 'process-id' | 'barrier' }
  | { outcome: 'failed'; why: PaperFault; bytesSent: number }
  | { outcome: 'unconfirmed'; why: PaperFault; bytesSent: number };

/** Which ticket a sheet is for. A printer on another computer needs it: the same `job` is never printed twice. */
export type SheetOfTicket = { job: string; ticketId: string; number: string; idempotencyKey?: string };

/** A ticket printer; one job at a time, in order. */
export interface TicketPrinter extends EventEmitter<DriverEvents> {
  readonly id: string;
  readonly kind: 'printer';
  readonly status: DeviceStatus;
  /** columns of the paper: 48 (80 mm) or 32 (58 mm) */
  readonly columns: 48 | 32;
  /** Prints `bytes` (a whole ticket with its cut) and waits for its fate, 10 s at the most after the last byte. */
  print(bytes: Uint8Array, sheet?: SheetOfTicket): Promise<PrintOutcome>;
  close(): Promise<void>;
}

export type Device = Evaluator | CallPad | TicketPrinter | IdReader | Scanner | Sign;
