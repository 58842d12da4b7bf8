/** Lines of pads and evaluators: driver, session and transport against simulated devices written from the page alone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startAsciiEvaluator } from '../../firmware-sim/ascii-evaluator/evaluator.ts';
import { startFf68Bus, type Ff68BusHandle } from '../../firmware-sim/ff68/bus.ts';
import { startUb485Bus } from '../../firmware-sim/ub485/bus.ts';
import type { FrameDescription } from '../../kiosk-agent/contract/devices.ts';
import { parsePort } from '../../kiosk-agent/contract/port.ts';
import { systemClock } from '../../kiosk-agent/device/clock.ts';
import type { FramesEvaluator } from '../../kiosk-agent/device/driver/frames-evaluator.ts';
import { FramesLine, type FramesUnit } from '../../kiosk-agent/device/driver/frames-line.ts';
import type { FramesPad } from '../../kiosk-agent/device/driver/frames-pad.ts';
import { modelOf } from '../../kiosk-agent/device/models.ts';
import { PortSession } from '../../kiosk-agent/device/session.ts';
import { serialTransport } from '../../kiosk-agent/device/transport/serial.ts';
import { tcpTransport } from '../../kiosk-agent/device/transport/tcp.ts';
import { until } from './manual-clock.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

const PORTS = {
  tcp: () => 'tcp:0',
  pty: () => {
    const folder = mkdtempSync(join(tmpdir(), 'hall-sim-'));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    return `pty:${join(folder, 'line')}`;
  },
};

/** A press as the agent knows it: which device, its number, its code. */
type Told = { id: string; seq: number; code: string; session: number | null };

/** The near end of a line, opened by the configuration's own words. */
function agent(port: string, model: string, units: FramesUnit[], changed: Partial<FrameDescription> = {}) {
  const row = modelOf(model);
  const parsed = parsePort(port);
  if (row?.kind !== 'frames' || !row.frames || !parsed.ok) throw new Error(`no line of ${model} on ${port}`);
  const { address } = parsed;
  if (address.kind !== 'serial' && address.kind !== 'tcp') throw new Error(`no line on ${port}`);
  const line = new FramesLine({
    id: 'line',
    model: { ...row, frames: { ...row.frames, ...changed } },
    units,
    clock: systemClock,
    random: Math.random,
  });
  const session = new PortSession({
    device: 'line',
    open:
      address.kind === 'serial'
        ? serialTransport(address.path, { ...row.line, ...address.line })
        : tcpTransport(address),
    driver: line,
    clock: systemClock,
    random: () => 0.1,
    log: { info: () => {}, warn: () => {} },
  });
  undo.push(async () => {
    await session.close();
    await line.close();
  });
  const state = { acknowledges: true, appeared: 0 };
  const told: Told[] = [];
  for (const unit of line.units) {
    const { id } = unit;
    if (unit.kind === 'pad')
      unit.on('key', (key) => {
        told.push({ id, seq: key.seq, code: key.code, session: null });
        if (state.acknowledges) unit.acknowledge(key);
      });
    else
      unit
        .on('press', (press) => {
          told.push({ id, seq: press.seq, code: press.code, session: press.session });
          if (state.acknowledges) unit.acknowledge(press);
        })
        .on('appeared', () => (state.appeared += 1));
  }
  const status = () => line.units[0]!.status;
  const reaches = (wanted: string) =>
    until(() => status().state === wanted, `${wanted}, is ${status().state}`, 10_000);
  return {
    line,
    state,
    told,
    /** each press once, whatever its repeats */
    presses: () => [...new Set(told.map(({ id, seq, code }) => `${id} #${seq} ${code}`))],
    pad: line.units.find((unit): unit is FramesPad => unit.kind === 'pad')!,
    evaluator: line.units.find((unit): unit is FramesEvaluator => unit.kind === 'evaluator')!,
    status,
    reaches,
  };
}

async function ff68(kind: keyof typeof PORTS, seed = 1) {
  const bus = await startFf68Bus({ port: PORTS[kind](), addresses: { 1: 'pad', 2: 'evaluator' }, seed });
  undo.push(() => bus.close());
  const near = agent(bus.port, 'ff68', [
    { id: 'bus.1', address: 1, as: 'pad' },
    { id: 'bus.2', address: 2, as: 'evaluator' },
  ]);
  await near.reaches('ready');
  await until(() => bus.state().hostPresent, 'the bus to see its host');
  return { bus, ...near };
}
const answered = (bus: Ff68BusHandle, address: number, limitMs = 10_000) =>
  until(
    () => bus.state().devices[address]?.waiting === null,
    `address ${address} to be acknowledged`,
    limitMs,
  );
const deviceOf = (bus: Ff68BusHandle, address: number) => bus.state().devices[address];
function evaluations(bus: Ff68BusHandle): number {
  const device = deviceOf(bus, 2);
  return device?.role === 'evaluator' ? device.evaluations : 0;
}
/** Longer than the time in which equal frames are one press. */
const later = () => new Promise((resolve) => setTimeout(resolve, 500));

describe.each(['tcp', 'pty'] as const)('an FF68 bus on %s', (kind) => {
  it('tells keys, acknowledges them, shows, beeps, opens, and gives a press its session', async () => {
    const { bus, pad, evaluator, told } = await ff68(kind);
    bus.press(1, 0x0c);
    await answered(bus, 1);
    bus.press(1, 0x0f, 6);
    await answered(bus, 1);
    expect(await pad.display(12, 'A023')).toEqual({ ok: true });
    expect(await pad.beep()).toEqual({ ok: true });
    expect(await evaluator.open(7, 30, 'please-rate')).toEqual({ ok: true });
    await until(() => evaluations(bus) === 1, 'the evaluation');
    expect(deviceOf(bus, 1)).toMatchObject({ display: { waiting: ' 12', ticket: '023' }, beeps: 1 });
    bus.press(2, 0x03);
    await answered(bus, 2);
    expect(told).toEqual([
      { id: 'bus.1', seq: 1, code: '0C', session: null },
      { id: 'bus.1', seq: 2, code: '060F', session: null },
      { id: 'bus.2', seq: 1, code: '03', session: 7 },
    ]);
    expect(bus.state().dropped).toEqual({ bytes: 0, sum: 0 });
    expect(bus.state().devices[1]).toMatchObject({ unknown: 0, acknowledged: 2 });
  });

  it.each(['before', 'while', 'after'] as const)(
    'whose cable is pulled %s a press loses none and tells none twice',
    async (when) => {
      const { bus, state, presses, reaches, status } = await ff68(kind);
      if (when !== 'before') {
        state.acknowledges = when === 'after';
        bus.press(1, 0x0c);
        if (when === 'after') await answered(bus, 1);
        else await until(() => presses().length === 1, 'the press');
      }
      await bus.unplug();
      await until(() => status().state !== 'ready', `the unplug, is ${status().state}`);
      if (when === 'before') bus.press(1, 0x0c);
      state.acknowledges = true;
      await bus.plug();
      await reaches('ready');
      await answered(bus, 1);
      expect(presses()).toEqual(['bus.1 #1 0C']);
      expect(state.appeared).toBe(2);
    },
  );

  it('shows and opens again what it did before the cable was pulled', async () => {
    const { bus, pad, evaluator, status, reaches } = await ff68(kind);
    await pad.display(3, 'B007');
    await evaluator.open(7, 60, 'none');
    await until(() => evaluations(bus) === 1, 'the first opening');
    await bus.unplug();
    await until(() => status().state !== 'ready', 'the unplug');
    await bus.plug();
    await reaches('ready');
    await until(() => evaluations(bus) === 2, 'the second opening');
    expect(deviceOf(bus, 1)).toMatchObject({ display: { waiting: '  3', ticket: '007' } });
  });
});

describe('a pad whose key nobody acknowledges', () => {
  it('repeats, no second press arises, and it is content when the disk has it at last', async () => {
    const { bus, state, told, presses, pad } = await ff68('tcp');
    state.acknowledges = false;
    bus.press(1, 0x0c);
    await until(() => told.length >= 4, 'three repeats');
    expect(presses()).toEqual(['bus.1 #1 0C']);
    expect(deviceOf(bus, 1)?.acknowledged).toBe(0);
    pad.acknowledge({ seq: 1 });
    await answered(bus, 1);
    await later();
    expect(presses()).toEqual(['bus.1 #1 0C']);
  });
});

describe('two that are pressed at once', () => {
  it('are both told and both acknowledged, though their first frames spoil each other', async () => {
    const { bus, presses } = await ff68('tcp');
    bus.press(1, 0x0c);
    bus.press(2, 0x01);
    await Promise.all([answered(bus, 1), answered(bus, 2)]);
    expect(bus.state().collisions).toBeGreaterThan(0);
    expect(presses().sort()).toEqual(['bus.1 #1 0C', 'bus.2 #1 01']);
  });
});

describe('a bad line to an FF68 bus', () => {
  const troubles: [string, Record<string, number>][] = [
    ['noise', {}],
    ['doubled-frames', { rate: 1 }],
    ['split-frames', {}],
    ['merged-frames', {}],
    ['delayed-frames', { ms: 150 }],
    ['corrupted', { rate: 0.4 }],
    ['wrong-checksum', { rate: 0.4 }],
    ['adapter-echo', {}],
    ['babble', {}],
  ];
  it.each(troubles)(
    'with %s loses no press, tells none twice, and ends each repetition',
    async (fault, options) => {
      const { bus, presses, evaluator } = await ff68('tcp');
      await bus.setFault(fault, true, options);
      void evaluator.open(7, 60, 'none');
      for (const [address, key] of [
        [1, 0x0c],
        [2, 0x00],
        [1, 0x0d],
        [2, 0x03],
      ] as const) {
        bus.press(address, key);
        await answered(bus, address, 20_000);
      }
      await bus.setFault(fault, false);
      expect(presses()).toEqual(['bus.1 #1 0C', 'bus.2 #1 00', 'bus.1 #2 0D', 'bus.2 #2 03']);
    },
  );

  it('that loses frames loses no press', async () => {
    const { bus, presses } = await ff68('tcp', 5);
    await bus.setFault('lost-frames', true, { rate: 0.3 });
    for (const key of [0x0c, 0x0d, 0x0e]) {
      bus.press(1, key);
      await answered(bus, 1);
    }
    // More than 400 ms without a frame make a repeat a new press (evaluators.md §3): nothing on the wire tells them apart.
    expect(presses().map((press) => press.split(' ')[2])).toEqual(expect.arrayContaining(['0C', '0D', '0E']));
  });

  it('with an echoing adapter takes the same key twice when it is pressed twice', async () => {
    const { bus, presses, line } = await ff68('tcp');
    await bus.setFault('adapter-echo', true);
    for (let press = 0; press < 3; press++) {
      bus.press(1, 0x0c);
      await answered(bus, 1);
      await later();
    }
    expect(presses()).toEqual(['bus.1 #1 0C', 'bus.1 #2 0C', 'bus.1 #3 0C']);
    expect(line.units[0]!.status.counters).toMatchObject({ ownEchoes: 3, framesOut: 3 });
  });

  it('that carries nothing leaves it ready, never heard, and the key comes when it carries again', async () => {
    const { bus, presses, status } = await ff68('tcp');
    await bus.setFault('silent', true);
    bus.press(1, 0x0c);
    await until(() => deviceOf(bus, 1)!.sent >= 3, 'repeats that nobody hears');
    expect(status()).toMatchObject({ state: 'ready', notes: ['never-heard'] });
    await bus.setFault('silent', false);
    await answered(bus, 1);
    expect(presses()).toEqual(['bus.1 #1 0C']);
  });

  it('at another speed has wrong settings, and is ready with the first frame', async () => {
    const { bus, reaches } = await ff68('tcp');
    // 4800 Bd as a receiver at 9600 Bd sees it: each bit twice.
    bus.inject(Buffer.from('fe80e600fe80'.repeat(12), 'hex'));
    await reaches('wrong-settings');
    bus.press(1, 0x0c);
    await reaches('ready');
    await answered(bus, 1);
  });
});

describe.each(['tcp', 'pty'] as const)('UB485 panels on %s', (kind) => {
  it('tell their keys once, show the number, and beep', async () => {
    const bus = await startUb485Bus({ port: PORTS[kind](), addresses: [1, 5] });
    undo.push(() => bus.close());
    const { line, pad, presses, reaches } = agent(bus.port, 'ub485', [
      { id: 'panels.1', address: 1, as: 'pad' },
      { id: 'panels.5', address: 5, as: 'pad' },
    ]);
    await reaches('ready');
    await until(() => bus.state().hostPresent, 'the bus to see its host');
    await bus.setFault('adapter-echo', true);
    bus.press(1, 0x31);
    await until(() => presses().length === 1, 'the first key');
    bus.press(5, 0x34);
    await until(() => presses().length === 2, 'the second key');
    expect(await pad.display(7, 'A023')).toEqual({ ok: true });
    expect(await pad.beep()).toEqual({ ok: true });
    await until(() => bus.state().panels[1]!.beeps === 1, 'the beep');
    expect(bus.state().panels[1]).toEqual({ lamp: 0x37, beeps: 1, text: '023', blink: 0x20 });
    expect(bus.state().dropped).toBe(0);
    await until(() => line.units[0]!.status.counters.ownEchoes === 2, 'the echoes');
    expect(presses()).toEqual(['panels.1 #1 31', 'panels.5 #1 34']);
  });

  it.each(['noise', 'doubled-frames', 'split-frames'])('with %s tell each press once', async (fault) => {
    const bus = await startUb485Bus({ port: PORTS[kind](), addresses: [1], seed: 3 });
    undo.push(() => bus.close());
    // A computer with too much to do must not make a silence of its own: a panel does not repeat a key.
    const units = [{ id: 'panel', address: 1, as: 'pad' as const }];
    const { presses, reaches } = agent(bus.port, 'ub485', units, { silenceMs: 1000 });
    await reaches('ready');
    await until(() => bus.state().hostPresent, 'the bus to see its host');
    await bus.setFault(fault, true, { rate: 1 });
    for (const key of [0x31, 0x32, 0x34]) {
      const before = presses().length;
      bus.press(1, key);
      await until(() => presses().length > before, `key ${key}`);
    }
    expect(presses()).toEqual(['panel #1 31', 'panel #2 32', 'panel #3 34']);
  });
});

describe.each(['tcp', 'pty'] as const)('an evaluator of one character on %s', (kind) => {
  it('gives its press the session that was opened, and goes on after the cable was pulled', async () => {
    const device = await startAsciiEvaluator({ port: PORTS[kind]() });
    undo.push(() => device.close());
    const { evaluator, told, status, reaches } = agent(device.port, 'ascii-5', [
      { id: 'evaluator-1', address: null, as: 'evaluator' },
    ]);
    await reaches('ready');
    await until(() => device.state().hostPresent, 'the device to see its host');
    expect(await evaluator.open(7, 60, 'please-rate')).toEqual({ ok: true });
    device.press(1);
    await until(() => told.length === 1, 'the press');
    await device.unplug();
    await until(() => status().state !== 'ready', 'the unplug');
    await device.plug();
    await reaches('ready');
    await until(() => device.state().hostPresent, 'the device to see its host again');
    device.press(5);
    await until(() => told.length === 2, 'the press after it');
    expect(told).toEqual([
      { id: 'evaluator-1', seq: 1, code: '31', session: 7 },
      { id: 'evaluator-1', seq: 2, code: '35', session: 7 },
    ]);
    expect(device.state().ignored).toBe(0);
  });
});
