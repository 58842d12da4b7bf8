/** QEMU's monitor, as the guest reaches it: plugs and unplugs the USB serial adapter that QEMU emulates. */
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { until } from '../../harness/programs.ts';
import { LIMIT_MS } from './check.ts';

const PORT = '/dev/virtio-ports/lab.qmp';

/** `socket`: one of the root hub's [1…8], 1 unless another is named. */
export type Adapter = { plug(socket?: number): Promise<void>; unplug(): Promise<void> };

/** The FTDI adapter with which the guest was started; it says the serial number 0001, as cheap ones do. */
export async function ftdiAdapter(): Promise<Adapter> {
  await command('qmp_capabilities');
  return {
    plug: (socket = 1) =>
      command('device_add', {
        driver: 'usb-serial',
        id: 'usbserial0',
        chardev: 'ser0',
        bus: 'xhci.0',
        port: String(socket),
        'always-plugged': true,
        serial: '0001',
      }),
    unplug: () => command('device_del', { id: 'usbserial0' }),
  };
}

/** A virtio port can be opened by one at a time, and a blocking read of it would keep the program from ending. */
const file = openSync(PORT, constants.O_RDWR | constants.O_NONBLOCK);
process.once('exit', () => closeSync(file));
let heard = '';

async function command(execute: string, given: object = {}): Promise<void> {
  writeSync(file, `${JSON.stringify({ execute, arguments: given, id: execute })}\n`);
  const buffer = Buffer.alloc(4096);
  await until(
    `QEMU to answer ${execute}`,
    () => {
      try {
        heard += buffer.toString('utf8', 0, readSync(file, buffer));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      }
      const lines = heard.split('\n');
      heard = lines.pop() ?? '';
      const answer = lines.map((line) => JSON.parse(line) as Answer).find(({ id }) => id === execute);
      if (answer?.error) throw new Error(answer.error.desc);
      return answer !== undefined;
    },
    LIMIT_MS,
  );
}
type Answer = { id?: string; error?: { desc: string } };
