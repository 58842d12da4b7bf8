import { connect } from 'node:net';
import { readFileSync } from 'node:fs';
import iconv from 'iconv-lite';
import { afterEach, describe, expect, it } from 'vitest';
import { NumberSign } from '../../firmware-sim/sign/number-sign.ts';
import { startSignLine } from '../../firmware-sim/sign/sign-line.ts';
import { StripSign } from '../../firmware-sim/sign/strip-sign.ts';
import { until } from '../device/manual-clock.ts';
import { atEnd, closeAll } from '../device/on-port.ts';

afterEach(closeAll);

const vectors = JSON.parse(readFileSync(new URL('../vectors/sign.json', import.meta.url), 'utf8')) as {
  stripCommands: { name: string; hex: string }[];
  stripReplies: { name: string; hex: string }[];
};
const hexOf = (bytes: Uint8Array | null) => (bytes ? Buffer.from(bytes).toString('hex').toUpperCase() : null);

/** Asks a sign by hand; gives the data of its reply in hex. */
function asker(sign: StripSign) {
  let seq = 0;
  return (command: number, data: number[], now = 0) => {
    seq = (seq + 1) % 256;
    const reply = sign.take({ address: sign.address, seq, command, data: Uint8Array.from(data) }, now);
    return reply && hexOf(reply.slice(6, -2));
  };
}
const TEXT = [1, 0, 1, 0];
const words = (text: string) => [...iconv.encode(text, 'gb18030')];

describe('a simulated strip sign', () => {
  it('is dark at first, shows what it is told on two lines, and clears', () => {
    const sign = new StripSign(1, 16);
    const ask = asker(sign);
    expect(sign.state(0)).toMatchObject({ text: null, lines: [null, null] });
    expect(ask(1, [...TEXT, ...words('请A001')])).toBe('00');
    expect(ask(1, [2, 1, 3, 0, ...words('窗口')])).toBe('00');
    expect(sign.state(0)).toMatchObject({ text: '请A001', lines: ['请A001', '窗口'], colour: 'red' });
    expect(ask(2, [1])).toBe('00');
    expect(sign.state(0).lines).toEqual([null, '窗口']);
    expect(ask(2, [0])).toBe('00');
    expect(sign.state(0).lines).toEqual([null, null]);
  });

  it('flashes for its seconds, goes dark after its stay, and tells what it shows', () => {
    const sign = new StripSign(2, 16);
    const ask = asker(sign);
    ask(1, [1, 0, 1, 9, ...words('A001')], 1_000);
    expect(ask(4, [1, 5], 1_000)).toBe('00');
    expect(sign.state(5_999).flashing).toBe(true);
    expect(sign.state(6_000).flashing).toBe(false);
    const shown = (Buffer.from(vectors.stripReplies[6]!.hex, 'hex') as Buffer).subarray(11, 13);
    expect(ask(5, [], 6_000)).toBe(`0002105000${hexOf(shown)}`);
    expect(sign.state(9_999).text).toBe('A001');
    expect(sign.state(10_000).text).toBeNull();
    expect(ask(5, [], 10_000)).toBe('0002105000FFFF');
  });

  it.each([
    ['no such command', 9, [], '01'],
    ['text on line 0', 1, [0, 0, 1, 0, 0x41], '02'],
    ['text on line 3', 1, [3, 0, 1, 0, 0x41], '02'],
    ['a third mode', 1, [1, 2, 1, 0, 0x41], '02'],
    ['colour 0', 1, [1, 0, 0, 0, 0x41], '02'],
    ['a text without its head', 1, [1, 0, 1], '02'],
    ['201 bytes', 1, [...TEXT, ...Array.from({ length: 201 }, () => 0x41)], '02'],
    ['a control character', 1, [...TEXT, 0x0a], '02'],
    ['a four-byte character', 1, [...TEXT, 0x95, 0x32, 0x82, 0x36], '02'],
    ['half a character', 1, [...TEXT, 0xb0], '02'],
    ['brightness 101', 3, [101], '02'],
    ['flash without seconds', 4, [1], '02'],
    ['status with data', 5, [0], '02'],
    ['clear of line 3', 2, [3], '02'],
  ])('refuses %s and changes nothing', (_name, command, data, code) => {
    const sign = new StripSign(1, 16);
    const ask = asker(sign);
    ask(1, [...TEXT, 0x42]);
    expect(ask(command, data)).toBe(code);
    expect(sign.state(0)).toMatchObject({ text: 'B', refused: 1 });
  });

  it('answers a repeat as before without acting again; a busy one tries again', () => {
    const sign = new StripSign(1, 16);
    const request = { address: 1, seq: 7, command: 1, data: Uint8Array.from([...TEXT, 0x41]) };
    const first = sign.take(request, 0);
    expect(sign.take(request, 0)).toEqual(first);
    expect(sign.state(0)).toMatchObject({ history: ['A'], repeats: 1 });
    sign.busy = true;
    const other = { ...request, seq: 8, data: Uint8Array.from([...TEXT, 0x42]) };
    expect(hexOf(sign.take(other, 0)!.slice(6, 7))).toBe('03');
    sign.busy = false;
    sign.take(other, 0);
    expect(sign.state(0).text).toBe('B');
  });

  it('obeys broadcasts silently, ignores others, and forgets all but its brightness without power', () => {
    const sign = new StripSign(1, 16);
    const everybody = { address: 0, seq: 1, command: 1, data: Uint8Array.from([...TEXT, 0x41]) };
    expect(sign.take(everybody, 0)).toBeNull();
    expect(sign.state(0).text).toBe('A');
    expect(sign.take({ ...everybody, address: 2 }, 0)).toBeNull();
    asker(sign)(3, [10]);
    sign.setPower(false);
    expect(sign.take({ ...everybody, address: 1 }, 0)).toBeNull();
    expect(sign.state(0)).toMatchObject({ power: 'off', text: null });
    sign.setPower(true);
    expect(sign.state(0)).toMatchObject({ text: null, brightness: 10 });
  });

  it('with a faulty panel says so and shows nothing', () => {
    const sign = new StripSign(1, 16);
    const ask = asker(sign);
    ask(1, [...TEXT, 0x41]);
    sign.panelFaulty = true;
    expect(ask(1, [...TEXT, 0x42])).toBe('04');
    expect(sign.state(0).text).toBeNull();
    expect(ask(5, [])).toBe('0002105001FFFF');
  });
});

describe('a simulated number display', () => {
  it('shows what its address is told and answers with the same', () => {
    const sign = new NumberSign(1);
    const bytes = Uint8Array.from(Buffer.from('3A00780301B60A', 'hex'));
    expect(hexOf(sign.take({ colour: 0, number: 888, info: 1, bytes }))).toBe('2A00780301A60A');
    expect(sign.state()).toMatchObject({ text: '888', colour: 'green', history: ['888'] });
    expect(sign.take({ colour: 0, number: 1, info: 2, bytes })).toBeNull();
    sign.setPower(false);
    expect(sign.state().text).toBeNull();
  });
});

async function host() {
  const device = await startSignLine({ port: 'tcp:0', protocol: 'strip', addresses: [1, 2] });
  atEnd(() => device.close());
  const received = { hex: '' };
  const socket = connect(Number(device.port.split(':')[2]), '127.0.0.1');
  atEnd(() => socket.destroy());
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('data', (bytes) => (received.hex += bytes.toString('hex').toUpperCase()));
  await new Promise((resolve) => socket.once('connect', resolve));
  const send = (hex: string) => socket.write(Buffer.from(hex, 'hex'));
  const hears = (hex: string) => until(() => received.hex.endsWith(hex), `${hex}, is ${received.hex}`);
  return { device, send, hears, received };
}
const show = vectors.stripCommands[0]!.hex;
const shown = vectors.stripReplies[0]!.hex;

describe('a simulated line of signs', () => {
  it('answers the frames of the page', async () => {
    const { device, send, hears } = await host();
    send(show);
    await hears(shown);
    expect(device.state(1).text).toBe('A001');
    expect(device.state(2).text).toBeNull();
    expect(device.wire().map(({ direction }) => direction)).toEqual(['in', 'out']);
    expect(() => device.state(3)).toThrow(/no sign has address 3/);
  });

  it('counts a host that talks into its replies', async () => {
    const { device, send, hears } = await host();
    send(show);
    await hears(shown);
    expect(device.line()).toMatchObject({ tooSoon: 0, collisions: 0 });
    await until(() => {
      send(show);
      return device.line().collisions > 0;
    }, 'a collision');
  });

  it('drops half a frame after a silence', async () => {
    const { device, send, hears } = await host();
    send(show.slice(0, 10));
    await until(() => device.line().dropped.unfinished === 1, 'the silence');
    send(show);
    await hears(shown);
  });

  it('gives the host its own bytes back, loses replies and powers up dark, as it is told', async () => {
    const { device, send, hears, received } = await host();
    await device.setFault('adapter-echo', true);
    send(show);
    await hears(show + shown);
    await device.setFault('adapter-echo', false);
    device.powerCycle(1);
    expect(device.state(1).text).toBeNull();
    await device.setFault('lost-frames', true, { address: 1, rate: 1 });
    received.hex = '';
    send(show);
    await until(() => device.line().requests > 1, 'the request to come');
    expect(device.state(1).text, 'lost on its way').toBeNull();
    await device.setFault('lost-frames', false);
    send(show);
    await hears(shown);
    received.hex = '';
    await device.setFault('silent', true, { address: 1 });
    send(vectors.stripCommands[2]!.hex);
    await until(() => received.hex.length > 0, 'sign 2');
    expect(received.hex.slice(2, 4)).toBe('02');
    await expect(device.setFault('jam', true)).rejects.toThrow(/it has: unplugged/);
    await device.setFault('unplugged', true);
    expect(device.plugged).toBe(false);
    expect(device.state(1).text, 'the cable is out, the power is not').toBe('A001');
    await device.close();
    await device.close();
  });

  it('refuses addresses that are none', async () => {
    await expect(startSignLine({ port: 'tcp:0', protocol: 'strip', addresses: [0] })).rejects.toThrow(
      /1 to 247/,
    );
  });
});
