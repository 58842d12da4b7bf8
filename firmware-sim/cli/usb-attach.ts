/** The command that makes the simulator's USB devices real ones on this Linux computer. */
import { type Command } from 'commander';
import { attachAll } from '../usb/host.ts';
import { usbIpPort } from '../usb/bus.ts';
import { endWith, portNumber, say } from './one-device.ts';

type UsbAttachCommand = { host: string; port: number; busId?: string[] };

export function addUsbAttach(program: Command) {
  program
    .command('usb-attach')
    .description("keep a simulator's USB devices attached to this computer (Linux, root, module vhci-hcd)")
    .option('--host <host>', 'where the simulator runs', '127.0.0.1')
    .option('--port <port>', 'its USB/IP port', portNumber, usbIpPort)
    .option('--bus-id <id...>', 'only these devices, as 1-1')
    .addHelpText('after', '\nMore: docs/usb.md')
    .action(({ host, port, busId }: UsbAttachCommand) => {
      const attached = attachAll({ host, port, busIds: busId, say });
      endWith(attached);
      say(`usb-attach ready ${host}:${port}`);
    });
}
