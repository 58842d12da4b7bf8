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
        id: DEVICE,
        chardev: 'ser0',
        bus: 'xhci.0',
        port: String(socket),
        'always-plugged': true,
        serial: '0001',
      }),
    async unplug() {
      await command('device_del', { id: DEVICE });
      // The answer means that the guest was told; only then is its end of the line free.
      await heard(
        ({ event, data }) => event === 'DEVICE_DELETED' && data?.device === DEVICE,
        'the unplugging',
      );
    },
  };
}

const DEVICE = 'usbserial0';
type Message = { id?: string; error?: { desc: string }; event?: string; data?: { device?: string } };

/** A virtio port can be opened by one at a time, and a blocking read of it would keep the program from ending. */
const file = openSync(PORT, constants.O_RDWR | constants.O_NONBLOCK);
process.once('exit', () => closeSync(file));
const messages: Message[] = [];
let rest = '';

async function command(execute: string, given: object = {}): Promise<void> {
  writeSync(file, `${JSON.stringify({ execute, arguments: given, id: execute })}\n`);
  const { error } = await heard(({ id }) => id === execute, execute);
  if (error) throw new Error(`QEMU refuses ${execute}: ${error.desc}`);
}

/** Waits for the first message of this kind and takes it out of those that have come. */
async function heard(is: (message: Message) => boolean, what: string): Promise<Message> {
  const at = await until(
    `QEMU to answer ${what}`,
    () => {
      read();
      const found = messages.findIndex(is);
      return found >= 0 && { found };
    },
    LIMIT_MS,
  );
  return messages.splice(at.found, 1)[0]!;
}

function read(): void {
  const buffer = Buffer.alloc(4096);
  try {
    rest += buffer.toString('utf8', 0, readSync(file, buffer));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  const lines = rest.split('\n');
  rest = lines.pop() ?? '';
  messages.push(...lines.filter(Boolean).map((line) => JSON.parse(line) as Message));
}
