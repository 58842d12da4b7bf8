import { readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { cardText } from '../../firmware-sim/id-reader/card-text.ts';
import { createRequestReceiver, encodeAnswer } from '../../firmware-sim/id-reader/frame.ts';
import { type IdReaderOptions, startIdReader } from '../../firmware-sim/id-reader/id-reader.ts';
import { commandOf, ReaderMachine, sw } from '../../firmware-sim/id-reader/machine.ts';
import { samplePeople, type SamplePerson } from '../../firmware-sim/id-reader/people.ts';
import { until } from '../device/manual-clock.ts';

const vectors = JSON.parse(readFileSync(new URL('../vectors/sdt.json', import.meta.url), 'utf8')) as {
  requests: { request: string; hex: string }[];
  alsoObeyed: { command: string; hex: string }[];
  answers: { hex: string; data: string; samId?: string }[];
};
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
const request = (name: string) => {
  const found = [
    ...vectors.requests,
    ...vectors.alsoObeyed.map((each) => ({ ...each, request: each.command })),
  ].find((each) => each.request === name);
  return Buffer.from(found!.hex, 'hex');
};

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

/** A simulated reader and a host that writes bytes by hand. */
async function bench(options: Partial<IdReaderOptions> = {}) {
  const device = await startIdReader({ port: 'tcp:0', ...options });
  undo.push(() => device.close());
  let host: Socket | undefined;
  let heard = Buffer.alloc(0);
  const connect = async () => {
    host = createConnection({ port: Number(device.port.split(':').at(-1)), host: '127.0.0.1' });
    host.on('error', () => {});
    host.on('data', (bytes) => (heard = Buffer.concat([heard, bytes])));
    await until(() => device.state().hostPresent, 'the host');
  };
  await connect();
  undo.push(() => host?.destroy());
  const write = (bytes: Uint8Array) => host?.write(bytes);
  /** Sends a request (a name, or bytes) and gives the first whole frame that comes. */
  const ask = async (what: string | Uint8Array) => {
    heard = Buffer.alloc(0);
    write(typeof what === 'string' ? request(what) : what);
    await until(
      () => heard.length >= 7 && heard.length >= 7 + heard.readUInt16BE(5),
      `an answer to ${String(what)}`,
    );
    return heard;
  };
  /** SW3 of the answer. */
  const status = async (what: string | Uint8Array) => (await ask(what))[9];
  return { device, ask, status, write, heard: () => heard, connect };
}

describe('the frames', () => {
  it.each([
    ...vectors.requests,
    ...vectors.alsoObeyed.map((each) => ({ request: each.command, hex: each.hex })),
  ])('$hex is $request, cut at any byte', ({ request: name, hex }) => {
    const whole = Buffer.from(hex, 'hex');
    for (let cut = 0; cut <= whole.length; cut++) {
      const receiver = createRequestReceiver();
      const got = [
        ...receiver.receive(whole.subarray(0, cut), 0),
        ...receiver.receive(whole.subarray(cut), 0),
      ];
      const expected = name === 'read-address' ? 'read-new-address' : name;
      expect(got.map((each) => ('body' in each ? commandOf(each.body) : each))).toEqual([expected]);
    }
  });

  it.each(vectors.answers.filter(({ hex }) => hex.slice(14, 18) === '0000'))(
    'writes $hex',
    ({ hex, data }) => {
      expect(hexOf(encodeAnswer(parseInt(hex.slice(18, 20), 16), Buffer.from(data, 'hex')))).toBe(hex);
    },
  );

  it('garbage before the preamble is skipped, and half a request forgotten after a silence', () => {
    const receiver = createRequestReceiver();
    const garbage = Buffer.from('24AAAAAAAA0096', 'hex');
    expect(receiver.receive(Buffer.concat([garbage, request('find')]), 0)).toHaveLength(1);
    expect(receiver.skipped).toBe(7);
    expect(receiver.receive(request('find').subarray(0, 8), 10)).toEqual([]);
    expect(receiver.receive(request('status'), 2_000)).toHaveLength(1);
  });
});

describe('a machine that is strict', () => {
  const machineWith = (person?: SamplePerson, bad = {}) => {
    const machine = new ReaderMachine([5, 3, 20260829, 1, 2], new Uint8Array(1024));
    if (person) machine.putCard(samplePeople[person], bad);
    const ask = (name: string) => {
      const [got] = createRequestReceiver().receive(request(name), 0);
      return machine.receive(got!);
    };
    return { machine, ask, sw: (...names: string[]) => names.map((name) => ask(name).sw3) };
  };

  it('tells its SAM id as the page writes it', () => {
    const vector = vectors.answers.find(({ samId }) => samId !== undefined)!;
    const { ask } = machineWith();
    expect(hexOf(encodeAnswer(0x90, ask('sam-id').data))).toBe(vector.hex);
  });

  it('finds, selects and reads in this order, and finds the card again only when it has been lifted', () => {
    const { machine, sw: answers } = machineWith('citizen-common');
    expect(answers('find', 'select', 'read')).toEqual([sw.found, sw.ok, sw.ok]);
    expect(answers('find', 'find', 'select', 'read')).toEqual([0x80, 0x80, 0x81, 0x41]);
    machine.liftCard();
    expect(answers('find')).toEqual([0x80]);
    machine.putCard(samplePeople['citizen-common'], {});
    expect(answers('find', 'select', 'read')).toEqual([sw.found, sw.ok, sw.ok]);
  });

  it('refuses what comes out of order', () => {
    const { sw: answers } = machineWith('citizen-common');
    expect(answers('select')).toEqual([0x81]);
    expect(answers('read')).toEqual([0x41]);
    expect(answers('find', 'read')).toEqual([0x9f, 0x41]);
    expect(answers('find', 'select', 'select')).toEqual([0x9f, 0x90, 0x81]);
    expect(answers('find', 'select', 'find', 'read')).toEqual([0x9f, 0x90, 0x9f, 0x41]);
    expect(answers('find', 'select', 'reset', 'read')).toEqual([0x9f, 0x90, 0x90, 0x41]);
  });

  it('needs find again after a reading that failed', () => {
    const { sw: answers } = machineWith('citizen-common', { read: 0x41, times: 1 });
    expect(answers('find', 'select', 'read', 'read')).toEqual([0x9f, 0x90, 0x41, 0x41]);
    expect(answers('select')).toEqual([0x81]);
    expect(answers('find', 'select', 'read')).toEqual([0x9f, 0x90, 0x90]);
  });

  it('reads text and photo in 1295 bytes, with the length of fingerprints in 1297', () => {
    const { ask } = machineWith('foreigner-2023-longest-name');
    ask('find');
    ask('select');
    const text = cardText(samplePeople['foreigner-2023-longest-name']);
    const frame = encodeAnswer(0x90, ask('read').data);
    expect(frame.length).toBe(1295);
    expect(hexOf(frame.subarray(0, 14))).toBe('AAAAAA9669050800009001000400');
    expect(frame.slice(14, 14 + 256)).toEqual(text);
    const other = machineWith('citizen-common');
    other.ask('find');
    other.ask('select');
    expect(encodeAnswer(0x90, other.ask('read-with-fingerprint').data).length).toBe(1297);
  });

  it('reads a new address where there is one', () => {
    const { ask, sw: answers } = machineWith('citizen-two-characters');
    expect(answers('find', 'select')).toEqual([0x9f, 0x90]);
    expect(encodeAnswer(0x90, ask('read-address').data).length).toBe(0x4a + 7);
    expect(machineWith('citizen-common').sw('read-address', 'find', 'select', 'read-address')).toEqual([
      0x41, 0x9f, 0x90, 0x91,
    ]);
  });

  it('with an ill SAM answers so to everything but a reset', () => {
    const { machine, sw: answers } = machineWith('citizen-common');
    machine.sam = 'self-test-failed';
    expect(answers('status', 'find', 'reset')).toEqual([0x60, 0x60, 0x90]);
    machine.sam = 'not-authorised';
    expect(answers('status', 'sam-id')).toEqual([0x66, 0x66]);
  });
});

describe('a reader on a port', () => {
  it.each([
    ['a wrong checksum', 'AAAAAA9669000320012F', 0x10],
    ['a length that is too short', 'AAAAAA96690002', 0x11],
    ['a length that is too long', 'AAAAAA96690500', 0x11],
    ['a byte more than the command has', 'AAAAAA96690004200100 25', 0x11],
    ['an unknown command', 'AAAAAA9669000355FFA9', 0x24],
    ['an unknown parameter of a command', 'AAAAAA966900032007 24', 0x21],
  ])('answers %s as the page says', async (_, hex, expected) => {
    const { status } = await bench();
    expect(await status(Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toBe(expected);
    expect(await status('status')).toBe(0x90);
  });

  it('reads a card that is lifted in the middle as 41', async () => {
    const { device, status, ask } = await bench({ readMs: 50 });
    device.putCard('citizen-common');
    expect([await status('find'), await status('select')]).toEqual([0x9f, 0x90]);
    const answer = ask('read');
    device.liftCard();
    expect((await answer)[9]).toBe(0x41);
  });

  it.each([0, 14, 700])('stops after %i bytes when the card is moved there', async (bytes) => {
    const { device, status, write, heard } = await bench();
    device.putCard('citizen-common');
    await device.setFault('card-moved-after-bytes', true, { bytes });
    expect([await status('find'), await status('select')]).toEqual([0x9f, 0x90]);
    const before = heard().length;
    write(request('read'));
    await until(() => device.state().requests.read === 1, 'the request');
    await until(() => heard().length - before === bytes, `${bytes} bytes`);
    expect(device.state().card).toBeNull();
    expect(await status('find')).toBe(0x80);
  });

  it('does nothing while it is off, and begins anew when it is on', async () => {
    const { device, write, status } = await bench();
    device.putCard('taiwan');
    await status('find');
    await device.setFault('power-off', true);
    write(request('status'));
    await until(() => device.wire().at(-1)?.decoded === 'the reader is off', 'the request');
    await device.setFault('power-off', false);
    expect(await status('select')).toBe(0x81);
    expect(device.state().requests.status).toBe(0);
  });

  it('shows what went over its wire, and says which faults it has', async () => {
    const { device, ask } = await bench();
    await ask('status');
    expect(device.wire().map(({ direction, hex }) => `${direction} ${hex}`)).toEqual([
      'in aaaaaa9669000311ffed',
      'out aaaaaa9669000400009094',
    ]);
    await expect(device.setFault('paper-out', true)).rejects.toThrow(/babble/);
  });

  it('can be unplugged and plugged in again on the same port, and closed twice', async () => {
    const { device, status, connect } = await bench();
    const { port } = device;
    await device.unplug();
    await device.plug();
    expect(device.port).toBe(port);
    await connect();
    expect(await status('status')).toBe(0x90);
    await device.close();
    await device.close();
  });
});

describe('sample people', () => {
  it.each(Object.entries(samplePeople))('%s is nobody, and has a right number', (_, { number }) => {
    if (number.length === 15) return expect(number).toMatch(/^ZZZ\d{12}$/);
    expect(number).toMatch(/^990000\d{11}[\dX]$/);
    // ISO 7064 MOD 11-2 by its own rule: the weighted sum of all 18 is 1 modulo 11.
    const sum = [...number].reduce(
      (total, digit) => (total * 2 + (digit === 'X' ? 10 : Number(digit))) % 11,
      0,
    );
    expect(sum).toBe(1);
  });

  it('fill their fields to the last character, and not beyond', () => {
    const longest = samplePeople['citizen-longest-name'];
    expect([longest.name.length, longest.address.length]).toEqual([15, 35]);
    expect(samplePeople['foreigner-2023-longest-name'].englishName.length).toBe(46);
    expect(() => cardText({ ...longest, name: `${longest.name}长` })).toThrow(RangeError);
  });
});
