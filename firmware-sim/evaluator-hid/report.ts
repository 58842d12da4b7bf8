import { type Command, displayText } from '../evaluator-line/command.ts';
import type { EvaluatorFacts, EvaluatorWords, Refusal } from '../evaluator/hardware.ts';

/** Report descriptor of EHR/1, 47 bytes (evaluators.md §2). */
export const descriptor = Uint8Array.from(
  Buffer.from(
    `06 00 FF 09 01 A1 01 15 00 26 FF 00 75 08
     85 01 09 02 95 0F 81 02   85 02 09 03 95 0F 81 02
     85 10 09 04 95 3F 91 02   85 20 09 05 95 1F B1 02 C0`.replace(/\s+/g, ''),
    'hex',
  ),
);

const keyReport = 0x01;
const statusReport = 0x02;
const commandReport = 0x10;
export const identityReport = 0x20;

const kind = { heartbeat: 0, answer: 1, hello: 2 } as const;
const result: Record<Refusal, number> = { arg: 1, busy: 2, session: 3 };

function status(what: number, n: number, outcome: number, facts: EvaluatorFacts): Uint8Array {
  const report = Buffer.alloc(16);
  report[0] = statusReport;
  report[1] = what;
  report.writeUInt16LE(n, 2);
  report[4] = outcome;
  report[5] = facts.session === 0 ? 0 : 1;
  report[6] = facts.faultBits;
  report[7] = facts.pressesWaiting;
  report.writeUInt32LE(Number.parseInt(facts.boot, 16), 8);
  report.writeUInt32LE(facts.uptimeSeconds, 12);
  return report;
}

/** IN reports 01 and 02, 16 bytes each. */
export const reportWords: EvaluatorWords<Uint8Array> = {
  hello: (facts) => status(kind.hello, 0, 0, facts),
  heartbeat: (facts) => status(kind.heartbeat, 0, 0, facts),
  answer: (n, why, facts) => status(kind.answer, n, why ? result[why] : 0, facts),
  key(press, ageMs, facts) {
    const report = Buffer.alloc(16);
    report[0] = keyReport;
    report[1] = press.code;
    report.writeUInt16LE(press.seq, 2);
    report.writeUInt32LE(press.session, 4);
    report.writeUInt32LE(Number.parseInt(facts.boot, 16), 8);
    // Tenths of a second; what is older than the field can say is as old as it can say.
    report.writeUInt16LE(Math.min(Math.floor(ageMs / 100), 0xffff), 12);
    report[14] = facts.faultBits;
    return report;
  },
  lastSeq: 0xffff,
};

/** FEATURE report 20, 32 bytes. */
export function identity({ serial, firmware }: { serial: string; firmware: string }): Uint8Array {
  const [major, minor] = firmware.split('.').map(Number);
  const report = Buffer.alloc(32);
  report[0] = identityReport;
  report[1] = 1;
  report[2] = major ?? 0;
  report[3] = minor ?? 0;
  report[4] = 5;
  report.writeUInt16LE(0b111, 5);
  report.write(serial, 7, 24, 'latin1');
  return report;
}

/** Reads OUT report 10, 64 bytes; arguments and zero padding are checked strictly. */
export function parseReport(bytes: Uint8Array): Command {
  const report = Buffer.from(bytes);
  if (report.length !== 64 || report[0] !== commandReport) return { name: 'unknown' };
  const n = report.readUInt16LE(2);
  const refused: Command = { name: 'refused', n };
  const endsAt = (end: number) => report.subarray(end).every((byte) => byte === 0);
  switch (report[1]) {
    case 1: {
      const [session, seconds, voice] = [report.readUInt32LE(4), report.readUInt16LE(8), report[10]];
      if (!session || !seconds || (voice !== 0 && voice !== 2) || !endsAt(11)) return refused;
      return { name: 'OPEN', n, session, seconds, voice };
    }
    case 2: {
      const session = report.readUInt32LE(4);
      return session && endsAt(8) ? { name: 'SHUT', n, session } : refused;
    }
    case 3: {
      const [line, length] = [report[4], report[5] ?? 0];
      const text = displayText(report.subarray(6, 6 + length).toString('hex'));
      if ((line !== 1 && line !== 2) || text === undefined || !endsAt(6 + length)) return refused;
      return { name: 'SHOW', n, line, text };
    }
    case 4: {
      const voice = report[4];
      if ((voice !== 1 && voice !== 2 && voice !== 3 && voice !== 4) || !endsAt(5)) return refused;
      return { name: 'SAY', n, voice };
    }
    case 5: {
      const boot = report.readUInt32LE(4).toString(16).toUpperCase().padStart(8, '0');
      return endsAt(10) ? { name: 'ACK', boot, seq: report.readUInt16LE(8) } : { name: 'unknown' };
    }
    case 6:
      return endsAt(4) ? { name: 'WHO', n } : refused;
    default:
      return refused;
  }
}

/** A report in the words of the wire view. */
export function describeReport(bytes: Uint8Array): string {
  const report = Buffer.from(bytes);
  if (report[0] === keyReport && report.length === 16)
    return `key ${report[1]} seq ${report.readUInt16LE(2)} session ${report.readUInt32LE(4) || '-'} age ${report.readUInt16LE(12) * 100}`;
  if (report[0] === statusReport && report.length === 16) {
    const what = ['heartbeat', `answer ${report.readUInt16LE(2)}: ${report[4]}`, 'hello'][report[1] ?? 0];
    return `${what} ${report[5] ? 'open' : 'idle'} waiting ${report[7]} faults ${report[6]}`;
  }
  const command = parseReport(report);
  const { name, ...rest } = command;
  return [name, ...Object.values(rest)].join(' ');
}
