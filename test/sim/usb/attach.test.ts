/** Attaching to this computer: where it cannot be, it says so. With vhci_hcd the whole way is driven in the lab (docs/lab.md). */
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PortError } from '../../../firmware-sim/port/port.ts';
import { attachAll } from '../../../firmware-sim/usb/host.ts';
import { parsePorts } from '../../../firmware-sim/usb/vhci.ts';

it.skipIf(existsSync('/sys/devices/platform/vhci_hcd.0'))(
  'says what is missing where there is no virtual host controller',
  () => {
    let refused: unknown;
    try {
      attachAll({ host: '127.0.0.1', port: 3240, say() {} });
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(PortError);
    expect((refused as PortError).message).toMatch(/modprobe vhci-hcd|on Linux only|only root/);
  },
);

it("reads the controller's table of ports", () => {
  // As Linux 6.1 writes it (drivers/usb/usbip/vhci_sysfs.c); state 004 is free, 006 used.
  const table = [
    'hub port sta spd dev      sockfd local_busid',
    'hs  0000 006 002 00010001 000021 1-1',
    'hs  0001 004 000 00000000 000000 0-0',
    'ss  0008 004 000 00000000 000000 0-0',
    '',
  ].join('\n');
  expect(parsePorts(table)).toEqual([
    { port: 0, highSpeed: true, free: false },
    { port: 1, highSpeed: true, free: true },
    { port: 8, highSpeed: false, free: true },
  ]);
});
