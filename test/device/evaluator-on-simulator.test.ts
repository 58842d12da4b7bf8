/** Driver, session and transport against the simulated evaluator, which was written from the page by somebody else. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startEvaluator, type EvaluatorHandle } from '../../firmware-sim/evaluator-line/evaluator.ts';
import type { Press } from '../../kiosk-agent/device/driver/interfaces.ts';
import { openDevices, type Devices } from '../../kiosk-agent/device/manager.ts';
import { until } from './manual-clock.ts';
import { deviceParts } from './parts.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

const PORTS = {
  tcp: () => 'tcp:0',
  pty: () => {
    const folder = mkdtempSync(join(tmpdir(), 'hall-sim-'));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    return `pty:${join(folder, 'evaluator')}`;
  },
};

/** The far end, and the near end opened by the configuration's own words. Presses are acknowledged when told to. */
async function hall(kind: keyof typeof PORTS, options: { acknowledge: boolean } = { acknowledge: true }) {
  const device = await startEvaluator({ port: PORTS[kind](), serial: 'SIM7' });
  undo.push(() => device.close());
  const devices = openDevices(
    [{ id: 'evaluator-1', model: 'elp1', port: device.port, window: 1 }],
    deviceParts(),
  );
  undo.push(() => devices.close());
  const { evaluator } = devices.evaluators()[0]!;
  const presses: Press[] = [];
  const seen = { appeared: 0 };
  evaluator.on('press', (press) => {
    presses.push(press);
    if (options.acknowledge) evaluator.acknowledge(press);
  });
  evaluator.on('appeared', () => (seen.appeared += 1));
  const reaches = (state: string) =>
    until(() => evaluator.status.state === state, `${state}, is ${evaluator.status.state}`, 10_000);
  return { device, devices, evaluator, presses, seen, reaches };
}

const pressesOf = (device: EvaluatorHandle) => device.state().pressesWaiting;
const view = (devices: Devices) => devices.list()[0]!;

describe.each(['tcp', 'pty'] as const)('a simulated evaluator on %s', (kind) => {
  it('is ready, opens, tells its press, thanks when it is acknowledged, and shuts', async () => {
    const { device, devices, evaluator, presses, reaches } = await hall(kind);
    await reaches('ready');
    expect(view(devices)).toMatchObject({
      id: 'evaluator-1',
      kind: 'evaluator',
      window: 1,
      state: 'ready',
      serial: 'SIM7',
    });
    expect(await evaluator.open(7, 30, 'please-rate')).toEqual({ ok: true });
    expect(device.state().session?.number).toBe(7);
    expect(device.press(1)).toBe(true);
    await until(() => presses.length > 0 && pressesOf(device) === 0, 'the press and its acknowledgement');
    expect(presses[0]).toMatchObject({ serial: 'SIM7', seq: 1, session: 7, code: '5' });
    expect(await evaluator.shut(7)).toEqual({ ok: true });
    expect(device.state().session).toBeNull();
    expect(await evaluator.shut(7)).toEqual({ ok: false, why: 'session' });
    expect(await evaluator.show(1, '请评价')).toEqual({ ok: true });
    expect(await evaluator.say('thank-you')).toEqual({ ok: true });
  });

  it('repeats a press that is not acknowledged, and keeps those made while the cable is out', async () => {
    const { device, evaluator, presses, seen, reaches } = await hall(kind, { acknowledge: false });
    await reaches('ready');
    device.press(3);
    await until(() => presses.length >= 2, 'a repeat');
    expect(new Set(presses.map(({ boot, seq }) => `${boot}/${seq}`)).size).toBe(1);
    await device.unplug();
    await until(() => evaluator.status.state !== 'ready', `the unplug, is ${evaluator.status.state}`);
    device.press(4);
    await device.plug();
    await reaches('ready');
    await until(() => presses.some(({ seq }) => seq === 2), 'the press from when the cable was out');
    expect(seen.appeared).toBe(2);
    for (const press of presses) evaluator.acknowledge(press);
    await until(() => pressesOf(device) === 0, 'the device to forget them');
  });

  it('that restarts appears again, with nothing open', async () => {
    const { device, evaluator, seen, reaches } = await hall(kind);
    await reaches('ready');
    await evaluator.open(7, 30, 'none');
    device.powerCycle();
    await until(() => seen.appeared === 2, 'the new boot');
    expect(device.state().session).toBeNull();
    expect(await evaluator.open(7, 20, 'none')).toEqual({ ok: true });
  });
});

describe('a bad line to the simulated evaluator', () => {
  it.each(['noise', 'lost-frames', 'doubled-frames', 'split-frames', 'wrong-checksum'])(
    'with %s loses no press and takes none for another',
    async (fault) => {
      const { device, presses, reaches } = await hall('tcp');
      await reaches('ready');
      await device.setFault(fault, true, { rate: 0.3 });
      for (const key of [1, 2, 3, 4, 5]) device.press(key);
      await until(() => pressesOf(device) === 0, 'every press to be acknowledged', 10_000);
      const codes = new Map(presses.map(({ seq, code }) => [seq, code]));
      expect([...codes].sort(([a], [b]) => a - b)).toEqual(
        [1, 2, 3, 4, 5].map((seq) => [seq, String(6 - seq)]),
      );
    },
  );

  it('that carries nothing makes it silent, and it appears again afterwards', async () => {
    const { device, evaluator, seen, reaches } = await hall('tcp');
    await reaches('ready');
    await device.setFault('silent', true);
    expect(await evaluator.open(7, 30, 'none')).toEqual({ ok: false, why: 'silent' });
    await reaches('silent');
    await device.setFault('silent', false);
    await reaches('ready');
    expect(seen.appeared).toBe(2);
  });

  it('busy and faults are told', async () => {
    const { device, devices, evaluator, reaches } = await hall('tcp');
    await reaches('ready');
    await device.setFault('busy', true);
    expect(await evaluator.open(7, 30, 'none')).toEqual({ ok: false, why: 'busy' });
    await device.setFault('busy', false);
    await device.setFault('stuck-key', true, { key: 2 });
    await reaches('faulted');
    expect(view(devices)).toMatchObject({ state: 'faulted', fault: 'stuck-key' });
    expect(view(devices).advice?.en).toMatch(/stuck/);
  });
});
