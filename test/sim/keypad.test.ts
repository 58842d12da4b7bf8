/** The simulated keypad by itself: boot keyboard reports as the page has them (evaluators.md, "Generic keypads"), typed by hand. */
import { afterEach, describe, expect, it } from 'vitest';
import { keypadKeys, startKeypad, type FaultOptions, type KeypadHandle } from '../../firmware-sim/index.ts';
import { keyboardDescriptor } from '../../firmware-sim/keypad/keypad.ts';
import { until } from '../harness/programs.ts';

const UP = '0000000000000000';
let keypad: KeypadHandle | undefined;
afterEach(() => keypad?.close());

/** A keypad in its socket, and what the computer reads of it. */
async function plugged() {
  keypad = await startKeypad({ port: 'socket', serial: 'PAD' });
  const device = keypad;
  const read: string[] = [];
  let unplugged = 0;
  const open = () =>
    device.socket?.open(device.socket.list()[0]?.path ?? '', {
      onReport: (report) => read.push(Buffer.from(report).toString('hex')),
      onUnplugged: () => (unplugged += 1),
    });
  const host = open();
  const reads = (count: number) => until(`${count} reports`, () => read.length >= count);
  const fault = (name: string, options?: FaultOptions) => device.setFault(name, true, options);
  return { device, host, open, read, reads, fault, unplugs: () => unplugged };
}

describe('a simulated keypad', () => {
  it('says what it is: a keyboard, at the numbers of its configuration', async () => {
    const { device } = await plugged();
    expect(device.port).toBe('hid:1209:0007:PAD');
    expect(device.socket?.list()).toMatchObject([
      { vendorId: 0x1209, productId: 0x0007, usagePage: 1, usage: 6, serial: 'PAD' },
    ]);
    // HID 1.11, appendix B.1: E0 to E7 as bits, a byte of nothing, six usages 00 to 65.
    expect(Buffer.from(keyboardDescriptor).toString('hex')).toBe(
      '05010906a101050719e029e7150025017501950881029501750881019506750815002565050719002965' + '8100c0',
    );
  });

  it.each([
    ['1', '0000590000000000'],
    ['5', '00005d0000000000'],
    ['9', '0000610000000000'],
    ['0', '0000620000000000'],
    ['.', '0000630000000000'],
    ['enter', '0000580000000000'],
    ['+', '0000570000000000'],
    ['-', '0000560000000000'],
    ['*', '0000550000000000'],
    ['/', '0000540000000000'],
  ])('tells that key %s goes down, and that it comes up', async (key, down) => {
    const { device, read, reads } = await plugged();
    device.press(key);
    await reads(2);
    expect(read).toEqual([down, UP]);
  });

  it('has these keys and no other, and no fault that it cannot have', async () => {
    const { device, read } = await plugged();
    expect(keypadKeys.toSorted()).toEqual('* + - . / 0 1 2 3 4 5 6 7 8 9 enter'.split(' '));
    expect(() => device.press('A')).toThrow('keypad: there is no key "A"');
    await expect(device.setFault('stuck-key', true, { key: 12 })).rejects.toThrow('there is no key "12"');
    await expect(device.setFault('noise', true)).rejects.toThrow('keypad has no fault "noise"');
    expect(device.faults()).toEqual([]);
    expect(device.state().pressed).toBe(0);
    expect(read).toEqual([]);
  });

  it('holds a stuck key down in every report, and lets it up at the end', async () => {
    const { device, read, reads, fault } = await plugged();
    await fault('stuck-key', { key: 2 });
    device.press('2');
    device.press('3');
    await device.setFault('stuck-key', false);
    await reads(4);
    expect(read).toEqual(['00005a0000000000', '00005a5b00000000', '00005a0000000000', UP]);
    expect(device.state().pressed).toBe(2);
  });

  it.each([
    ['bounce', {}, ['0000590000000000', UP, '0000590000000000', UP]],
    ['doubled-frames', { rate: 1 }, ['0000590000000000', '0000590000000000', UP, UP]],
  ] as const)('under %s tells a press more than once', async (name, options, reports) => {
    const { device, read, reads, fault } = await plugged();
    await fault(name, options);
    device.press('1');
    await reads(4);
    expect(read).toEqual(reports);
  });

  it('babbles as a keyboard does that has too many keys down', async () => {
    const { read, reads, fault } = await plugged();
    await fault('babble');
    await reads(3);
    expect(new Set(read)).toEqual(new Set(['0000010101010101']));
  });

  it('says nothing when it is silent or loses its reports, and forgets what was pressed while it was out', async () => {
    const { device, open, read, reads, fault, unplugs } = await plugged();
    for (const name of ['silent', 'lost-frames']) {
      await fault(name, { rate: 1 });
      device.press('1');
      await device.setFault(name, false);
    }
    await device.unplug();
    expect(device.socket?.list()).toEqual([]);
    device.press('1');
    await until('the computer to see it', () => unplugs() === 1);
    await device.plug();
    open();
    device.press('2');
    await reads(2);
    expect(read).toEqual(['00005a0000000000', UP]);
    expect(device.state()).toEqual({ pressed: 4, hostPresent: true });
  });

  it('takes the lamps of the computer and does nothing by them', async () => {
    const { device, host, read } = await plugged();
    expect(host?.write(Uint8Array.of(0, 1))).toBe(true);
    await until('the lamps', () => device.wire().length === 1);
    expect(device.wire()[0]).toMatchObject({ direction: 'in', hex: '0001', decoded: 'lamps' });
    expect(read).toEqual([]);
  });
});
