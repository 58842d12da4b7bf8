/** Hosts on the TCP ports of a panel's devices, as an agent would be. */
import { connect, type Socket } from 'node:net';
import type { startPanel } from '../../firmware-sim/web/panel-server.ts';
import { until } from '../harness/programs.ts';

type Panel = Awaited<ReturnType<typeof startPanel>>;

export function hostsOf(panel: () => Panel) {
  const sockets: Socket[] = [];
  const deviceOf = (id: string) => {
    const device = panel().devices.find((one) => one.id === id);
    if (!device) throw new Error(`no device ${id}`);
    return device;
  };
  return {
    /** Connects to a device; answers when the device knows. `hears` waits for bytes in hex. */
    async host(id: string) {
      const device = deviceOf(id);
      const socket = connect(Number(device.port.split(':').at(-1)), '127.0.0.1');
      sockets.push(socket);
      let heard = '';
      socket.on('data', (bytes) => (heard += bytes.toString('hex').toUpperCase()));
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('error', reject);
      });
      // A line of signs says nothing by itself, and does not show whether somebody is there.
      if (device.kind !== 'sign-line')
        await until('the device to see its host', () => {
          const state = device.state();
          return 'hostPresent' in state && state.hostPresent;
        });
      return {
        send: (frame: string | Uint8Array) =>
          socket.write(typeof frame === 'string' ? Buffer.from(frame, 'hex') : frame),
        hears: (hex: string) => until(`${id} to say ${hex}`, () => heard.includes(hex)),
      };
    },
    /** A device on TCP has one host at a time: the next one can come when this has gone on both sides. */
    async leave() {
      for (const socket of sockets.splice(0)) {
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.end();
        await closed;
      }
    },
  };
}
