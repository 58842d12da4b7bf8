import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { serialTransport, troubleOfOpenError } from '../../kiosk-agent/device/transport/serial.ts';
import { tcpTransport, troubleOf } from '../../kiosk-agent/device/transport/tcp.ts';
import type { OpenTransport, PortTrouble, Transport } from '../../kiosk-agent/device/transport/transport.ts';
import { DeviceEnd, unplugAll } from './device-end.ts';
import { until } from './manual-clock.ts';

const LINE = { baud: 9600, data: 8, parity: 'none', stop: 1, rtscts: false } as const;
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
  unplugAll();
});

async function opened(
  open: OpenTransport,
): Promise<{ transport: Transport; got: () => string; closed: (PortTrouble | null)[] }> {
  const result = await open();
  if (!result.ok) throw new Error(`${result.trouble.kind}: ${result.trouble.detail}`);
  const { transport } = result;
  const closed: (PortTrouble | null)[] = [];
  let got = '';
  transport.onData = (bytes) => (got += Buffer.from(bytes).toString('latin1'));
  transport.onClosed = (trouble) => closed.push(trouble);
  undo.push(() => transport.close());
  return { transport, got: () => got, closed };
}

async function listening(
  onSocket: (socket: Socket) => void,
): Promise<{ server: Server; address: { host: string; port: number } }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    sockets.add(socket);
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } };
}

describe('a serial port', () => {
  it('carries bytes both ways, every value of a byte', async () => {
    const device = new DeviceEnd();
    const { transport, got } = await opened(serialTransport(device.path, LINE));
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(await transport.write(all)).toEqual({ ok: true });
    await until(() => device.received.length >= 256, '256 bytes at the device');
    device.write(all);
    await until(() => got().length >= 256, '256 bytes at the host');
    const text = Buffer.from(all).toString('latin1');
    expect(device.received).toBe(text);
    expect(got()).toBe(text);
  });

  it('is busy for a second one, and free again after closing', async () => {
    const device = new DeviceEnd();
    const first = await opened(serialTransport(device.path, LINE));
    expect(await serialTransport(device.path, LINE)()).toMatchObject({
      ok: false,
      trouble: { kind: 'busy' },
    });
    await first.transport.close();
    const second = await opened(serialTransport(device.path, LINE));
    expect((await second.transport.write(Buffer.from('x'))).ok).toBe(true);
  });

  it('that is not there is missing, and its name is in the trouble', async () => {
    const result = await serialTransport('/dev/ttyHall99', LINE)();
    expect(result).toMatchObject({ ok: false, trouble: { kind: 'missing' } });
    expect(!result.ok && result.trouble.detail).toContain('/dev/ttyHall99');
  });

  it('that is no serial port is refused', async () => {
    expect(await serialTransport('/dev/null', LINE)()).toMatchObject({
      ok: false,
      trouble: { kind: 'refused' },
    });
  });

  it('that is pulled out closes once with `unplugged`, and later writes say so', async () => {
    const device = new DeviceEnd();
    const { transport, closed, got } = await opened(serialTransport(device.path, LINE));
    device.write('x');
    await until(() => got() === 'x', 'a byte');
    device.unplug();
    await until(() => closed.length > 0, 'the unplug');
    expect(closed).toMatchObject([{ kind: 'unplugged' }]);
    expect(await transport.write(Buffer.from('x'))).toMatchObject({
      ok: false,
      trouble: { kind: 'unplugged' },
    });
    await transport.close();
    await transport.close();
    expect(closed).toHaveLength(1);
  });

  it('that is pulled out before it was ever read is noticed too', async () => {
    // serialport 13 itself reads such a port for ever without an error.
    const device = new DeviceEnd();
    const { transport, closed } = await opened(serialTransport(device.path, LINE));
    device.unplug();
    await until(() => closed.length > 0, 'the unplug');
    expect(closed).toMatchObject([{ kind: 'unplugged' }]);
    expect(await transport.write(Buffer.from('x'))).toMatchObject({
      ok: false,
      trouble: { kind: 'unplugged' },
    });
  });

  it('settles every write that waits when it is pulled out', async () => {
    const device = new DeviceEnd();
    const { transport, closed } = await opened(serialTransport(device.path, LINE));
    device.pause();
    const writes = Array.from({ length: 20 }, () => transport.write(new Uint8Array(8_192)));
    device.unplug();
    const results = await Promise.all(writes);
    expect(results.at(-1)).toMatchObject({ ok: false, trouble: { kind: 'unplugged' } });
    await until(() => closed.length > 0, 'the unplug');
    expect(closed).toMatchObject([{ kind: 'unplugged' }]);
  });

  it('closes with null on purpose, twice if asked twice, and settles what waits', async () => {
    const device = new DeviceEnd();
    const { transport, closed } = await opened(serialTransport(device.path, LINE));
    device.pause();
    const writes = Array.from({ length: 20 }, () => transport.write(new Uint8Array(8_192)));
    await Promise.all([transport.close(), transport.close()]);
    expect(closed).toEqual([null]);
    expect((await Promise.all(writes)).at(-1)).toMatchObject({ ok: false });
    await opened(serialTransport(device.path, LINE));
  });

  it('given up while it opens leaves nothing open', async () => {
    const device = new DeviceEnd();
    const stop = new AbortController();
    const opening = serialTransport(device.path, LINE)(stop.signal);
    stop.abort();
    expect(await opening).toMatchObject({ ok: false });
    await opened(serialTransport(device.path, LINE));
  });

  it.each([
    ['Error Resource temporarily unavailable Cannot lock port', 'busy'],
    ['Error: Device or resource busy, cannot open /dev/ttyUSB0', 'busy'],
    ['Opening COM3: Access denied', 'busy'],
    ['Error: Permission denied, cannot open /dev/ttyUSB0', 'denied'],
    ['Error: Operation not permitted, cannot open /dev/ttyUSB0', 'denied'],
    ['Error: No such file or directory, cannot open /dev/ttyUSB0', 'missing'],
    ['Error: No such device or address, cannot open /dev/ttyUSB0', 'missing'],
    ['Opening COM3: File not found', 'missing'],
    ['Opening COM3: Unknown error code 121', 'timeout'],
    ['Opening COM3: Unknown error code 31', 'refused'],
    ['Error: Input/output error, cannot open /dev/ttyS3', 'refused'],
    ['Opening COM3: Unknown error code 1234', 'unknown'],
  ])('"%s" means %s', (message, kind) => {
    expect(troubleOfOpenError(message, 'PORT')).toEqual({ kind, detail: `PORT: ${message}` });
  });
});

describe('a TCP port', () => {
  it('carries bytes both ways', async () => {
    const { address } = await listening((socket) => socket.pipe(socket));
    const { transport, got } = await opened(tcpTransport(address));
    expect(await transport.write(Buffer.from('ab'))).toEqual({ ok: true });
    await until(() => got() === 'ab', 'the echo');
  });

  it('nobody listens at is refused', async () => {
    const { server, address } = await listening(() => {});
    server.close();
    await once(server, 'close');
    expect(await tcpTransport(address)()).toMatchObject({ ok: false, trouble: { kind: 'refused' } });
  });

  it('of a host that has no address is missing', async () => {
    const result = await tcpTransport({ host: 'printer.invalid', port: 9100 })();
    expect(result).toMatchObject({ ok: false, trouble: { kind: 'missing' } });
  });

  it('that takes no connection is given up after the limit', async () => {
    // A program that listens and never accepts, with its queue filled up: the operating system drops further calls.
    const deaf = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen({port: 0, host: '127.0.0.1', backlog: 1}, function () {
        require('fs').writeSync(1, this.address().port + '\\n'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) })`,
    ]);
    undo.push(() => deaf.kill('SIGKILL'));
    const [first] = (await once(deaf.stdout, 'data')) as [Buffer];
    const address = { host: '127.0.0.1', port: Number(first.toString()) };
    const fillers = Array.from({ length: 4 }, () => connect(address).on('error', () => {}));
    undo.push(() => fillers.forEach((socket) => socket.destroy()));
    await until(() => fillers.filter((socket) => !socket.connecting).length >= 2, 'the queue to fill');
    expect(await tcpTransport(address, 200)()).toMatchObject({ ok: false, trouble: { kind: 'timeout' } });
  });

  it.each(['end', 'destroy', 'resetAndDestroy'] as const)(
    'closes with `unplugged` when the device does %s',
    async (how) => {
      let far: Socket | undefined;
      const { address } = await listening((socket) => (far = socket));
      const { closed } = await opened(tcpTransport(address));
      await until(() => far !== undefined, 'the connection');
      far?.[how]();
      await until(() => closed.length > 0, 'the closing');
      expect(closed).toMatchObject([{ kind: 'unplugged' }]);
    },
  );

  it('to a device that takes nothing refuses to hoard, and closing settles what waits', async () => {
    const { address } = await listening((socket) => socket.pause());
    const { transport, closed } = await opened(tcpTransport(address));
    const piece = new Uint8Array(256 * 1024);
    const results: unknown[] = [];
    let asked = 0;
    await until(() => {
      asked += 1;
      void transport.write(piece).then((result) => results.push(result));
      return results.some((result) => (result as { trouble?: PortTrouble }).trouble?.kind === 'timeout');
    }, 'a refusal');
    await transport.close();
    await until(() => results.length === asked, 'every write to settle');
    expect(closed).toEqual([null]);
    expect(results).toContainEqual({
      ok: false,
      trouble: { kind: 'unplugged', detail: 'the port was closed' },
    });
  });

  it.each([
    ['EHOSTUNREACH', 'missing'],
    ['ENETUNREACH', 'missing'],
    ['ETIMEDOUT', 'timeout'],
    ['EACCES', 'denied'],
    ['EWHATEVER', 'unknown'],
  ])('error %s means %s', (code, kind) => {
    expect(troubleOf(Object.assign(new Error('text'), { code }), 'tcp:h:1')).toEqual({
      kind,
      detail: 'tcp:h:1: text',
    });
  });
});
