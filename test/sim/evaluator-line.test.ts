import { describe, expect, it } from 'vitest';
import {
  crc16,
  createLineReceiver,
  encodeLine,
  spoilChecksum,
} from '../../firmware-sim/evaluator-line/frame.ts';
import { EvaluatorMachine } from '../../firmware-sim/evaluator-line/machine.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

/** The checksum by another road than the device's: a table, built from the polynomial, indexed by byte. */
const table = Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++)
    value = value % 2 ? Math.floor(value / 2) ^ 0xa001 : Math.floor(value / 2);
  return value;
});
function checksum(body: string): string {
  let value = 0xffff;
  for (const sign of body)
    value = Math.floor(value / 256) ^ (table[(value ^ sign.charCodeAt(0)) & 0xff] ?? 0);
  return value.toString(16).toUpperCase().padStart(4, '0');
}
const line = (body: string) => `$${body}*${checksum(body)}\r\n`;

function started(now = 0) {
  const machine = new EvaluatorMachine({ model: 'EV5', serial: 'S1', firmware: '1.0' });
  const hello = machine.powerUp('0A0B0C0D', now);
  return { machine, hello };
}

describe('the line', () => {
  it('has the check value of the page: 123456789 is 4B37', () => {
    expect(crc16(Buffer.from('123456789')).toString(16).toUpperCase()).toBe('4B37');
    expect(checksum('123456789')).toBe('4B37');
  });

  it('takes a line that is cut at any byte', () => {
    const whole = Buffer.from(line('OPEN,7,4711,30,2'), 'latin1');
    for (let at = 0; at <= whole.length; at++) {
      const receiver = createLineReceiver();
      expect([...receiver.receive(whole.subarray(0, at)), ...receiver.receive(whole.subarray(at))]).toEqual([
        'OPEN,7,4711,30,2',
      ]);
    }
  });

  it('writes what an independent checksum writes', () => {
    expect(text(encodeLine('WHO,1'))).toBe(line('WHO,1'));
  });

  it('drops a wrong checksum, counts it, and takes the next line', () => {
    const receiver = createLineReceiver();
    const good = encodeLine('WHO,2');
    expect(receiver.receive(Buffer.concat([spoilChecksum(good), good]))).toEqual(['WHO,2']);
    expect(receiver.dropped).toEqual({ stray: 0, long: 0, crc: 1, form: 0 });
  });

  it('starts anew at a $ wherever it comes', () => {
    const receiver = createLineReceiver();
    expect(receiver.receive(Buffer.from(`xx$OPEN,1,2${line('WHO,3')}`, 'latin1'))).toEqual(['WHO,3']);
    expect(receiver.dropped.stray).toBe('xx$OPEN,1,2'.length);
  });

  it('takes a line of 128 bytes and drops one of 129', () => {
    const body = 'A'.repeat(128 - '$*0000\r\n'.length);
    const receiver = createLineReceiver();
    expect(receiver.receive(Buffer.from(line(body)))).toEqual([body]);
    expect(receiver.receive(Buffer.from(line(`${body}A`)))).toEqual([]);
    expect(receiver.dropped.long).toBe(1);
  });

  it('refuses a checksum in small letters and a line end without CR', () => {
    const receiver = createLineReceiver();
    const sent = line('WHO,10');
    expect(/[A-F]/.test(sent.slice(-6)), 'the example must hold a letter').toBe(true);
    receiver.receive(Buffer.from(sent.replace(/\*.*/, (sum) => sum.toLowerCase())));
    receiver.receive(Buffer.from(sent.replace('\r', '')));
    expect(receiver.dropped.form).toBe(2);
  });
});

describe('presses', () => {
  it('are sent at once and every 300 ms with growing age until they are acknowledged', () => {
    const { machine } = started();
    expect(machine.press(5, 1000).send).toEqual(['KEY,0A0B0C0D,1,-,5,0']);
    expect(machine.due(1299)).toEqual([]);
    expect(machine.due(1300)).toEqual(['KEY,0A0B0C0D,1,-,5,300']);
    expect(machine.due(1600)).toEqual(['KEY,0A0B0C0D,1,-,5,600']);
    expect(machine.state(1600).lights.thanks).toBe('dark');
    expect(machine.receive('ACK,0A0B0C0D,1', 1700)).toEqual([]);
    expect(machine.state(1700)).toMatchObject({
      pressesWaiting: 0,
      voice: '谢谢',
      lights: { thanks: 'lit' },
    });
    expect(machine.due(4000)).toEqual([]);
  });

  it('keep the session that was open when the key was pressed', () => {
    const { machine } = started();
    machine.receive('OPEN,1,77,30,2', 0);
    machine.press(4, 10);
    machine.receive('OPEN,2,78,30,0', 20);
    expect(machine.due(310)).toEqual(['KEY,0A0B0C0D,1,77,4,300']);
  });

  it('of an earlier boot are not acknowledged by a late ACK', () => {
    const { machine } = started();
    machine.press(5, 0);
    machine.receive('ACK,FFFFFFFF,1', 10);
    expect(machine.state(10).pressesWaiting).toBe(1);
  });

  it('fill the memory at 32: the fault bit is set and the next press is refused with the error light', () => {
    const { machine } = started();
    for (let press = 1; press <= 32; press++) expect(machine.press(3, 100).taken).toBe(true);
    expect(machine.press(3, 100)).toEqual({ taken: false, send: [] });
    expect(machine.state(100)).toMatchObject({ faultBits: 8, pressesRefused: 1, lights: { error: 'lit' } });
    expect(machine.due(5000).at(-1)).toBe('ST,0A0B0C0D,5,-,08');
  });
});

describe('commands', () => {
  it('HI comes at power-up and as the answer to WHO', () => {
    const { machine, hello } = started();
    expect(hello).toEqual(['HI,1,EV5,S1,0A0B0C0D,1.0']);
    expect(machine.receive('WHO,9', 5)).toEqual(hello);
  });

  it('a status comes every 5 s', () => {
    const { machine } = started();
    expect(machine.due(4999)).toEqual([]);
    expect(machine.due(5000)).toEqual(['ST,0A0B0C0D,5,-,00']);
    expect(machine.due(10000)).toEqual(['ST,0A0B0C0D,10,-,00']);
  });

  it('OPEN lights the keys and shuts by itself after its seconds', () => {
    const { machine } = started();
    expect(machine.receive('OPEN,1,4294967295,30,2', 0)).toEqual(['OK,1']);
    expect(machine.state(0)).toMatchObject({
      session: { number: 4294967295, secondsLeft: 30 },
      lights: { keys: 'lit' },
      voice: '请对本次服务进行评价',
    });
    expect(machine.state(29_999).session).not.toBeNull();
    expect(machine.state(30_000)).toMatchObject({ session: null, lights: { keys: 'dark' } });
  });

  it('the same n has its effect once and gets the same answer again', () => {
    const { machine } = started();
    expect(machine.receive('SHUT,4,9', 0)).toEqual(['NO,4,session']);
    machine.receive('OPEN,5,9,30,0', 10);
    expect(machine.receive('SHUT,6,9', 20)).toEqual(['OK,6']);
    expect(machine.receive('SHUT,6,9', 420)).toEqual(['OK,6']);
    expect(machine.receive('SHUT,4,9', 430)).toEqual(['NO,4,session']);
    machine.receive('SAY,7,1', 500);
    machine.receive('SAY,7,1', 900);
    expect(machine.state(900).spoken).toBe(1);
  });

  it('wrong arguments are answered with arg', () => {
    const { machine } = started();
    for (const wrong of [
      'OPEN,1,0,30,2',
      'OPEN,1,4294967296,30,2',
      'OPEN,1,5,30,1',
      'OPEN,1,5,30',
      'OPEN,1,5,0,2',
      'OPEN,1,5,-3,2',
      'OPEN,1,+5,30,2',
      'SHUT,1',
      'SHOW,1,3,',
      'SHOW,1,1,C',
      `SHOW,1,1,${'41'.repeat(25)}`,
      'SAY,1,0',
      'SAY,1,5',
      'WHO,1,2',
      'LAMP,1,1',
    ]) {
      expect(machine.receive(wrong, 0), wrong).toEqual(['NO,1,arg']);
    }
    expect(machine.receive('OPEN,65536,5,30,2', 0)).toEqual([]);
    expect(machine.state(0)).toMatchObject({ session: null, unknownCommands: 1 });
  });

  it('SHOW shows GB18030 text, and nothing clears it', () => {
    const { machine } = started();
    // 请 = C7EB, 稍 = C9D4, 候 = BAF2 in GB18030.
    expect(machine.receive('SHOW,1,2,C7EBC9D4BAF2', 0)).toEqual(['OK,1']);
    expect(machine.state(0).display).toEqual(['', '请稍候']);
    machine.receive('SHOW,2,2,', 0);
    expect(machine.state(0).display).toEqual(['', '']);
  });

  it('a new power-up forgets presses and draws a new boot number', () => {
    const { machine } = started();
    machine.press(1, 0);
    expect(machine.powerUp('11111111', 100)).toEqual(['HI,1,EV5,S1,11111111,1.0']);
    expect(machine.press(1, 200).send).toEqual(['KEY,11111111,1,-,1,0']);
    expect(machine.state(200).pressesWaiting).toBe(1);
  });
});
