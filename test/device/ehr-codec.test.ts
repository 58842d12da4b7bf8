/** EHR/1 against vectors typed by hand from the page: the agent's codec and the simulator's, each for itself. */
import { describe, expect, it } from 'vitest';
import {
  describeReport,
  descriptor,
  identity as simIdentity,
  parseReport,
  reportWords,
} from '../../firmware-sim/evaluator-hid/report.ts';
import {
  encodeEhr,
  readIdentity,
  readReport,
  type EhrDropReason,
  type EhrIdentity,
  type EhrMessage,
} from '../../kiosk-agent/device/codec/ehr.ts';
import type { HostMessage } from '../../kiosk-agent/device/codec/elp.ts';
import vectors from '../vectors/ehr.json' with { type: 'json' };

const bytesOf = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const device = vectors.device as { hex: string; meaning: EhrMessage; why?: string }[];
const dropped = vectors.dropped as { hex: string; reason: EhrDropReason; why?: string }[];
const identity = vectors.identity as { hex: string; meaning: EhrIdentity; why?: string }[];
const identityDropped = vectors.identityDropped as { hex: string; reason: EhrDropReason; why?: string }[];
const host = vectors.host as { message: HostMessage; hex: string; why?: string }[];
const name = (each: { hex: string; why?: string }): string => each.why ?? (each.hex || 'nothing');

describe('a report of the device', () => {
  it.each(device.map((each) => [name(each), each] as const))('%s', (_name, { hex, meaning }) => {
    expect(readReport(bytesOf(hex))).toEqual(meaning);
  });

  it.each(device.map((each) => [name(each), each] as const))(
    'cut anywhere is dropped: %s',
    (_name, { hex }) => {
      const whole = bytesOf(hex);
      for (let length = 0; length < whole.length; length++)
        expect(readReport(whole.subarray(0, length))).toBe(length === 0 ? 'unknown-report' : 'wrong-length');
    },
  );

  it('is read where it stands in a larger buffer', () => {
    const [first] = device;
    const report = bytesOf(first?.hex ?? '');
    const larger = Buffer.alloc(100, 0xee);
    larger.set(report, 33);
    expect(readReport(larger.subarray(33, 33 + report.length))).toEqual(first?.meaning);
  });

  it.each(dropped.map((each) => [name(each), each] as const))('is dropped: %s', (_name, { hex, reason }) => {
    expect(readReport(bytesOf(hex))).toBe(reason);
  });
});

describe('the identity', () => {
  it.each(identity.map((each) => [name(each), each] as const))('%s', (_name, { hex, meaning }) => {
    expect(readIdentity(bytesOf(hex))).toEqual(meaning);
    const whole = bytesOf(hex);
    for (let length = 0; length < whole.length; length++)
      expect(readIdentity(whole.subarray(0, length))).toBe(length === 0 ? 'unknown-report' : 'wrong-length');
  });

  it.each(identityDropped.map((each) => [name(each), each] as const))(
    'is dropped: %s',
    (_name, { hex, reason }) => {
      expect(readIdentity(bytesOf(hex))).toBe(reason);
    },
  );
});

describe('a report to the device', () => {
  const padded = (hex: string) => Buffer.concat([bytesOf(hex), Buffer.alloc(64)]).subarray(0, 64);

  it.each(host.map((each) => [JSON.stringify(each.message), each] as const))(
    '%s is 64 bytes with its zeros',
    (_name, { message, hex }) => {
      expect(Buffer.from(encodeEhr(message)).toString('hex')).toBe(padded(hex).toString('hex'));
    },
  );

  it('shows at most 24 bytes, cut between characters', () => {
    const report = encodeEhr({ type: 'SHOW', n: 1, line: 1, text: 'A' + '评'.repeat(20) });
    expect([report[5], report[6], report[6 + 23]]).toEqual([23, 0x41, 0]);
  });

  it.each(host.map((each) => [JSON.stringify(each.message), each] as const))(
    'is understood by the simulator: %s',
    (_name, { message, hex }) => {
      const { type, ...said } = message;
      const low = message.type === 'ACK' ? { seq: message.seq % 65_536 } : {};
      expect(parseReport(padded(hex))).toEqual({ name: type, ...said, ...low });
    },
  );
});

describe('the simulator', () => {
  it('has the descriptor of the page', () => {
    expect(descriptor).toHaveLength(47);
    expect(Buffer.from(descriptor).toString('hex').toUpperCase()).toBe(
      vectors.descriptor.replaceAll(' ', ''),
    );
  });

  it('says each message as the page does', () => {
    const facts = { boot: '1A2B3C4D', uptimeSeconds: 5, session: 0, faultBits: 0, pressesWaiting: 0 };
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
    expect([
      hex(reportWords.key({ seq: 1, session: 7, code: 5, at: 0, sendAt: 0 }, 99, facts)),
      hex(reportWords.heartbeat(facts)),
      hex(reportWords.answer(256, 'session', { ...facts, faultBits: 1, uptimeSeconds: 1 })),
      hex(reportWords.answer(12345, undefined, { ...facts, session: 9, uptimeSeconds: 10_000 })),
      hex(reportWords.hello({ ...facts, boot: '12345678', uptimeSeconds: 0, pressesWaiting: 3 })),
      hex(simIdentity({ serial: 'EV0042', firmware: '2.11' })),
    ]).toEqual(
      [device[0], device[4], device[10], device[7], device[11], identity[0]].map((each) =>
        (each?.hex ?? '').replaceAll(' ', ''),
      ),
    );
    // Older than the field can say: as old as it can say.
    expect(
      hex(reportWords.key({ seq: 1, session: 7, code: 5, at: 0, sendAt: 0 }, 7_000_000, facts)),
    ).toContain('FFFF0000');
  });

  it.each([
    ['another length', '10 06 0000 00', { name: 'unknown' }],
    ['another report', `11 06 0000 ${'00'.repeat(60)}`, { name: 'unknown' }],
    ['an unknown operation', `10 07 0100 ${'00'.repeat(60)}`, { name: 'refused', n: 1 }],
    ['session 0', `10 01 0100 00000000 1E00 02 ${'00'.repeat(53)}`, { name: 'refused', n: 1 }],
    ['0 seconds', `10 01 0100 07000000 0000 02 ${'00'.repeat(53)}`, { name: 'refused', n: 1 }],
    ['voice 1 for OPEN', `10 01 0100 07000000 1E00 01 ${'00'.repeat(53)}`, { name: 'refused', n: 1 }],
    ['voice 5', `10 04 0100 05 ${'00'.repeat(59)}`, { name: 'refused', n: 1 }],
    ['line 3', `10 03 0100 03 01 41 ${'00'.repeat(57)}`, { name: 'refused', n: 1 }],
    ['half a character', `10 03 0100 01 01 C7 ${'00'.repeat(57)}`, { name: 'refused', n: 1 }],
    ['something behind the payload', `10 02 0100 07000000 ${'00'.repeat(55)} 01`, { name: 'refused', n: 1 }],
  ])('refuses %s', (_name, hex, command) => {
    expect(parseReport(bytesOf(hex))).toEqual(command);
    expect(describeReport(bytesOf(hex))).toContain(command.name);
  });
});
