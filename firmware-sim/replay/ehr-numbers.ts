/** EHR/1: n and the session are the host's own (evaluators §2). Reports are whole and have no checksum. */
import { identity } from '../evaluator-hid/report.ts';
import type { CaptureLine } from './capture.ts';
import { compareBytes, createNumberMap, madeUpSerial, type Numbers } from './numbers.ts';

const commandReport = 0x10;
const keyReport = 0x01;
const statusReport = 0x02;
const op = { open: 1, shut: 2, acknowledge: 5, who: 6 } as const;
const answered = 1;
const hello = 2;
const numberAt = 2;
const sessionAt = 4;
const bootAt = 8;

/** The identity of a device whose capture does not have it. */
export const madeUpIdentity = identity({ serial: madeUpSerial, firmware: '0.0' });

/** A capture that was begun beside a running agent has neither question nor greeting; the boot stands in every report. */
function greetingOf(lines: readonly CaptureLine[]): Pick<Numbers, 'greeting'> {
  const isWho = (bytes: Uint8Array) => bytes[0] === commandReport && bytes[1] === op.who;
  const isHello = (bytes: Uint8Array) => bytes[0] === statusReport && bytes[1] === hello;
  if (lines.some(({ dir, bytes }) => (dir === 'out' ? isWho(bytes) : isHello(bytes)))) return {};
  const said = lines.find(({ dir, bytes }) => dir === 'in' && bytes.length === 16);
  const answer = Buffer.alloc(16);
  answer.set([statusReport, hello]);
  if (said) answer.set(said.bytes.subarray(bootAt, bootAt + 4), bootAt);
  return { greeting: (heard) => (isWho(heard) ? { length: heard.length, answer } : undefined) };
}

/** `lines`: all of the capture. */
export function createEhrNumbers(lines: readonly CaptureLine[]): Numbers {
  const numbers = createNumberMap();
  const sessions = createNumberMap();

  return {
    ...greetingOf(lines),
    compare({ bytes }, heard) {
      const then = Buffer.from(bytes);
      const now = Buffer.from(heard);
      if (then[0] !== commandReport || then.length < 8) return compareBytes(bytes, heard);
      if (now.length !== then.length) return { is: 'different', at: Math.min(now.length, then.length) };
      const hasNumber = then[1] !== op.acknowledge;
      const hasSession = then[1] === op.open || then[1] === op.shut;
      const expected = Buffer.from(then);
      if (hasNumber) now.copy(expected, numberAt, numberAt, numberAt + 2);
      if (hasSession) now.copy(expected, sessionAt, sessionAt, sessionAt + 4);
      const [n, m] = [then.readUInt16LE(numberAt), now.readUInt16LE(numberAt)];
      const [s, r] = [then.readUInt32LE(sessionAt), now.readUInt32LE(sessionAt)];
      if (hasNumber && !numbers.fits(n, m)) return { is: 'different', at: numberAt };
      if (hasSession && !sessions.fits(s, r)) return { is: 'different', at: sessionAt };
      return compareBytes(expected, now, () => {
        if (hasNumber) numbers.learn(n, m);
        if (hasSession) sessions.learn(s, r);
      });
    },
    answer({ bytes }) {
      const report = Buffer.from(bytes);
      if (report.length !== 16) return report;
      if (report[0] === statusReport && report[1] === answered)
        report.writeUInt16LE(numbers.of(report.readUInt16LE(numberAt)), numberAt);
      const session = report.readUInt32LE(sessionAt);
      if (report[0] === keyReport && session !== 0) report.writeUInt32LE(sessions.of(session), sessionAt);
      return report;
    },
  };
}
