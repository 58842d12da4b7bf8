/**
 * A USB/IP client as a witness, typed from Linux Documentation/usb/usbip_protocol.rst and USB 2.0 chapter 9; it shares
 * nothing with the server.
 */
import { connect, type Socket } from 'node:net';

export type Answer = { status: number; bytes: Buffer; actual: number };
export const STALL = -32;
export const CONNECTION_RESET = -104;
export const SHUTDOWN = -108;

const patienceMs = 10_000;

/** Waits until `look` says true, asked again after everything that comes; throws with what was waited for. */
function waiting(socket: Socket) {
  return (what: string, look: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        socket.off('data', again);
        socket.off('close', again);
        settle();
      };
      const timer = setTimeout(() => finish(() => reject(new Error(`waited for ${what}`))), patienceMs);
      const again = () => {
        if (look()) finish(resolve);
        else if (socket.closed) finish(() => reject(new Error(`the connection ended before ${what}`)));
      };
      socket.on('data', again);
      socket.on('close', again);
      again();
    });
}

/** Opens a connection that collects what comes. */
export async function dial(port: number) {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  const until = waiting(socket);
  let heard: Buffer = Buffer.alloc(0);
  const collect = (bytes: Buffer) => void (heard = Buffer.concat([heard, bytes]));
  socket.on('data', collect);
  socket.on('error', () => {});
  await new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(undefined));
    socket.once('error', reject);
  });
  return {
    socket,
    until,
    /** What has come and was not taken; from then on others collect. */
    handOver() {
      socket.off('data', collect);
      return heard;
    },
    closed: () => socket.closed,
    send: (bytes: Uint8Array) => void socket.write(bytes),
    take: async (count: number, what = `${count} bytes`) => {
      await until(what, () => heard.length >= count);
      const bytes = heard.subarray(0, count);
      heard = heard.subarray(count);
      return bytes;
    },
    whole: async () => {
      await until('the server to end the connection', () => socket.closed);
      return heard;
    },
  };
}

/** What `usbip list -r` reads. */
export async function list(port: number) {
  const line = await dial(port);
  line.send(Buffer.from('0111800500000000', 'hex'));
  const reply = await line.whole();
  if (reply.toString('hex', 0, 8) !== '0111000500000000') throw new Error(`list: ${reply.toString('hex')}`);
  const devices = [];
  let at = 12;
  for (let left = reply.readUInt32BE(8); left > 0; left--) {
    const one = readDevice(reply.subarray(at, at + 312));
    at += 312;
    const interfaces = Array.from({ length: one.interfaces }, (_, n) =>
      reply.toString('hex', at + 4 * n, at + 4 * n + 4),
    );
    at += 4 * one.interfaces;
    devices.push({ ...one, interfaces });
  }
  if (at !== reply.length) throw new Error(`list: ${reply.length - at} bytes too many`);
  return devices;
}

function readDevice(bytes: Buffer) {
  const text = (from: number, to: number) => bytes.toString('latin1', from, to).replace(/\0.*$/s, '');
  return {
    path: text(0, 256),
    busId: text(256, 288),
    deviceId: bytes.readUInt32BE(288) * 0x10000 + bytes.readUInt32BE(292),
    speed: bytes.readUInt32BE(296),
    ids: `${bytes.toString('hex', 300, 302)}:${bytes.toString('hex', 302, 304)}`,
    release: bytes.toString('hex', 304, 306),
    triple: bytes.toString('hex', 306, 309),
    configurations: bytes.toString('hex', 309, 311),
    interfaces: bytes.readUInt8(311),
  };
}

/** Asks for a device; the status when it is refused. */
export async function tryImport(port: number, busId: string) {
  const line = await dial(port);
  const name = Buffer.alloc(32);
  name.write(busId, 'latin1');
  line.send(Buffer.concat([Buffer.from('0111800300000000', 'hex'), name]));
  const head = await line.take(8, 'the answer to the import');
  if (head.toString('hex', 0, 4) !== '01110003') throw new Error(`import: ${head.toString('hex')}`);
  const status = head.readUInt32BE(4);
  if (status !== 0) {
    line.socket.destroy();
    return { refused: status } as const;
  }
  const device = readDevice(await line.take(312, 'the device'));
  return { refused: null, line, device } as const;
}

export type UsbHost = Awaited<ReturnType<typeof importDevice>>;

/** A host that has the device: transfers by endpoint, answers by sequence number. */
export async function importDevice(port: number, busId: string) {
  const got = await tryImport(port, busId);
  if (got.refused !== null) throw new Error(`${busId} refused: ${got.refused}`);
  const { line, device } = got;
  let sequence = 0;
  const submitted = new Map<number, { toHost: boolean }>();
  const answers = new Map<number, Answer>();
  const unlinked = new Map<number, number>();

  /** Takes the frames that have come apart; throws at what no server may send. */
  function read(socket: Socket) {
    let at = 0;
    const bytes = rest;
    while (bytes.length - at >= 48) {
      const command = bytes.readUInt32BE(at);
      const number = bytes.readUInt32BE(at + 4);
      const status = bytes.readInt32BE(at + 20);
      if (command === 4) {
        unlinked.set(number, status);
        at += 48;
        continue;
      }
      const asked = submitted.get(number);
      if (command !== 3 || !asked || answers.has(number)) {
        socket.destroy();
        broken = `an answer to nothing: ${bytes.toString('hex', at, at + 48)}`;
        return;
      }
      const actual = bytes.readUInt32BE(at + 24);
      const data = asked.toHost ? actual : 0;
      if (bytes.length - at < 48 + data) break;
      answers.set(number, { status, actual, bytes: Buffer.from(bytes.subarray(at + 48, at + 48 + data)) });
      at += 48 + data;
    }
    rest = bytes.subarray(at);
  }
  let rest: Buffer = line.handOver();
  let broken = '';
  line.socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    read(line.socket);
  });

  function header(command: number, direction: number, endpoint: number, words: number[], setup = '') {
    const head = Buffer.alloc(48);
    sequence += 1;
    for (const [at, word] of [command, sequence, device.deviceId, direction, endpoint, ...words].entries())
      head.writeUInt32BE(word, 4 * at);
    head.write(setup, 40, 'hex');
    return head;
  }

  /** `endpoint` with bit 7 for the direction, as in a descriptor; answers the sequence number. */
  function submit(
    endpoint: number,
    data: Uint8Array | number,
    { setup = '', flags = 0 }: { setup?: string; flags?: number } = {},
  ): number {
    const toHost = typeof data === 'number';
    const length = toHost ? data : data.length;
    const head = header(1, toHost ? 1 : 0, endpoint & 15, [flags, length, 0, 0xffffffff, 0], setup);
    submitted.set(sequence, { toHost });
    line.send(toHost ? head : Buffer.concat([head, data]));
    return sequence;
  }

  async function answer(number: number): Promise<Answer> {
    await line.until(`the answer to transfer ${number}`, () => broken !== '' || answers.has(number));
    if (broken) throw new Error(broken);
    return answers.get(number) as Answer;
  }

  async function transfer(endpoint: number, data: Uint8Array | number, flags = 0) {
    return answer(submit(endpoint, data, { flags }));
  }

  /** A control request from its eight bytes in hex, as on the bus; bytes in hex, or `STALL`. */
  async function control(setup: string, data = ''): Promise<string> {
    const packet = Buffer.from(setup.replaceAll(' ', ''), 'hex');
    if (packet.length !== 8) throw new Error(`${setup} is no setup packet`);
    const toHost = (packet.readUInt8(0) & 0x80) !== 0;
    const body = Buffer.from(data.replaceAll(' ', ''), 'hex');
    const number = submit(toHost ? 0x80 : 0, toHost ? packet.readUInt16LE(6) : body, {
      setup: packet.toString('hex'),
    });
    const { status, bytes, actual } = await answer(number);
    if (status === STALL) return 'STALL';
    if (status !== 0) throw new Error(`${setup}: status ${status}`);
    if (!toHost && actual !== body.length) throw new Error(`${setup}: ${actual} bytes taken`);
    return bytes.toString('hex');
  }

  return {
    device,
    line,
    submit,
    answer,
    transfer,
    control,
    answered: (number: number) => answers.has(number),
    /** Gives up a transfer; its own answer's status. */
    async unlink(number: number): Promise<number> {
      line.send(header(2, 0, 0, [number]));
      const own = sequence;
      await line.until(`the answer to unlinking ${number}`, () => unlinked.has(own));
      return unlinked.get(own) as number;
    },
    configure: () => control('00 09 01 00 00 00 00 00'),
    closed: line.closed,
    ended: () => line.until('the server to end the connection', line.closed),
    /** Pulls the cable between the two computers. */
    async leave() {
      line.socket.destroy();
      await line.until('the connection to close', line.closed);
    },
  };
}
