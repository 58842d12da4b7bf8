/** Replayed HID devices: whole reports, features, and numbers that the host draws afresh. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Capture } from '../../firmware-sim/replay/capture.ts';
import { startReplay } from '../../firmware-sim/replay/replay.ts';
import { bytesOf, captureOf } from './capture-of.ts';

async function plug(capture: Capture) {
  const replay = await startReplay({ capture, port: 'socket', speed: Infinity, patienceMs: 3_000 });
  onTestFinished(() => replay.close());
  const { socket } = replay;
  const entry = socket?.list()[0];
  if (!socket || !entry) throw new Error('nothing is plugged in');
  const heard: string[] = [];
  const host = socket.open(entry.path, {
    onReport: (report) => heard.push(Buffer.from(report).toString('hex')),
    onUnplugged: () => heard.push('unplugged'),
  });
  if (!host) throw new Error('it could not be opened');
  return { replay, entry, host, heard };
}

const padded = (hex: string, length: number) => {
  const bytes = Buffer.alloc(length);
  bytesOf(hex).copy(bytes);
  return bytes.toString('hex');
};
/** evaluators §2 */
const WHO = (n: string) => padded(`10 06 ${n}`, 64);
const OPEN = (n: string, session: string) => padded(`10 01 ${n} ${session} 1E 00 02`, 64);
const ACK = padded('10 05 00 00 CD AB 00 00 01 00', 64);
const HELLO = '02 02 00 00 00 00 00 00 CD AB 00 00 05 00 00 00';
const OK = (n: string) => `02 01 ${n} 00 01 00 00 CD AB 00 00 06 00 00 00`;
const KEY = (session: string) => `01 05 01 00 ${session} CD AB 00 00 00 00 00 00`;
const IDENTITY = padded('20 01 01 00 05 07 00 53 31', 32);
const plain = (hex: string) => bytesOf(hex).toString('hex');

const visit: Capture = captureOf('ehr1', 'evaluator', [
  [1, 'out', WHO('07 00')],
  [2, 'in', HELLO],
  [3, 'in', IDENTITY],
  [4, 'out', OPEN('08 00', '11 00 00 00')],
  [5, 'in', OK('08 00')],
  [6, 'in', KEY('11 00 00 00')],
  [7, 'out', ACK],
]);
visit.head.port = 'hid:1209:0001:S1';

describe('a replayed EHR/1 evaluator', () => {
  it('is what the capture’s port says, and answers with the numbers of now', async () => {
    const { replay, entry, host, heard } = await plug(visit);
    expect(entry).toMatchObject({
      vendorId: 0x1209,
      productId: 1,
      serial: 'S1',
      usagePage: 0xff00,
      usage: 1,
    });
    host.write(bytesOf(WHO('34 12')));
    expect(Buffer.from((await host.getFeature(0x20)) ?? []).toString('hex')).toBe(IDENTITY);
    expect(await host.getFeature(0x21)).toBeNull();
    host.write(bytesOf(OPEN('35 12', '00 00 00 80')));
    await expect.poll(() => heard).toEqual([plain(HELLO), plain(OK('35 12')), plain(KEY('00 00 00 80'))]);
    host.write(bytesOf(ACK));
    expect(await replay.done).toMatchObject({ end: 'played', hostFramesHeard: 3, greeted: false });
  });

  it('takes only whole reports', async () => {
    const { replay, host } = await plug(visit);
    host.write(bytesOf(WHO('34 12')).subarray(0, 63));
    expect(await replay.done).toMatchObject({ end: 'different', differences: [{ line: 2, offset: 63 }] });
  });

  it('whose capture begins behind the introduction greets with a made-up name', async () => {
    const { replay, host, heard } = await plug(
      captureOf('ehr1', 'evaluator', [
        [6, 'in', KEY('00 00 00 00')],
        [7, 'out', ACK],
      ]),
    );
    host.write(bytesOf(WHO('34 12')));
    await expect
      .poll(() => [...heard].sort())
      .toEqual([plain(KEY('00 00 00 00')), plain('02 02 00 00 00 00 00 00 CD AB 00 00 00 00 00 00')]);
    const identity = Buffer.from((await host.getFeature(0x20)) ?? []);
    expect(identity.toString('latin1', 7, 13)).toBe('REPLAY');
    host.write(bytesOf(ACK));
    expect(await replay.done).toMatchObject({ end: 'played', greeted: true });
  });
});

describe('a replayed USB scanner', () => {
  it('does not wait for the host’s enabling, which no port hands on', async () => {
    const report = padded('02 04 5D 51 31 41 30 30 31', 64);
    const { replay, heard } = await plug(
      captureOf('scanner-hid', 'scanner', [
        [1, 'out', 'FE 01'],
        [2, 'in', report],
      ]),
    );
    await expect.poll(() => heard).toEqual([report]);
    expect((await replay.done).end).toBe('played');
  });
});
