import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { afterEach, describe, expect, it } from 'vitest';
import { PortError, startCable, startEvaluator, startPrinter } from '../../firmware-sim/index.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function folder() {
  const made = mkdtempSync(join(tmpdir(), 'hall-sim-'));
  ends.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Collects what a stream says; `until` waits for a text (the test's own time limit ends a vain wait). */
function ear(stream: { on: (event: 'data', listener: (bytes: Buffer) => void) => unknown }) {
  let heard = '';
  const waiting: { wanted: string; done: () => void }[] = [];
  stream.on('data', (bytes) => {
    heard += bytes.toString('latin1');
    for (const one of waiting.filter(({ wanted }) => heard.includes(wanted))) one.done();
  });
  return {
    heard: () => heard,
    until: (wanted: string) =>
      new Promise<void>((done) => {
        if (heard.includes(wanted)) done();
        else waiting.push({ wanted, done });
      }),
  };
}

async function openSerial(path: string) {
  const port = new SerialPort({ path, baudRate: 9600, autoOpen: false });
  port.on('error', () => {});
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
  ends.push(() => port.isOpen && new Promise<void>((resolve) => port.close(() => resolve())));
  return port;
}

async function dial(port: number | undefined) {
  const socket = connect(port ?? 0, '127.0.0.1');
  ends.push(() => socket.destroy());
  socket.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', () => resolve());
    socket.once('error', reject);
  });
  return socket;
}
const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

describe('an evaluator on a serial line', () => {
  it('answers a real serial port, survives an unplug and keeps its press', async () => {
    const link = join(folder(), 'evaluator');
    const device = await startEvaluator({ port: `pty:${link}`, serial: 'S77', random: () => 0.5 });
    ends.push(() => device.close());
    expect(device.port).toBe(`serial:${link}`);

    const first = await openSerial(link);
    const heard = ear(first);
    // WHO,1 and its checksum, computed by hand from the page.
    first.write(`$WHO,1*${crc('WHO,1')}\r\n`);
    await heard.until('HI,1,HALL-EV5,S77,80000000,1.0');

    // serialport 13 reads for ever and never closes when the line goes away while a read is in flight (a hung-up
    // line gives 0 bytes): let it come to rest first. Whoever uses serialport must guard against this.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const gone = new Promise<void>((resolve) => first.once('close', () => resolve()));
    await device.unplug();
    await gone;
    expect(existsSync(link)).toBe(false);
    expect(device.press(1)).toBe(true);

    await device.plug();
    const second = await openSerial(link);
    const again = ear(second);
    await again.until('KEY,80000000,1,-,5,');
    second.write(`$ACK,80000000,1*${crc('ACK,80000000,1')}\r\n`);
    await expect.poll(() => device.state().pressesWaiting).toBe(0);
    expect(device.state().lights.thanks).toBe('lit');
  });

  it('goes on when the host closes its port and opens it again, and old bytes do not wait for it', async () => {
    const link = join(folder(), 'evaluator');
    const device = await startEvaluator({ port: `pty:${link}` });
    ends.push(() => device.close());
    const first = await openSerial(link);
    await expect.poll(() => device.state().hostPresent).toBe(true);
    await new Promise<void>((resolve) => first.close(() => resolve()));
    await expect.poll(() => device.state().hostPresent).toBe(false);
    device.press(2);
    const second = await openSerial(link);
    const heard = ear(second);
    await heard.until('KEY,');
    expect(heard.heard()).not.toContain(',0*');
  });

  it('with a stuck key says so in its status and refuses that key', async () => {
    const device = await startEvaluator({ port: 'tcp:0' });
    ends.push(() => device.close());
    await device.setFault('stuck-key', true, { key: 3 });
    expect(device.state()).toMatchObject({ faultBits: 1, pressesWaiting: 1 });
    expect(device.press(3)).toBe(false);
    expect(device.press(1)).toBe(true);
    await expect(device.setFault('paper-out', true)).rejects.toThrow('evaluator has no fault "paper-out"');
  });
});

describe('a printer on the network', () => {
  it('takes who comes as another leaves, and prints all that the one who left had sent', async () => {
    const device = await startPrinter({ port: 'tcp:0', speed: Infinity });
    ends.push(() => device.close());
    const first = await dial(device.portNumber);
    // More than its buffer, and gone before it is taken.
    first.end(Buffer.concat([Buffer.alloc(100_000, '\x1b@'), Buffer.from('last\n\x1dVA\0', 'latin1')]));
    const second = await dial(device.portNumber);
    const { until } = ear(second);
    second.write(Buffer.from('1004011d7201', 'hex'));
    await until('\x00');
    expect(device.papers().at(-1)?.text).toContain('last');
  });

  it('serves one client, refuses a second, and listens on the same port after a plug', async () => {
    const device = await startPrinter({ port: 'tcp:0', speed: Number.POSITIVE_INFINITY });
    ends.push(() => device.close());
    const client = await dial(device.portNumber);
    const heard = ear(client);
    const second = await dial(device.portNumber);
    await closed(second);
    client.write(Buffer.from('100404', 'hex'));
    await heard.until('\x12');
    const cut = closed(client);
    await device.unplug();
    await cut;
    await expect(dial(device.portNumber)).rejects.toThrow('ECONNREFUSED');
    const before = device.port;
    await device.plug();
    expect(device.port).toBe(before);
    await dial(device.portNumber);
  });

  it('holds the host back when its buffer is full, loses nothing, and prints all after loading', async () => {
    const device = await startPrinter({ port: 'tcp:0', speed: Number.POSITIVE_INFINITY });
    ends.push(() => device.close());
    await device.setFault('paper-out', true);
    const client = await dial(device.portNumber);
    client.write(Buffer.from('0123456789\n'.repeat(2000)));
    await expect.poll(() => device.state().bufferedBytes).toBe(4096);
    device.loadPaper();
    await expect.poll(() => device.state().lines).toBe(2000);
    expect(device.state().dropped).toBe(0);
  });

  it('pulls its own plug in mid job', async () => {
    const device = await startPrinter({ port: 'tcp:0', speed: Number.POSITIVE_INFINITY });
    ends.push(() => device.close());
    await device.setFault('unplug-after-bytes', true, { bytes: 6 });
    const client = await dial(device.portNumber);
    const cut = closed(client);
    client.write('one\ntwo\nthree\n');
    await cut;
    expect(device.plugged).toBe(false);
    expect(device.currentPaper().text).toBe('one');
    expect(device.state().received).toBe(6);
  });

  it('says which port is taken and what to do', async () => {
    const first = await startPrinter({ port: 'tcp:0' });
    ends.push(() => first.close());
    const second = startPrinter({ port: `tcp:${first.portNumber}` });
    await expect(second).rejects.toBeInstanceOf(PortError);
    await expect(second).rejects.toThrow(`tcp:127.0.0.1:${first.portNumber}: is in use`);
  });
});

describe('a cable', () => {
  it('carries bytes both ways, is cut on both sides, and comes back on the same port', async () => {
    const far = createServer((socket) => socket.on('error', () => {}).pipe(socket));
    await new Promise<void>((resolve) => far.listen(0, '127.0.0.1', () => resolve()));
    ends.push(() => far.close());
    const address = far.address();
    if (!address || typeof address === 'string') throw new Error('no port');
    const cable = await startCable({ port: 0, to: { host: '127.0.0.1', port: address.port } });
    ends.push(() => cable.close());
    const near = await dial(cable.portNumber);
    const heard = ear(near);
    near.write('ping');
    await heard.until('ping');
    expect(cable.state()).toMatchObject({ bytesUp: 4, bytesDown: 4, open: 1 });
    const cut = closed(near);
    await cable.unplug();
    await cut;
    await expect(dial(cable.portNumber)).rejects.toThrow('ECONNREFUSED');
    await cable.plug();
    const again = await dial(cable.portNumber);
    const heardAgain = ear(again);
    again.write('pong');
    await heardAgain.until('pong');
  });
});

/** Checksum of a body, bit by bit, by the page's polynomial and start value. */
function crc(body: string) {
  let value = 0xffff;
  for (const sign of Buffer.from(body)) {
    value ^= sign;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >> 1) ^ 0xa001 : value >> 1;
  }
  return value.toString(16).toUpperCase().padStart(4, '0');
}
