/** The whole way through a real kernel: simulator → /dev/uhid → hidraw → node-hid → driver. Runs where there is UHID (the lab). */
import { accessSync, constants } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { startHidEvaluator } from '../../firmware-sim/evaluator-hid/evaluator.ts';
import { PortError } from '../../firmware-sim/port/port.ts';
import { systemClock } from '../../kiosk-agent/device/clock.ts';
import { WindowEvaluator } from '../../kiosk-agent/device/driver/evaluator.ts';
import type { Press } from '../../kiosk-agent/device/driver/interfaces.ts';
import { PortSession } from '../../kiosk-agent/device/session.ts';
import { hidTransport } from '../../kiosk-agent/device/transport/hid.ts';
import { nodeHid } from '../../kiosk-agent/device/transport/node-hid.ts';
import { isHid } from '../../kiosk-agent/device/transport/transport.ts';
import { until } from './manual-clock.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

function hasUhid(): boolean {
  try {
    accessSync('/dev/uhid', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
/** An emulated machine is slow. */
const LIMIT_MS = 60_000;

describe.skipIf(!hasUhid())(
  'an evaluator that the kernel takes for a USB device',
  { timeout: 5 * LIMIT_MS },
  () => {
    it('is found by its ids, rates, is unplugged and comes back with its press', async () => {
      const device = await startHidEvaluator({ port: 'uhid', serial: 'EV7', pressesBefore: 65_534 });
      undo.push(() => device.close());
      const hid = nodeHid();
      const evaluator = new WindowEvaluator({
        id: 'evaluator-1',
        protocol: 'ehr/1',
        clock: systemClock,
        random: Math.random,
      });
      const presses: Press[] = [];
      evaluator.on('press', (press) => {
        presses.push(press);
        evaluator.acknowledge(press);
      });
      const session = new PortSession({
        device: 'evaluator-1',
        open: hidTransport(
          { kind: 'hid', vendorId: '1209', productId: '0001', serialNumber: 'EV7' },
          { usagePage: 0xff00, usage: 1 },
          hid,
        ),
        driver: evaluator,
        clock: systemClock,
        random: Math.random,
        log: { info: () => {}, warn: () => {} },
      });
      undo.push(async () => {
        await session.close();
        await evaluator.close();
      });
      const reaches = (...states: string[]) =>
        until(() => states.includes(evaluator.status.state), `${states.join(' or ')}`, LIMIT_MS);

      await reaches('ready');
      expect(evaluator.status).toMatchObject({ serial: 'EV7', firmware: '1.0' });
      await until(() => device.state().hostPresent, 'the device to see its host', LIMIT_MS);
      await evaluator.open(7, 30, 'none');
      expect(device.state().session?.number).toBe(7);
      for (const key of [1, 2, 3]) device.press(key);
      await until(() => device.state().pressesWaiting === 0, 'the acknowledgements', LIMIT_MS);
      expect([...new Set(presses.map(({ seq, code }) => `${seq} ${code}`))]).toEqual([
        '65535 5',
        '65536 4',
        '65537 3',
      ]);

      await device.unplug();
      await reaches('lost', 'missing');
      device.press(4);
      await device.plug();
      await reaches('ready');
      await until(() => device.state().pressesWaiting === 0, 'the press from when it was out', LIMIT_MS);
      expect(presses.at(-1)).toMatchObject({ seq: 65_538, code: '2' });
    });

    it('that refuses its identity is a value', async () => {
      const device = await startHidEvaluator({ port: 'uhid', serial: 'EV8' });
      undo.push(() => device.close());
      await device.setFault('no-identity', true);
      const open = hidTransport(
        { kind: 'hid', vendorId: '1209', productId: '0001', serialNumber: 'EV8' },
        {},
        nodeHid(),
      );
      let result = await open();
      for (const end = performance.now() + LIMIT_MS; !result.ok && performance.now() < end;)
        result = await open();
      if (!result.ok || !isHid(result.transport)) throw new Error('it was not opened');
      const { transport } = result;
      undo.push(() => transport.close());
      expect(await transport.getFeature(0x20, 32)).toMatchObject({ ok: false, trouble: { kind: 'refused' } });
    });
  },
);

describe.skipIf(hasUhid())('a machine without UHID', () => {
  it('says what to do instead of starting', async () => {
    const started = startHidEvaluator({ port: 'uhid' });
    await expect(started).rejects.toThrow(PortError);
    await expect(started).rejects.toThrow(/modprobe uhid|needs Linux|run as root/);
  });
});
