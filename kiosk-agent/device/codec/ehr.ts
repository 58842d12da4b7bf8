/**
 * EHR/1, the HID reports of window evaluators (docs: evaluators §2). Pure: one report to one message and back, no time.
 * Byte 0 is the report id; all integers are little-endian.
 */
import { displayBytes, ELP_FAULTS, type ElpFault, type HostMessage } from './elp.ts';

const KEY_REPORT = 0x01;
const STATUS_REPORT = 0x02;
const COMMAND_REPORT = 0x10;
/** The FEATURE report that says who it is, and its length with the id. */
export const IDENTITY_REPORT = { id: 0x20, length: 32 } as const;
const IN_LENGTH = 16;
const OUT_LENGTH = 64;
const SERIAL = { from: 7, to: 31 } as const;

const OPERATIONS: Record<HostMessage['type'], number> = { OPEN: 1, SHUT: 2, SHOW: 3, SAY: 4, ACK: 5, WHO: 6 };
const REFUSALS = [null, 'arg', 'busy', 'session'] as const;

/** What every status report says beside its kind. */
type Status = {
  boot: string;
  uptimeS: number;
  /** an evaluation is open; which one is not told */
  open: boolean;
  faults: ElpFault[];
  /** presses that are not acknowledged */
  waiting: number;
};

/** The words are those of ELP/1; boot is eight upper-case hex digits. */
export type EhrMessage =
  | {
      type: 'KEY';
      boot: string;
      /** the low 16 bits of the press's number, all that the device sends */
      seq: number;
      session: number | null;
      /** decimal */
      code: string;
      ageMs: number;
      faults: ElpFault[];
    }
  | ({ type: 'HI' } & Status)
  | ({ type: 'ST' } & Status)
  | ({ type: 'OK'; n: number } & Status)
  | ({ type: 'NO'; n: number; why: 'arg' | 'busy' | 'session' } & Status);

export type EhrIdentity = {
  firmware: string;
  keys: number;
  voice: boolean;
  display: boolean;
  leds: boolean;
  serial: string;
};

export type EhrDropReason = 'unknown-report' | 'wrong-length' | 'not-zero' | 'bad-body';

/** One IN report as its message, or why it is none. */
export function readReport(report: Uint8Array): EhrMessage | EhrDropReason {
  const bytes = Buffer.from(report.buffer, report.byteOffset, report.length);
  const id = bytes[0];
  if (id !== KEY_REPORT && id !== STATUS_REPORT) return 'unknown-report';
  if (bytes.length !== IN_LENGTH) return 'wrong-length';
  return id === KEY_REPORT ? readKey(bytes) : readStatus(bytes);
}

function readKey(bytes: Buffer): EhrMessage | EhrDropReason {
  if (bytes[15] !== 0) return 'not-zero';
  return {
    type: 'KEY',
    boot: bootOf(bytes),
    seq: bytes.readUInt16LE(2),
    session: bytes.readUInt32LE(4) || null,
    code: String(bytes.readUInt8(1)),
    ageMs: bytes.readUInt16LE(12) * 100,
    faults: faultsOf(bytes.readUInt8(14)),
  };
}

function readStatus(bytes: Buffer): EhrMessage | EhrDropReason {
  const [kind, result, state] = [bytes.readUInt8(1), bytes.readUInt8(4), bytes.readUInt8(5)];
  const why = REFUSALS[result];
  if (kind > 2 || why === undefined || state > 1) return 'bad-body';
  const status: Status = {
    boot: bootOf(bytes),
    uptimeS: bytes.readUInt32LE(12),
    open: state === 1,
    faults: faultsOf(bytes.readUInt8(6)),
    waiting: bytes.readUInt8(7),
  };
  if (kind === 0) return { type: 'ST', ...status };
  if (kind === 2) return { type: 'HI', ...status };
  const n = bytes.readUInt16LE(2);
  return why === null ? { type: 'OK', n, ...status } : { type: 'NO', n, why, ...status };
}

function bootOf(bytes: Buffer): string {
  return bytes.readUInt32LE(8).toString(16).toUpperCase().padStart(8, '0');
}

function faultsOf(bits: number): ElpFault[] {
  return ELP_FAULTS.filter((_, bit) => (bits >> bit) & 1);
}

/** The identity report, or why it is none. A serial number has 1 to 24 printable ASCII characters. */
export function readIdentity(report: Uint8Array): EhrIdentity | EhrDropReason {
  const bytes = Buffer.from(report.buffer, report.byteOffset, report.length);
  if (bytes[0] !== IDENTITY_REPORT.id) return 'unknown-report';
  if (bytes.length !== IDENTITY_REPORT.length) return 'wrong-length';
  if (bytes[1] !== 1) return 'bad-body';
  const text = bytes.toString('latin1', SERIAL.from, SERIAL.to);
  const serial = text.split('\0', 1)[0] ?? '';
  if (bytes[31] !== 0 || text !== serial.padEnd(text.length, '\0')) return 'not-zero';
  if (!/^[\x20-\x7e]+$/.test(serial)) return 'bad-body';
  const capabilities = bytes.readUInt16LE(5);
  return {
    firmware: `${bytes.readUInt8(2)}.${bytes.readUInt8(3)}`,
    keys: bytes.readUInt8(4),
    voice: (capabilities & 1) !== 0,
    display: (capabilities & 2) !== 0,
    leds: (capabilities & 4) !== 0,
    serial,
  };
}

/** A host message as its OUT report of 64 bytes. Of the number of an acknowledged press the low 16 bits are sent. */
export function encodeEhr(message: HostMessage): Uint8Array {
  const report = Buffer.alloc(OUT_LENGTH);
  report.writeUInt8(COMMAND_REPORT, 0);
  report.writeUInt8(OPERATIONS[message.type], 1);
  if (message.type !== 'ACK') report.writeUInt16LE(message.n, 2);
  switch (message.type) {
    case 'OPEN':
      report.writeUInt32LE(message.session, 4);
      report.writeUInt16LE(message.seconds, 8);
      report.writeUInt8(message.voice, 10);
      break;
    case 'SHUT':
      report.writeUInt32LE(message.session, 4);
      break;
    case 'SHOW': {
      const text = displayBytes(message.text);
      report.writeUInt8(message.line, 4);
      report.writeUInt8(text.length, 5);
      text.copy(report, 6);
      break;
    }
    case 'SAY':
      report.writeUInt8(message.voice, 4);
      break;
    case 'ACK':
      report.writeUInt32LE(parseInt(message.boot, 16), 4);
      report.writeUInt16LE(message.seq % 0x1_0000, 8);
      break;
    case 'WHO':
      break;
  }
  return report;
}
