/** Where the kernel has no UHID, a simulated USB device says so. With it, the whole way is driven in the lab (docs/lab.md). */
import { accessSync, constants } from 'node:fs';
import { expect, it } from 'vitest';
import { startHidEvaluator } from '../../firmware-sim/evaluator-hid/evaluator.ts';
import { PortError } from '../../firmware-sim/port/port.ts';

it('is a USB device where there is UHID, and elsewhere a sentence that says what to do', async () => {
  if (hasUhid()) {
    const device = await startHidEvaluator({ port: 'uhid', serial: 'EV7' });
    expect(device.port).toBe('hid:1209:0001:EV7');
    await device.close();
    return;
  }
  const refused = await startHidEvaluator({ port: 'uhid' }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(PortError);
  expect((refused as PortError).message).toMatch(/modprobe uhid|needs Linux|run as root/);
});

function hasUhid(): boolean {
  try {
    accessSync('/dev/uhid', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
