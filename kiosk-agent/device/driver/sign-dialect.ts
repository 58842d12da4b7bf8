/** What differs between the protocols of signs: how a text looks on the wire, and how a sign says what it shows. */
import {
  crc16,
  encodeStrip,
  stripText,
  StripReceiver,
  type StripCommand,
  type StripMessage,
} from '../codec/strip.ts';
import { encodeXunpeng, XunpengReceiver, xunpengNumber, type XunpengMessage } from '../codec/xunpeng.ts';

export type SignAnswer =
  /** `shows`: what stands on it, as `Face.key`; undefined when the answer does not say */
  | { kind: 'done'; shows?: number; fault: 'sign-panel' | null; notes: string[] }
  | { kind: 'busy' }
  /** it cannot or will not do this; asking again is of no use */
  | { kind: 'refused' };

/** A text in the sign's own words; null stands for a dark sign. Two faces with one key look the same. */
export type Face = { key: number; text: string | null };

export type SignQuestion = { bytes: Uint8Array; decoded: unknown };
export type SignMessage = StripMessage | XunpengMessage;
export type SignReceived = {
  frames: { message: SignMessage; bytes: Uint8Array }[];
  dropped: { reason: string; bytes: Uint8Array }[];
};

/** `seq` makes a question itself: a try again has the same. */
export interface SignDialect {
  receiver(): { push(bytes: Uint8Array): SignReceived; silence(): SignReceived['dropped'] };
  face(text: string | null): Face;
  show(address: number | null, seq: number, face: Face): SignQuestion;
  /** null: this sign cannot flash */
  flash(address: number | null, seq: number, seconds: number): SignQuestion | null;
  /** Asks whether it is there, and what it shows. */
  look(address: number | null, seq: number, face: Face): SignQuestion;
  /** The answer to `question` in a message; null: it is none, but an echo, or a late one to another question. */
  answerIn(question: SignQuestion, message: SignMessage): SignAnswer | null;
  /** how often it is looked at, ms */
  lookEveryMs: number;
  /** how long a face change must have been flashing at the most, s */
  maxFlashS: number;
}

const DARK = 0xffff;
const FIRST_LINE = 1;
const RED = 1;

export function stripDialect(columns: number): SignDialect {
  const ask = (address: number | null, seq: number, command: StripCommand): SignQuestion => ({
    bytes: encodeStrip(address ?? 1, seq, command),
    decoded: { address: address ?? 1, seq, command },
  });
  return {
    lookEveryMs: 2_000,
    maxFlashS: 255,
    receiver: () => new StripReceiver(),
    face(text) {
      const bytes = text === null ? new Uint8Array() : stripText(text);
      return bytes.length === 0 ? { key: DARK, text: null } : { key: crc16(bytes), text };
    },
    show(address, seq, face) {
      if (face.text === null) return ask(address, seq, { type: 'clear', line: 0 });
      const text = stripText(face.text);
      const mode = text.length > columns ? 'runs' : 'still';
      return ask(address, seq, { type: 'text', line: FIRST_LINE, mode, colour: RED, stay: 0, text });
    },
    flash: (address, seq, seconds) => ask(address, seq, { type: 'flash', line: FIRST_LINE, seconds }),
    look: (address, seq) => ask(address, seq, { type: 'status' }),
    answerIn(question, message) {
      const asked = question.decoded as { address: number; seq: number; command: StripCommand };
      if (message.type !== 'reply' || !('code' in message)) return null;
      if (message.address !== asked.address || message.seq !== asked.seq) return null;
      if (message.command !== asked.command.type) return null;
      switch (message.code) {
        case 'done': {
          const { status } = message;
          const fault = status?.faults.includes('panel') ? 'sign-panel' : null;
          const notes = status?.faults.includes('too-hot') ? ['too-hot'] : [];
          return { kind: 'done', fault, notes, ...(status && { shows: status.shown }) };
        }
        case 'busy':
          return { kind: 'busy' };
        case 'panel-fault':
          return { kind: 'done', fault: 'sign-panel', notes: [] };
        case 'no-such-command':
        case 'wrong-data':
          return { kind: 'refused' };
      }
    },
  };
}

/** Shows a number only. It is told again and again: its reply is the only sign of life. */
export function xunpengDialect(): SignDialect {
  const ask = (address: number | null, face: Face): SignQuestion => {
    const decoded = { colour: 'red', number: face.key, info: address ?? 1 } as const;
    return { bytes: encodeXunpeng(decoded), decoded };
  };
  return {
    lookEveryMs: 5_000,
    maxFlashS: 0,
    receiver: () => new XunpengReceiver(),
    face: (text) => ({ key: xunpengNumber(text ?? ''), text }),
    show: (address, _seq, face) => ask(address, face),
    flash: () => null,
    look: (address, _seq, face) => ask(address, face),
    answerIn(question, message) {
      const asked = question.decoded as { colour: string; number: number; info: number };
      if (message.type !== 'reply' || !('number' in message)) return null;
      const same = message.number === asked.number && message.info === asked.info;
      return same ? { kind: 'done', shows: message.number, fault: null, notes: [] } : null;
    },
  };
}
