/** Keypads that are keyboards to the computer: boot reports to key names, and keys to presses. */
import { describe, expect, it } from 'vitest';
import { BootKeyboard } from '../../kiosk-agent/device/codec/boot-keyboard.ts';
import type { FramesEvaluator } from '../../kiosk-agent/device/driver/frames-evaluator.ts';
import type { FramesPad } from '../../kiosk-agent/device/driver/frames-pad.ts';
import type { PadKey, Press } from '../../kiosk-agent/device/driver/interfaces.ts';
import { Keypad } from '../../kiosk-agent/device/driver/keypad.ts';
import { modelOf } from '../../kiosk-agent/device/models.ts';
import type { HidTransport } from '../../kiosk-agent/device/transport/transport.ts';
import { ManualClock } from './manual-clock.ts';

const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const UP = '00 00 00 00 00 00 00 00';
/** A report with these usages down. */
const down = (...usages: string[]) =>
  ['00 00', ...usages, ...Array.from({ length: 6 - usages.length }, () => '00')].join(' ');

function keysOf(...reports: string[]): unknown[] {
  const keyboard = new BootKeyboard();
  return reports.flatMap((report) => {
    const read = keyboard.report(bytesOf(report));
    return read.ok ? read.keys : [`(${read.why})`];
  });
}

describe('a boot keyboard report', () => {
  it.each([
    ['1E', '1'],
    ['22', '5'],
    ['26', '9'],
    ['27', '0'],
    ['28', 'enter'],
    ['2A', 'backspace'],
    ['2D', 'minus'],
    ['37', 'dot'],
    ['38', 'slash'],
    ['54', 'slash'],
    ['55', 'star'],
    ['56', 'minus'],
    ['57', 'plus'],
    ['58', 'enter'],
    ['59', '1'],
    ['5D', '5'],
    ['61', '9'],
    ['62', '0'],
    ['63', 'dot'],
  ])('with usage %s is the key %s', (usage, name) => {
    expect(keysOf(down(usage))).toEqual([name]);
  });

  it('tells a key when it goes down, and not while it stays down or comes up', () => {
    expect(keysOf(down('59'), down('59'), down('59', '5A'), down('5A'), UP, down('5A'))).toEqual([
      '1',
      '2',
      '2',
    ]);
  });

  it('that says rollover tells nothing, and the keys that stayed down are not told again', () => {
    const rollover = down('01', '01', '01', '01', '01', '01');
    expect(keysOf(down('59'), rollover, down('59'), down('59', '5A'))).toEqual(['1', '(rollover)', '2']);
  });

  it('has no name for letters, NumLock and modifiers', () => {
    expect(keysOf(down('04'), down('53'), '02 00 00 00 00 00 00 00', '00 00 00 00 00 00 00 53')).toEqual([]);
  });

  it('of another length is none', () => {
    expect(keysOf('00 00 59', `01 ${down('59')}`)).toEqual(['(wrong-length)', '(wrong-length)']);
  });
});

/** An open HID port whose reports a test dictates; it notes what is written to it. */
class Port implements HidTransport {
  onData: HidTransport['onData'] = null;
  onClosed: HidTransport['onClosed'] = null;
  written = 0;
  async write() {
    this.written += 1;
    return { ok: true } as const;
  }
  async getFeature() {
    return { ok: true, bytes: new Uint8Array() } as const;
  }
  async sendFeature() {
    return this.write();
  }
  async close() {}
  reports(...reports: string[]): void {
    for (const report of reports) this.onData?.(bytesOf(report));
  }
}

function bench(as: 'pad' | 'evaluator') {
  const model = modelOf('keypad');
  if (model?.kind !== 'keypad') throw new Error('there is no model keypad');
  const clock = new ManualClock();
  const frames: unknown[] = [];
  const keypad = new Keypad({
    id: 'keypad-1',
    as,
    model,
    clock,
    random: () => 0.25,
    onFrame: (_direction, _bytes, decoded) => frames.push(decoded),
  });
  const [unit] = keypad.units;
  const told: (PadKey | Press)[] = [];
  const states: string[] = [];
  let appeared = 0;
  if (unit.kind === 'pad') unit.on('key', (key) => told.push(key));
  else unit.on('press', (press) => told.push(press)).on('appeared', () => (appeared += 1));
  unit.on('status', (from, to) => {
    if (from.state !== to.state) states.push(to.state);
  });
  const port = new Port();
  keypad.attach(port);
  return { keypad, unit, port, clock, frames, told, states, appeared: () => appeared };
}

describe('a keypad for a clerk', () => {
  it('tells keys with their meaning, and a key without one', () => {
    const { port, told, frames } = bench('pad');
    port.reports(down('58'), UP, down('57'), UP, down('5B'), UP);
    expect(told).toMatchObject([
      { seq: 1, code: 'enter', action: 'call-next' },
      { seq: 2, code: 'plus', action: 'recall' },
      { seq: 3, code: '3', action: null },
    ]);
    expect(frames[0]).toEqual({ keys: ['enter'] });
  });

  it('is unprotected, and never heard of until a key comes', () => {
    const { unit, port } = bench('pad');
    expect(unit.status).toMatchObject({ state: 'ready', notes: ['unprotected', 'never-heard'] });
    port.reports(down('58'));
    expect(unit.status.notes).toEqual(['unprotected']);
  });

  it('takes a bouncing finger for one press, and a later one for another', async () => {
    const { port, told, clock } = bench('pad');
    port.reports(down('62'), UP, down('62'), UP);
    await clock.advance(1_000);
    port.reports(down('62'), UP);
    expect(told.map((key) => key.seq)).toEqual([1, 2]);
  });

  it('cannot be told anything', async () => {
    const { unit, port } = bench('pad');
    const pad = unit as FramesPad;
    port.reports(down('58'));
    pad.acknowledge({ seq: 1 });
    expect(await pad.display(1, '001')).toEqual({ ok: false, why: 'arg' });
    expect(await pad.beep()).toEqual({ ok: false, why: 'arg' });
    expect(port.written).toBe(0);
  });
});

describe('a keypad for a visitor', () => {
  it('gives a press the session that is open', async () => {
    const { unit, port, told, clock } = bench('evaluator');
    const evaluator = unit as FramesEvaluator;
    expect(await evaluator.open(7, 30, 'please-rate')).toEqual({ ok: true });
    port.reports(down('5D'), UP);
    expect(await evaluator.shut(7)).toEqual({ ok: true });
    await clock.advance(1_000);
    port.reports(down('5D'), UP);
    expect(told).toMatchObject([
      { serial: 'keypad-1', boot: '40000000', seq: 1, session: 7, code: '5' },
      { serial: 'keypad-1', boot: '40000000', seq: 2, session: null, code: '5' },
    ]);
    evaluator.acknowledge({ boot: '40000000', seq: 1 });
    expect(port.written).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('that is pulled out is lost, appears again, and keeps its session', async () => {
    const { keypad, unit, port, told, states, appeared } = bench('evaluator');
    const evaluator = unit as FramesEvaluator;
    await evaluator.open(7, 30, 'none');
    port.reports(down('5D'));
    keypad.detached({ kind: 'unplugged', detail: 'no such device' });
    expect(unit.status).toMatchObject({ state: 'lost', detail: 'no such device' });
    expect(await evaluator.open(8, 30, 'none')).toEqual({ ok: false, why: 'away' });
    port.reports(down('5C'));
    const again = new Port();
    keypad.attach(again);
    again.reports(UP, down('5C'));
    expect(appeared()).toBe(2);
    expect(told.map((press) => press.code)).toEqual(['5', '4']);
    expect(told[1]).toMatchObject({ session: 7 });
    expect(states).toEqual(['ready', 'lost', 'ready']);
  });

  it('may be closed twice, and by a listener in the middle of a report', async () => {
    const { keypad, unit, port, told } = bench('evaluator');
    (unit as FramesEvaluator).on('press', () => void keypad.close());
    port.reports(down('59', '5A'));
    await keypad.close();
    expect(told).toHaveLength(1);
    expect(port.onData).toBeNull();
  });
});
