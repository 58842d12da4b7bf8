/** The simulated FF68 bus keeps to the page: frames, repetition, strictness, and what pads and evaluators show. */
import { connect, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { startFf68Bus, type Ff68BusOptions } from '../../firmware-sim/ff68/bus.ts';
import { createFf68Receiver, encodeFf68, spoilFf68 } from '../../firmware-sim/ff68/frame.ts';
import { createFf68Device } from '../../firmware-sim/ff68/machine.ts';
import { until } from '../device/manual-clock.ts';

const vectors = JSON.parse(readFileSync(new URL('../vectors/frames.json', import.meta.url), 'utf8')) as {
  keys: { model: unknown; hex: string; role: string; address: number; code: string }[];
  host: { model: unknown; hex: string; role: string; address: number }[];
};
const ff68 = <V extends { model: unknown }>(rows: V[]) => rows.filter(({ model }) => model === 'ff68');
const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const hexOf = (bytes: Uint8Array) =>
  [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function started(options: Partial<Ff68BusOptions> = {}) {
  const bus = await startFf68Bus({ port: 'tcp:0', addresses: { 1: 'pad', 2: 'evaluator' }, ...options });
  undo.push(() => bus.close());
  return bus;
}
async function host(bus: { port: string }): Promise<{ socket: Socket; received: () => string }> {
  const [, name = '', number = ''] = bus.port.split(':');
  const socket = connect(Number(number), name);
  const bytes: Buffer[] = [];
  socket.on('data', (piece) => bytes.push(piece));
  undo.push(() => socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, received: () => hexOf(Buffer.concat(bytes)) };
}
const times = (text: string, part: string) => text.split(part).length - 1;
const CALL = 'FF 68 03 03 68 01 01 0C 0E 16';

describe('an FF68 frame of the simulator', () => {
  it.each(ff68(vectors.keys))('is $hex', ({ hex, role, address, code }) => {
    const data = [...bytesOf(code)];
    expect(hexOf(encodeFf68({ address, command: role === 'pad' ? 1 : 0x11, data }))).toBe(hex);
  });

  it.each(ff68([...vectors.keys, ...vectors.host]))('is read, cut at any byte: $hex', ({ hex, address }) => {
    const bytes = bytesOf(hex);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const receiver = createFf68Receiver();
      const messages = [
        ...receiver.receive(bytes.subarray(0, cut)),
        ...receiver.receive(bytes.subarray(cut)),
      ];
      expect(messages).toHaveLength(1);
      expect(messages[0]?.address).toBe(address);
      expect(receiver.dropped.bytes).toBe(0);
    }
  });

  it('with a wrong sum is dropped and counted, and the next one is taken', () => {
    const receiver = createFf68Receiver();
    expect(receiver.receive(Buffer.concat([spoilFf68(bytesOf(CALL)), bytesOf(CALL)]))).toHaveLength(1);
    expect(receiver.dropped).toEqual({ bytes: 10, sum: 1 });
  });
});

describe('a pad', () => {
  it('takes nothing but its own frame for an acknowledgement', () => {
    const pad = createFf68Device(1, 'pad');
    pad.press([0x06, 0x0f]);
    pad.receive({ address: 1, command: 1, data: [0x0f] });
    pad.receive({ address: 1, command: 1, data: [0x07, 0x0f] });
    expect(pad.frame()).not.toBeNull();
    expect(pad.state().unknown).toBe(2);
    pad.receive({ address: 1, command: 1, data: [0x06, 0x0f] });
    expect(pad.frame()).toBeNull();
    expect(pad.state().acknowledged).toBe(1);
  });

  it('shows six digits, blanks as blanks, and nothing that is no digit', () => {
    const pad = createFf68Device(1, 'pad');
    pad.receive({ address: 1, command: 2, data: [10, 1, 2, 0, 2, 3] });
    expect(pad.state()).toMatchObject({ display: { waiting: ' 12', ticket: '023' } });
    pad.receive({ address: 1, command: 2, data: [10, 1, 2, 0, 2, 11] });
    pad.receive({ address: 1, command: 2, data: [1, 2, 0, 2, 1] });
    expect(pad.state()).toMatchObject({ display: { waiting: ' 12', ticket: '023' }, unknown: 2 });
    pad.receive({ address: 1, command: 3, data: [] });
    expect(pad.state()).toMatchObject({ beeps: 1 });
  });
});

describe('an evaluator', () => {
  it('begins an evaluation, takes its answer, and shows stars', () => {
    const evaluator = createFf68Device(2, 'evaluator');
    evaluator.receive({ address: 2, command: 1, data: [0x0b] });
    expect(evaluator.state()).toMatchObject({ evaluating: true, evaluations: 1 });
    expect(hexOf(evaluator.press([3])!)).toBe('FF 68 03 03 68 02 11 03 16 16');
    evaluator.receive({ address: 2, command: 1, data: [2] });
    expect(evaluator.frame()).not.toBeNull();
    evaluator.receive({ address: 2, command: 1, data: [3] });
    expect(evaluator.state()).toMatchObject({ evaluating: false, waiting: null, acknowledged: 1 });
    evaluator.receive({ address: 2, command: 2, data: [5] });
    expect(evaluator.state()).toMatchObject({ stars: 5 });
  });
});

describe('a bus', () => {
  it('repeats a key until it sees the echo', async () => {
    const bus = await started();
    const { socket, received } = await host(bus);
    bus.press(1, 0x0c);
    await until(() => times(received(), CALL) >= 3, 'two repeats');
    expect(bus.wire().map(({ direction, hex }) => [direction, hex])).toContainEqual([
      'out',
      'ff6803036801010c0e16',
    ]);
    socket.write(bytesOf(CALL));
    await until(() => bus.state().devices[1]!.waiting === null, 'the acknowledgement');
    const sent = bus.state().devices[1]!.sent;
    bus.press(2, 0x00);
    await until(() => bus.state().devices[2]!.sent >= 4, 'the repeats of another key');
    expect(bus.state().devices[1]!.sent).toBe(sent);
  });

  it('with two that speak at once loses both frames, and gets both through by repetition', async () => {
    const bus = await started();
    const { received } = await host(bus);
    bus.press(1, 0x0c);
    bus.press(2, 0x00);
    await until(
      () => received().includes(CALL) && received().includes('FF 68 03 03 68 02 11 00 13 16'),
      'both frames',
    );
    expect(bus.state().collisions).toBeGreaterThan(0);
  });

  it('gives back what the host sends when its adapter echoes', async () => {
    const bus = await started();
    await bus.setFault('adapter-echo', true);
    const { socket, received } = await host(bus);
    await until(() => bus.state().hostPresent, 'the host');
    socket.write(bytesOf('FF 68 02 02 68 01 03 04 16'));
    await until(() => received() === 'FF 68 02 02 68 01 03 04 16', 'the echo');
    expect(bus.state().devices[1]).toMatchObject({ beeps: 1 });
  });

  it('refuses addresses and faults that are not there', async () => {
    const bus = await started();
    expect(() => bus.press(7, 0x0c)).toThrow(/nothing at address 7/);
    await expect(bus.setFault('paper-out', true)).rejects.toThrow(/no fault "paper-out"/);
    await expect(startFf68Bus({ port: 'tcp:0', addresses: { 256: 'pad' } })).rejects.toThrow(/0 to 255/);
  });

  it('may be closed twice', async () => {
    const bus = await started();
    await bus.close();
    await bus.close();
  });
});
