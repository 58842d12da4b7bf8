/** The bus: sockets with devices in them, and the TCP port where USB/IP clients find them. */
import { createServer, type Socket } from 'node:net';
import { hidAddress } from '../port/hid.ts';
import { listen } from '../port/listen.ts';
import type { DevicePort } from '../port/port.ts';
import type { UsbBus, UsbIdentity, UsbSocket } from '../port/usb.ts';
import { type Exported, serveConnection, type UsbTraffic } from './connection.ts';
import type { DeviceDescriptor } from './descriptors.ts';
import { createUsbDevice, type UsbFunction } from './device.ts';
import { createHidFunction } from './hid-function.ts';
import { createPrinterFunction } from './printer-class.ts';
import { createSerialChip } from './serial-function.ts';

/** Where USB/IP servers listen. */
export const usbIpPort = 3240;

const fullSpeed = 2;
const busNumber = 1;
const mostConnections = 64;
const mostSockets = 127;
const longestText = 63;

export type UsbBusOptions = {
  /** 0 = any free port; the port of USB/IP is 3240. */
  port: number;
  /** Default 127.0.0.1; USB/IP knows no password, so that another address opens the devices to the network. */
  host?: string;
  /** ms, for `onTraffic`; default Date.now. */
  now?: () => number;
  onTraffic?: (entry: UsbTraffic) => void;
};

/** Starts an empty bus; rejects with a PortError when the port cannot be opened. */
export async function startUsbBus(options: UsbBusOptions): Promise<UsbBus> {
  const { host = '127.0.0.1', now = Date.now, onTraffic } = options;
  const plugged = new Map<string, Exported>();
  const connections = new Map<Socket, ReturnType<typeof serveConnection>>();
  const sockets: Pick<UsbSocket, 'busId' | 'address' | 'product'>[] = [];

  const server = createServer((socket) => {
    const peer = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? '?'}`;
    if (connections.size >= mostConnections) {
      onTraffic?.({
        at: now(),
        peer,
        busId: null,
        what: 'end',
        detail: `over ${mostConnections} connections`,
      });
      return socket.destroy();
    }
    const connection = serveConnection(socket, {
      exported: () => [...plugged.values()],
      traffic: (entry) => onTraffic?.({ at: now(), peer, ...entry }),
    });
    connections.set(socket, connection);
    socket.on('close', () => connections.delete(socket));
  });
  const port = await listen(server, host, options.port);

  /** Gives the device the next socket; it is not plugged in yet. */
  function addSocket(descriptor: DeviceDescriptor, usbFunction: UsbFunction, address: string) {
    checkIdentity(descriptor);
    if (sockets.length === mostSockets) throw new RangeError(`a USB bus has ${mostSockets} sockets at most`);
    const deviceNumber = sockets.length + 1;
    const busId = `${busNumber}-${deviceNumber}`;
    sockets.push({ busId, address, product: descriptor.product });
    const device = createUsbDevice(descriptor, usbFunction);
    const { vendorId, productId, deviceRelease, triple, interfaces } = descriptor;
    const record = {
      ...{ busId, busNumber, deviceNumber, speed: fullSpeed },
      ...{ vendorId, productId, release: deviceRelease, deviceClass: triple, configuration: 1 },
      interfaces: interfaces.map((one) => one.triple),
    };
    return {
      busId,
      async open() {
        if (!server.listening) throw new Error('the USB bus is closed');
        if (!plugged.has(busId)) plugged.set(busId, { record, device, importer: undefined });
      },
      async close() {
        const one = plugged.get(busId);
        plugged.delete(busId);
        one?.importer?.end('unplugged');
      },
    };
  }

  function devicePort(
    made: { descriptor: DeviceDescriptor; usbFunction: UsbFunction } & Pick<
      DevicePort,
      'write' | 'setReading'
    >,
  ): DevicePort {
    const address = usbAddress(made.descriptor);
    const socket = addSocket(made.descriptor, made.usbFunction, address);
    return {
      kind: 'usb',
      address,
      number: undefined,
      open: socket.open,
      close: socket.close,
      write: made.write,
      setReading: made.setReading,
    };
  }

  return {
    address: `${host}:${port}`,
    port,
    serial({ chip = 'cdc-acm', ...identity }, events) {
      const { description, ...made } = createSerialChip(chip, events);
      const { manufacturer = 'hall-sim', vendorId, productId, product, serial } = identity;
      const descriptor = { ...description, vendorId, productId, manufacturer, product, serial };
      return devicePort({ ...made, descriptor });
    },
    printer: (identity, events) => devicePort(createPrinterFunction(identity, events)),
    hid(identity, events) {
      const made = createHidFunction(identity, events);
      const address = hidAddress(identity);
      const socket = addSocket(made.descriptor, made.usbFunction, address);
      return {
        address,
        open: socket.open,
        close: socket.close,
        write: made.write,
      };
    },
    sockets: () =>
      sockets.map((socket) => ({
        ...socket,
        plugged: plugged.has(socket.busId),
        attached: plugged.get(socket.busId)?.importer !== undefined,
      })),
    async close() {
      plugged.clear();
      for (const connection of connections.values()) connection.end('the bus is closed');
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** `usb:VENDOR:PRODUCT[:SERIAL]` */
function usbAddress({ vendorId, productId, serial }: Pick<UsbIdentity, 'vendorId' | 'productId' | 'serial'>) {
  const hex = (id: number) => id.toString(16).padStart(4, '0');
  return `usb:${hex(vendorId)}:${hex(productId)}${serial && `:${serial}`}`;
}

function checkIdentity(descriptor: DeviceDescriptor) {
  for (const field of ['vendorId', 'productId'] as const)
    if (!Number.isInteger(descriptor[field]) || descriptor[field] < 0 || descriptor[field] > 0xffff)
      throw new RangeError(`USB device: ${field} ${descriptor[field]} must be 0 to FFFF`);
  for (const field of ['manufacturer', 'product', 'serial'] as const)
    if (descriptor[field].length > longestText)
      throw new RangeError(`USB device: ${field} has over ${longestText} characters`);
}
