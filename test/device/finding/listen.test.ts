/** Binding by pressing a key, with simulated evaluators on real pseudo-terminals. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startEvaluator, type EvaluatorHandle } from '../../../firmware-sim/evaluator-line/evaluator.ts';
import { systemClock } from '../../../kiosk-agent/device/clock.ts';
import type { Press } from '../../../kiosk-agent/device/driver/interfaces.ts';
import type { Found } from '../../../kiosk-agent/device/found.ts';
import { makeLine } from '../../../kiosk-agent/device/lines.ts';
import { listenForKey, type ListenAttempt, type ListenParts } from '../../../kiosk-agent/device/listen.ts';
import { modelOf } from '../../../kiosk-agent/device/models.ts';
import { PortSession } from '../../../kiosk-agent/device/session.ts';
import { knowNobody } from '../../../kiosk-agent/device/person-hash.ts';
import { serialTransport } from '../../../kiosk-agent/device/transport/serial.ts';
import { DeviceEnd, unplugAll } from '../device-end.ts';
import { until } from '../manual-clock.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
  unplugAll();
});

async function evaluator(serial: string): Promise<{ device: EvaluatorHandle; found: Found; sent: string[] }> {
  const sent: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'hall-listen-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, serial);
  const device = await startEvaluator({
    port: `pty:${path}`,
    serial,
    onWire: ({ direction, decoded }) => direction === 'out' && sent.push(decoded),
  });
  undo.push(() => device.close());
  return { device, found: adapter(path), sent };
}

const adapter = (path: string): Found => ({
  key: `serial:${path}`,
  kind: 'serial',
  path,
  vendorId: '1a86',
  productId: '7523',
});

/** As the agent attempts it: the model's driver on the model's line. */
const attempt = (found: Found, id: string): ListenAttempt => {
  const model = modelOf(id)!;
  const row = { id: 'evaluator-1', model: id, port: 'bound' };
  return {
    model: id,
    open: serialTransport(found.path, model.line),
    makeDriver: () => makeLine(row, model, { clock: systemClock, random: Math.random, know: knowNobody }),
  };
};

function listen(found: Found[], more: Partial<ListenParts> & { models?: string[] } = {}) {
  const { models = ['elp1'], ...parts } = more;
  return listenForKey({
    found,
    attempts: (each) => models.map((model) => attempt(each, model)),
    seconds: 20,
    clock: systemClock,
    random: Math.random,
    ...parts,
  });
}

/** Opens a port as a configured device does, and answers its presses. */
function configured(found: Found) {
  const presses: Press[] = [];
  const model = modelOf('elp1')!;
  const line = makeLine({ id: 'evaluator-1', model: 'elp1', port: 'bound' }, model, {
    clock: systemClock,
    random: Math.random,
    know: knowNobody,
  });
  const { device } = line.units[0]!;
  if (device.kind !== 'evaluator') throw new Error('elp1 is an evaluator');
  device.on('press', (press) => {
    presses.push(press);
    device.acknowledge(press);
  });
  const session = new PortSession({
    device: 'evaluator-1',
    open: serialTransport(found.path, model.line),
    driver: line.driver,
    clock: systemClock,
    random: Math.random,
    log: { info: () => {}, warn: () => {} },
  });
  undo.push(async () => {
    await session.close();
    await line.close();
  });
  return { device, presses };
}

const isFree = async (found: Found) => {
  const opened = await serialTransport(found.path, modelOf('elp1')!.line)();
  if (opened.ok) await opened.transport.close();
  return opened.ok;
};

describe('listening on two evaluators that nobody has configured', () => {
  it('hears which one is pressed and leaves the press to the bound driver', async () => {
    const [left, right] = [await evaluator('SIM1'), await evaluator('SIM2')];
    const told: string[] = [];
    const listening = listen([left.found, right.found], {
      onProgress: (progress) =>
        told.push(
          `${progress.what} ${progress.found.path.slice(-4)}${progress.what === 'answers' ? ` ${progress.serial}` : ''}`,
        ),
    });
    // Who they are they say without being pressed.
    await until(
      () => told.includes('answers SIM1 SIM1') && told.includes('answers SIM2 SIM2'),
      `two names, told: ${told.join()}`,
    );
    expect(right.device.press(2)).toBe(true);
    expect(await listening).toEqual({
      heard: { found: right.found, model: 'elp1', unit: 'evaluator-1', code: '4' },
      troubles: [],
    });
    expect(right.device.state().pressesWaiting).toBe(1);
    expect(await Promise.all([left, right].map(({ found }) => isFree(found)))).toEqual([true, true]);
    const { presses } = configured(right.found);
    await until(() => right.device.state().pressesWaiting === 0, 'the press to be taken');
    expect(presses[0]).toMatchObject({ serial: 'SIM2', seq: 1, code: '4', session: null });
  });

  it('takes no press from before for one that was made now', async () => {
    const [left, right] = [await evaluator('SIM1'), await evaluator('SIM2')];
    left.device.press(1);
    // The age of a press is told in steps: let it be older than one.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const told: string[] = [];
    const listening = listen([left.found, right.found], { onProgress: ({ what }) => told.push(what) });
    await until(() => told.filter((what) => what === 'answers').length === 2, 'both to be known');
    const repeats = () => left.sent.filter((line) => line.includes('KEY')).length;
    await until(() => repeats() >= 2, 'the old press to be told again');
    right.device.press(5);
    expect(await listening).toMatchObject({ heard: { found: right.found, code: '1' } });
  });

  it('ends by itself when nothing is pressed, and when it is given up; then the ports are free', async () => {
    const { found } = await evaluator('SIM1');
    expect(await listen([found], { seconds: 1 })).toEqual({
      heard: null,
      why: 'nothing-pressed',
      troubles: [],
    });
    expect(await isFree(found)).toBe(true);
    const stop = new AbortController();
    const listening = listen([found], { signal: stop.signal, onProgress: () => stop.abort() });
    expect(await listening).toEqual({ heard: null, why: 'stopped', troubles: [] });
    expect(await isFree(found)).toBe(true);
    expect(await listen([found], { signal: stop.signal })).toMatchObject({ heard: null, why: 'stopped' });
  });

  it('waits for one that is pulled out and plugged in again', async () => {
    const { device, found } = await evaluator('SIM1');
    const told: string[] = [];
    const listening = listen([found], { onProgress: ({ what }) => told.push(what) });
    await until(() => told.includes('answers'), 'it to be known');
    await device.unplug();
    await until(() => told.includes('trouble'), 'the unplug');
    await device.plug();
    await until(() => told.filter((what) => what === 'open').length === 2, 'it to be open again', 10_000);
    device.press(3);
    expect(await listening).toMatchObject({
      heard: { code: '3' },
      troubles: [expect.stringContaining(found.path)],
    });
  });

  it('tries each model in its turn, and hears a device that repeats', async () => {
    const { device, found } = await evaluator('SIM1');
    const models = new Set<string>();
    const listening = listen([found], {
      models: ['scanner-serial', 'elp1'],
      onProgress: ({ what, model }) => what === 'open' && models.add(model),
    });
    await until(() => models.has('elp1'), 'the second model', 10_000);
    device.press(1);
    expect(await listening).toMatchObject({ heard: { model: 'elp1', code: '5' } });
    expect([...models]).toEqual(['scanner-serial', 'elp1']);
  });
});

describe('listening', () => {
  it('on ports that are all held or gone ends at once and says why', async () => {
    const { found } = await evaluator('SIM1');
    const { device } = configured(found);
    await until(() => device.status.state === 'ready', 'the holder to be ready');
    const answer = await listen([found, adapter('/dev/ttyHall99')], { seconds: 600 });
    expect(answer).toMatchObject({ heard: null, why: 'no-free-port' });
    expect(answer.troubles).toHaveLength(2);
    expect(answer.troubles.join()).toMatch(/cannot lock port/i);
    expect(answer.troubles.join()).toMatch(/No such file .*ttyHall99/);
    expect(await listen([], { seconds: 600 })).toEqual({ heard: null, why: 'no-free-port', troubles: [] });
    expect(await listen([found], { seconds: 600, models: [] })).toMatchObject({ why: 'no-free-port' });
  });

  it('on a port beside one that is held still hears', async () => {
    const [held, free] = [await evaluator('SIM1'), await evaluator('SIM2')];
    const { device } = configured(held.found);
    await until(() => device.status.state === 'ready', 'the holder to be ready');
    const told: string[] = [];
    const listening = listen([held.found, free.found], { onProgress: ({ what }) => told.push(what) });
    await until(() => told.includes('answers') && told.includes('trouble'), 'both to be tried');
    free.device.press(1);
    expect(await listening).toMatchObject({ heard: { found: free.found }, troubles: [expect.any(String)] });
  });

  it('hears a scan, and not what was scanned', async () => {
    const end = new DeviceEnd();
    let open = false;
    const listening = listen([adapter(end.path)], {
      models: ['scanner-serial'],
      onProgress: ({ what }) => (open ||= what === 'open'),
    });
    await until(() => open, 'the port');
    end.write('A-SECRET-CODE\r\n');
    const answer = await listening;
    expect(answer).toMatchObject({ heard: { model: 'scanner-serial', code: 'scan' } });
    expect(JSON.stringify(answer)).not.toContain('SECRET');
  });
});
