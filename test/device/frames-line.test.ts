/** A line of described devices against bytes that a test dictates, over a real pseudo-terminal, with time held still. */
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { frameDescription } from '../../kiosk-agent/contract/devices.ts';
import { systemClock } from '../../kiosk-agent/device/clock.ts';
import type { FramesEvaluator } from '../../kiosk-agent/device/driver/frames-evaluator.ts';
import {
  FramesLine,
  type FramesModelFacts,
  type FramesUnit,
} from '../../kiosk-agent/device/driver/frames-line.ts';
import type { FramesPad } from '../../kiosk-agent/device/driver/frames-pad.ts';
import type { CommandResult, PadKey, Press } from '../../kiosk-agent/device/driver/interfaces.ts';
import { afterReading } from '../../kiosk-agent/device/driver/line-silence.ts';
import { modelOf } from '../../kiosk-agent/device/models.ts';
import { PortSession } from '../../kiosk-agent/device/session.ts';
import { serialTransport } from '../../kiosk-agent/device/transport/serial.ts';
import { DeviceEnd, unplugAll } from './device-end.ts';
import { ManualClock, until } from './manual-clock.ts';

const LINE = { baud: 9600, data: 8, parity: 'none', stop: 1, rtscts: false } as const;
const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0)) await each();
  unplugAll();
});

const CALL_1 = 'FF 68 03 03 68 01 01 0C 0E 16';
const RECALL_1 = 'FF 68 03 03 68 01 01 0D 0F 16';
const ABANDON_1 = 'FF 68 04 04 68 01 01 06 0F 17 16';
const CALL_7 = 'FF 68 03 03 68 07 01 0C 14 16';
const BEST_2 = 'FF 68 03 03 68 02 11 00 13 16';
const GOOD_2 = 'FF 68 03 03 68 02 11 01 14 16';
const BEST_2_TAKEN = 'FF 68 03 03 68 02 01 00 03 16';
const OPEN_2 = 'FF 68 03 03 68 02 01 0B 0E 16';
const BEEP_1 = 'FF 68 02 02 68 01 03 04 16';
const SHOWS_12_023 = 'FF 68 08 08 68 01 02 0A 01 02 00 02 03 15 16';

const PAD: FramesUnit = { id: 'bus.1', address: 1, as: 'pad' };
const EVALUATOR: FramesUnit = { id: 'bus.2', address: 2, as: 'evaluator' };

function rowOf(id: string): FramesModelFacts {
  const row = modelOf(id);
  if (row?.kind !== 'frames' || !row.frames) throw new Error(`${id} has no frames`);
  return { ...row, frames: row.frames };
}

class Bench {
  readonly clock = new ManualClock();
  readonly device = new DeviceEnd();
  readonly frames: string[] = [];
  readonly line: FramesLine;
  readonly session: PortSession;
  readonly keys: PadKey[] = [];
  readonly presses: Press[] = [];
  appeared = 0;
  /** what the agent does with a key as soon as it comes */
  acknowledges = false;

  constructor(model: FramesModelFacts = rowOf('ff68'), units: FramesUnit[] = [PAD, EVALUATOR]) {
    this.line = new FramesLine({
      id: 'bus',
      model,
      units,
      clock: this.clock,
      random: () => 0.5,
      onFrame: (direction, _bytes, decoded) =>
        this.frames.push(
          `${direction} ${'dropped' in decoded ? decoded.dropped : 'code' in decoded ? decoded.code : decoded.command}`,
        ),
    });
    for (const unit of this.line.units) {
      if (unit.kind === 'pad')
        unit.on('key', (key) => {
          this.keys.push(key);
          if (this.acknowledges) unit.acknowledge(key);
        });
      else
        unit
          .on('press', (press) => {
            this.presses.push(press);
            if (this.acknowledges) unit.acknowledge(press);
          })
          .on('appeared', () => (this.appeared += 1));
    }
    this.session = new PortSession({
      device: 'bus',
      open: serialTransport(this.device.path, LINE),
      driver: this.line,
      clock: this.clock,
      random: () => 0.5,
      log: { info: () => {}, warn: () => {} },
    });
    undo.push(async () => {
      await this.session.close();
      await this.line.close();
    });
  }

  static async open(model?: FramesModelFacts, units?: FramesUnit[]): Promise<Bench> {
    const bench = new Bench(model, units);
    await bench.reaches('ready');
    // The turnaround after opening is over.
    await bench.clock.advance(10);
    return bench;
  }

  get pad(): FramesPad {
    const pad = this.line.units.find((unit) => unit.kind === 'pad');
    if (!pad) throw new Error('there is no pad');
    return pad;
  }
  get evaluator(): FramesEvaluator {
    const evaluator = this.line.units.find((unit) => unit.kind === 'evaluator');
    if (!evaluator) throw new Error('there is no evaluator');
    return evaluator;
  }
  get status() {
    return this.line.units[0]!.status;
  }
  async reaches(state: string): Promise<void> {
    await until(() => this.status.state === state, `${state}, is ${this.status.state}`);
  }
  /** Sends bytes and waits until the driver has read something in them. */
  async says(hex: string): Promise<void> {
    const before = this.frames.filter((frame) => frame.startsWith('received')).length;
    this.device.write(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    await until(
      () => this.frames.filter((frame) => frame.startsWith('received')).length > before,
      `the driver to read ${hex}`,
    );
  }
  /** Sends bytes that are no whole frame. */
  async begins(hex: string): Promise<void> {
    const before = this.clock.pending;
    this.device.write(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    await until(() => this.clock.pending > before, 'the driver to wait for the rest');
  }
  get heard(): string {
    return [...Buffer.from(this.device.received, 'latin1')]
      .map((byte) => byte.toString(16).toUpperCase().padStart(2, '0'))
      .join(' ');
  }
  heardTimes(hex: string): number {
    return this.heard.split(hex).length - 1;
  }
  /** Lets the turnaround pass and waits for a frame of the host. */
  async hears(hex: string, count = 1): Promise<void> {
    for (let step = 0; step < 40 && this.heardTimes(hex) < count; step++) {
      await this.clock.advance(5);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await until(() => this.heardTimes(hex) >= count, `${count} × ${hex}, heard: ${this.heard}`);
  }
  /** Everything that could be written has been. */
  async settles(): Promise<void> {
    for (let step = 0; step < 8; step++) {
      await this.clock.advance(5);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

describe('a pad on a line', () => {
  it('is ready, with a note that nobody has heard of it yet', async () => {
    const bench = await Bench.open();
    expect(bench.pad.status).toMatchObject({ state: 'ready', notes: ['never-heard'] });
    await bench.says(CALL_1);
    expect(bench.pad.status.notes).toEqual([]);
    expect(bench.pad.status.lastSeenAt).toEqual(bench.clock.now());
    expect(bench.evaluator.status.notes).toEqual(['never-heard']);
  });

  it('tells a key with its meaning, and a key without one', async () => {
    const bench = await Bench.open();
    await bench.says(CALL_1);
    await bench.says(ABANDON_1);
    await bench.says('FF 68 03 03 68 01 01 11 13 16');
    expect(bench.keys.map(({ seq, code, action }) => [seq, code, action])).toEqual([
      [1, '0C', 'call-next'],
      [2, '060F', 'missed'],
      [3, '11', null],
    ]);
  });

  it('is acknowledged by its own frame, and only when somebody says so', async () => {
    const bench = await Bench.open();
    await bench.says(CALL_1);
    await bench.settles();
    expect(bench.heard).toBe('');
    bench.pad.acknowledge({ seq: 1 });
    await bench.hears(CALL_1);
    expect(bench.heard).toBe(CALL_1);
    bench.pad.acknowledge({ seq: 1 });
    bench.pad.acknowledge({ seq: 9 });
    await bench.settles();
    expect(bench.heardTimes(CALL_1)).toBe(1);
  });

  it('that is never acknowledged repeats, and no second press arises', async () => {
    const bench = await Bench.open();
    for (let repeat = 0; repeat < 30; repeat++) {
      await bench.says(CALL_1);
      await bench.clock.advance(repeat % 7 === 6 ? 4_500 : 300);
    }
    expect(new Set(bench.keys.map(({ seq }) => seq))).toEqual(new Set([1]));
    expect(bench.heard).toBe('');
    expect(bench.pad.status.counters).toMatchObject({ presses: 1, repeats: 29 });
  });

  it('that gave up a key which was never acknowledged begins a new press with it', async () => {
    const bench = await Bench.open();
    await bench.says(CALL_1);
    await bench.clock.advance(5_100);
    await bench.says(CALL_1);
    await bench.says(RECALL_1);
    await bench.clock.advance(2_100);
    await bench.says(CALL_1);
    expect(bench.keys.map(({ seq, code }) => `${seq} ${code}`)).toEqual(['1 0C', '2 0C', '3 0D', '4 0C']);
  });

  it('that repeats two keys in turn has pressed two', async () => {
    const bench = await Bench.open();
    for (let repeat = 0; repeat < 10; repeat++) {
      await bench.says(repeat % 2 === 0 ? CALL_1 : RECALL_1);
      await bench.clock.advance(900);
    }
    expect(new Set(bench.keys.map(({ seq, code }) => `${seq} ${code}`))).toEqual(new Set(['1 0C', '2 0D']));
  });

  it('repeats a key that was acknowledged: it is acknowledged again and is no new press', async () => {
    const bench = await Bench.open();
    bench.acknowledges = true;
    await bench.says(CALL_1);
    await bench.hears(CALL_1);
    // An equal frame within 400 ms of the acknowledgement may be its echo; the one after it is not.
    for (let repeat = 0; repeat < 3; repeat++) {
      await bench.clock.advance(300);
      await bench.says(CALL_1);
    }
    await bench.hears(CALL_1, 2);
    expect(bench.keys).toHaveLength(1);
  });

  it('whose repeat is coming in when it is acknowledged at last has pressed once', async () => {
    const bench = await Bench.open();
    await bench.says(CALL_1);
    await bench.clock.advance(1_000);
    await bench.begins('FF 68 03 03 68');
    bench.pad.acknowledge({ seq: 1 });
    await bench.says('01 01 0C 0E 16');
    await bench.hears(CALL_1);
    expect(new Set(bench.keys.map(({ seq }) => seq))).toEqual(new Set([1]));
  });

  it('pressed again later is a new press', async () => {
    const bench = await Bench.open();
    bench.acknowledges = true;
    await bench.says(CALL_1);
    await bench.hears(CALL_1);
    await bench.clock.advance(900);
    await bench.says(CALL_1);
    await bench.hears(CALL_1, 2);
    expect(bench.keys.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('doubled on the wire is one press, and two different keys are two', async () => {
    const bench = await Bench.open();
    bench.acknowledges = true;
    await bench.says(`${CALL_1} ${CALL_1} ${RECALL_1} ${CALL_1}`);
    expect(new Set(bench.keys.map(({ seq, code }) => `${seq} ${code}`))).toEqual(new Set(['1 0C', '2 0D']));
    await bench.hears(CALL_1);
    await bench.hears(RECALL_1);
  });

  it('shows who waits and the ticket, clears it, and beeps', async () => {
    const bench = await Bench.open();
    const shown = bench.pad.display(12, 'A023');
    await bench.hears(SHOWS_12_023);
    expect(await shown).toEqual({ ok: true });
    void bench.pad.display(0, null);
    await bench.hears('FF 68 08 08 68 01 02 0A 0A 00 0A 0A 0A 35 16');
    void bench.pad.beep();
    await bench.hears(BEEP_1);
    for (const waiting of [-1, 1000, 1.5, Number.NaN])
      expect(await bench.pad.display(waiting, null)).toEqual({ ok: false, why: 'arg' });
  });
});

describe('an evaluator on a line', () => {
  it('gives a press the session that is open, and none when none is', async () => {
    const bench = await Bench.open();
    bench.acknowledges = true;
    const opened = bench.evaluator.open(7, 30, 'please-rate');
    await bench.hears(OPEN_2);
    expect(await opened).toEqual({ ok: true });
    await bench.says(BEST_2);
    await bench.hears(BEST_2_TAKEN);
    expect(await bench.evaluator.shut(7)).toEqual({ ok: true });
    await bench.says(GOOD_2);
    expect(bench.presses).toMatchObject([
      { serial: 'bus.2', boot: '80000000', seq: 1, session: 7, code: '00', ageMs: 0 },
      { serial: 'bus.2', boot: '80000000', seq: 2, session: null, code: '01' },
    ]);
  });

  it('ends a session by itself, a second late for a press that comes with its repeat', async () => {
    const bench = await Bench.open();
    await Promise.all([bench.evaluator.open(7, 10, 'none'), bench.settles()]);
    await bench.clock.advance(10_500);
    await bench.says(BEST_2);
    await bench.clock.advance(1_000);
    await bench.says(GOOD_2);
    expect(bench.presses.map(({ session }) => session)).toEqual([7, null]);
    expect(await bench.evaluator.shut(7)).toEqual({ ok: false, why: 'session' });
  });

  it('keeps the session and the number of a press through its repeats, and tells its age', async () => {
    const bench = await Bench.open();
    await Promise.all([bench.evaluator.open(7, 10, 'none'), bench.settles()]);
    await bench.says(BEST_2);
    await bench.evaluator.shut(7);
    await bench.clock.advance(4_000);
    await bench.says(BEST_2);
    expect(bench.presses.map(({ seq, session, ageMs }) => [seq, session, ageMs])).toEqual([
      [1, 7, 0],
      [1, 7, 4_000],
    ]);
    bench.evaluator.acknowledge({ boot: '00000000', seq: 1 });
    await bench.settles();
    expect(bench.heardTimes(BEST_2_TAKEN)).toBe(0);
    bench.evaluator.acknowledge(bench.presses[1]!);
    await bench.hears(BEST_2_TAKEN);
  });

  it('is opened for a newer session in the place of an older one', async () => {
    const bench = await Bench.open();
    const results = [bench.evaluator.open(7, 30, 'none'), bench.evaluator.open(8, 30, 'none')];
    await bench.settles();
    expect(await Promise.all(results)).toEqual([{ ok: false, why: 'session' }, { ok: true }]);
    await bench.says(BEST_2);
    expect(bench.presses[0]?.session).toBe(8);
  });

  it('refuses what the model cannot do and what is out of range', async () => {
    const bench = await Bench.open();
    const { evaluator } = bench;
    const arg: CommandResult = { ok: false, why: 'arg' };
    expect(await evaluator.show()).toEqual(arg);
    expect(await evaluator.say('thank-you')).toEqual(arg);
    expect(await evaluator.open(0, 30, 'none')).toEqual(arg);
    expect(await evaluator.open(4_294_967_296, 30, 'none')).toEqual(arg);
    expect(await evaluator.open(7, 0, 'none')).toEqual(arg);
    expect(await evaluator.open(7, 3601, 'none')).toEqual(arg);
    expect(await evaluator.shut(0)).toEqual(arg);
  });

  it('described with frames for it is shut and thanks', async () => {
    const bench = await Bench.open(
      {
        frames: frameDescription.parse({
          evaluator: { keys: ['A5 {key} 5A'], open: 'A5 01', shut: 'A5 00', thanks: 'A5 02' },
        }),
        keyMap: {},
        padMap: {},
        protected: true,
      },
      [{ id: 'one', address: null, as: 'evaluator' }],
    );
    void bench.evaluator.open(7, 10, 'none');
    await bench.hears('A5 01');
    void bench.evaluator.say('thank-you');
    await bench.hears('A5 02');
    await bench.clock.advance(11_000);
    await bench.hears('A5 00');
  });
});

describe('an adapter that sends back what is sent', () => {
  it('makes no press and no endless loop of an acknowledgement', async () => {
    const bench = await Bench.open();
    bench.acknowledges = true;
    await bench.says(CALL_1);
    await bench.hears(CALL_1);
    await bench.says(CALL_1);
    await bench.settles();
    expect(bench.heardTimes(CALL_1)).toBe(1);
    expect(bench.keys).toHaveLength(1);
    expect(bench.frames).toEqual(['received 0C', 'sent acknowledge', 'received own-echo']);
    await bench.clock.advance(1_000);
    await bench.says(CALL_1);
    expect(bench.keys.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('is no key of another device, and no noise', async () => {
    const bench = await Bench.open();
    void bench.evaluator.open(7, 30, 'none');
    await bench.hears(OPEN_2);
    await bench.says(OPEN_2);
    void bench.pad.display(12, 'A023');
    await bench.hears(SHOWS_12_023);
    await bench.says(SHOWS_12_023);
    expect(bench.keys).toEqual([]);
    expect(bench.presses).toEqual([]);
    expect(bench.pad.status.counters).toMatchObject({ ownEchoes: 2, droppedNoise: 0, unknownAddresses: 0 });
    expect(bench.evaluator.status.notes).toEqual(['never-heard']);
  });

  it('much later than any adapter does makes no press either, and the line falls quiet', async () => {
    const bench = await Bench.open();
    bench.acknowledges = true;
    await bench.says(CALL_1);
    await bench.hears(CALL_1);
    // Each acknowledgement comes back twice, as if somebody had wired the bus into a ring.
    for (let round = 0; round < 60; round++) {
      await bench.says(`${CALL_1} ${CALL_1}`);
      await bench.clock.advance(40);
    }
    await bench.settles();
    expect(bench.keys).toHaveLength(1);
    expect(bench.heardTimes(CALL_1)).toBeLessThan(40);
    expect(bench.pad.status.notes).toEqual(['acknowledgement-not-heard']);
  });
});

describe('a bad line', () => {
  it('drops what silence cuts off, and reads the next frame', async () => {
    const bench = await Bench.open();
    await bench.begins('FF 68 03 03 68 01');
    await bench.clock.advance(49);
    expect(bench.frames).toEqual([]);
    await bench.clock.advance(1);
    expect(bench.frames).toEqual(['received cut-off']);
    await bench.says(CALL_1);
    expect(bench.keys).toHaveLength(1);
    expect(bench.pad.status.counters).toMatchObject({ cutOff: 1 });
  });

  it('waits for the rest of a frame as long as it comes', async () => {
    const bench = await Bench.open();
    await bench.begins('FF 68 03 03');
    await bench.clock.advance(40);
    bench.device.write(Buffer.from('680101', 'hex'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await bench.clock.advance(40);
    await bench.says('0C 0E 16');
    expect(bench.keys).toHaveLength(1);
  });

  it('with a wrong checksum gives no key, and says why', async () => {
    const bench = await Bench.open();
    await bench.says('FF 68 03 03 68 01 01 0C 0F 16');
    expect(bench.frames).toEqual(['received wrong-checksum']);
    expect(bench.keys).toEqual([]);
    expect(bench.pad.status.counters).toMatchObject({ wrongChecksum: 1 });
  });

  it('of another speed has wrong settings until a frame comes', async () => {
    const bench = await Bench.open();
    await bench.says('0E E0 83 3C 00 FE 98 06');
    expect(bench.status.state).toBe('ready');
    await bench.clock.advance(3_000);
    expect(bench.status).toMatchObject({ state: 'wrong-settings', detail: 'bytes arrive, but no frames' });
    await bench.says(CALL_1);
    expect(bench.status.state).toBe('ready');
    await bench.says('0E E0 83 3C 00 FE 98 06'.repeat(12));
    await bench.clock.advance(60_000);
    expect(bench.status.state).toBe('ready');
  });

  it('names addresses that nobody has configured, at most eight, and counts all', async () => {
    const bench = await Bench.open();
    await bench.says(CALL_7);
    expect(bench.pad.status.notes).toEqual(['unknown-address-7', 'never-heard']);
    expect(bench.evaluator.status.notes).toEqual(['unknown-address-7', 'never-heard']);
    for (let address = 10; address < 30; address++) {
      const sum = (address + 0x0d).toString(16).padStart(2, '0');
      await bench.says(`FF 68 03 03 68 ${address.toString(16).padStart(2, '0')} 01 0C ${sum} 16`);
    }
    expect(bench.pad.status.notes.filter((note) => note.startsWith('unknown'))).toHaveLength(8);
    expect(bench.pad.status.counters).toMatchObject({ unknownAddresses: 21 });
    expect(bench.keys).toEqual([]);
  });

  it('with a pad where an evaluator is configured says so at that device', async () => {
    const bench = await Bench.open();
    await bench.says('FF 68 03 03 68 02 01 0C 0F 16');
    expect(bench.evaluator.status.notes).toEqual(['never-heard', 'wrong-role']);
    expect(bench.keys).toEqual([]);
    expect(bench.presses).toEqual([]);
  });
});

describe('writing', () => {
  it('waits for the turnaround after the last byte, and never speaks into a frame', async () => {
    const bench = await Bench.open();
    await bench.begins('FF 68 03 03 68 01');
    void bench.pad.beep();
    await bench.clock.advance(30);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(bench.heard).toBe('');
    await bench.says('01 0C 0E 16');
    await bench.clock.advance(4);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(bench.heard).toBe('');
    await bench.clock.advance(1);
    await bench.hears(BEEP_1);
  });

  it('sends an acknowledgement before a display, one frame at a time', async () => {
    const bench = await Bench.open();
    bench.acknowledges = true;
    void bench.pad.beep();
    void bench.pad.display(1, '001');
    void bench.pad.display(12, 'A023');
    await bench.says(CALL_1);
    await bench.hears(SHOWS_12_023);
    expect(bench.heard).toBe(`${BEEP_1} ${CALL_1} ${SHOWS_12_023}`);
  });

  it('goes on after 100 ms on a line that is never quiet', async () => {
    const bench = await Bench.open();
    await bench.says('00');
    void bench.pad.beep();
    for (let round = 0; round < 40 && bench.heardTimes(BEEP_1) === 0; round++) {
      await bench.says('00');
      await bench.clock.advance(4);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(bench.heardTimes(BEEP_1)).toBe(1);
  });
});

describe('a cable that is pulled', () => {
  async function replugged(bench: Bench, meanwhile: () => void = () => {}): Promise<void> {
    bench.device.unplug();
    await bench.reaches('lost');
    meanwhile();
    bench.device.plug();
    for (let step = 0; step < 40 && bench.status.state !== 'ready'; step++) {
      await bench.clock.advance(200);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await bench.reaches('ready');
    await bench.clock.advance(10);
  }

  it('is told by every device of the line, with the sentence of the system', async () => {
    const bench = await Bench.open();
    bench.device.unplug();
    await bench.reaches('lost');
    expect(bench.pad.status.detail).toBeTruthy();
    expect(bench.evaluator.status.state).toBe('lost');
    expect(await bench.pad.beep()).toEqual({ ok: false, why: 'away' });
    expect(await bench.evaluator.open(7, 30, 'none')).toEqual({ ok: false, why: 'away' });
    expect(await bench.evaluator.shut(7)).toEqual({ ok: false, why: 'away' });
  });

  it('settles what waits to be written, and leaves no timer behind', async () => {
    const bench = await Bench.open();
    await bench.begins('FF 68 03 03 68 01');
    const waiting = bench.pad.beep();
    bench.device.unplug();
    expect(await waiting).toEqual({ ok: false, why: 'away' });
    await bench.session.close();
    expect(bench.clock.pending).toBe(0);
  });

  it('and put back: the display and the open session are written again, and the evaluator appears', async () => {
    const bench = await Bench.open();
    expect(bench.appeared).toBe(1);
    void bench.pad.display(12, 'A023');
    void bench.evaluator.open(7, 300, 'none');
    await bench.hears(OPEN_2);
    await replugged(bench);
    await bench.hears(SHOWS_12_023, 2);
    await bench.hears(OPEN_2, 2);
    expect(bench.appeared).toBe(2);
    await bench.says(BEST_2);
    expect(bench.presses[0]?.session).toBe(7);
  });

  it('opens once when the agent opens too as soon as the evaluator appears', async () => {
    const bench = await Bench.open();
    void bench.evaluator.open(7, 300, 'none');
    await bench.hears(OPEN_2);
    bench.evaluator.on('appeared', () => void bench.evaluator.open(7, 200, 'none'));
    await replugged(bench);
    await bench.hears(OPEN_2, 2);
    await bench.settles();
    expect(bench.heardTimes(OPEN_2)).toBe(2);
  });

  it('opens nothing whose time is up', async () => {
    const bench = await Bench.open();
    void bench.evaluator.open(7, 5, 'none');
    await bench.hears(OPEN_2);
    bench.device.unplug();
    await bench.reaches('lost');
    await bench.clock.advance(6_000);
    bench.device.plug();
    for (let step = 0; step < 40 && bench.appeared < 2; step++) {
      await bench.clock.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(bench.appeared).toBe(2);
    await bench.settles();
    expect(bench.heardTimes(OPEN_2)).toBe(1);
  });

  it('before a press that is not acknowledged: the repeat afterwards is the same press', async () => {
    const bench = await Bench.open();
    await bench.says(CALL_1);
    await replugged(bench, () => bench.pad.acknowledge({ seq: 1 }));
    await bench.says(CALL_1);
    await bench.hears(CALL_1);
    expect(new Set(bench.keys.map(({ seq }) => seq))).toEqual(new Set([1]));
  });

  it('in the moment of the acknowledgement: the repeat afterwards is the same press, a later one is new', async () => {
    const bench = await Bench.open();
    bench.acknowledges = true;
    await bench.says(CALL_1);
    await bench.hears(CALL_1);
    await replugged(bench);
    await bench.says(CALL_1);
    await bench.hears(CALL_1, 2);
    expect(bench.keys).toHaveLength(1);
    await bench.clock.advance(2_000);
    await bench.says(CALL_1);
    expect(bench.keys).toHaveLength(2);
  });

  it('long after a press: the next one is new', async () => {
    const bench = await Bench.open();
    bench.acknowledges = true;
    await bench.says(CALL_1);
    await bench.hears(CALL_1);
    await bench.clock.advance(5_000);
    await replugged(bench);
    expect(bench.pad.status.notes).toEqual(['never-heard']);
    await bench.says(CALL_1);
    expect(bench.keys).toHaveLength(2);
    expect(bench.pad.status.notes).toEqual([]);
  });

  it('forgets half a frame', async () => {
    const bench = await Bench.open();
    await bench.begins('FF 68 03 03 68 01');
    await replugged(bench);
    await bench.says(CALL_1);
    expect(bench.keys).toHaveLength(1);
    expect(bench.frames.filter((frame) => frame !== 'received 0C')).toEqual([]);
  });
});

describe('panels without checksum and acknowledgement', () => {
  const PANEL: FramesUnit = { id: 'panels.5', address: 5, as: 'pad' };

  it('are unprotected, and each press counts once within 400 ms', async () => {
    const bench = await Bench.open(rowOf('ub485'), [PANEL]);
    expect(bench.pad.status.notes).toEqual(['unprotected', 'never-heard']);
    await bench.says('01 05 31 07 01 05 31 07');
    await bench.clock.advance(1_000);
    await bench.says('01 05 31 07');
    await bench.says('01 05 34 07');
    expect(bench.keys.map(({ seq, action }) => [seq, action])).toEqual([
      [1, 'call-or-recall'],
      [2, 'call-or-recall'],
      [3, 'missed-or-finish'],
    ]);
    bench.pad.acknowledge({ seq: 1 });
    await bench.settles();
    expect(bench.heard).toBe('');
  });

  it('show three characters and beep, and the echo of that is no key', async () => {
    const bench = await Bench.open(rowOf('ub485'), [PANEL]);
    void bench.pad.display(7, 'A023');
    await bench.hears('01 05 20 30 32 33 07');
    void bench.pad.beep();
    await bench.hears('01 05 37 07');
    await bench.says('01 05 20 30 32 33 07 01 05 37 07');
    expect(bench.keys).toEqual([]);
    expect(bench.pad.status.counters).toMatchObject({ ownEchoes: 2 });
  });
});

describe('an evaluator of one character', () => {
  const ONE: FramesUnit = { id: 'evaluator-1', address: null, as: 'evaluator' };
  const garbage = '9A 31 E0 04 '.repeat(20);
  const commanded: FramesModelFacts = {
    frames: frameDescription.parse({ evaluator: { keys: ['{key}'], open: 'A5 01' } }),
    keyMap: { '31': 5, '32': 4 },
    padMap: {},
    protected: false,
  };
  /** Sends bytes behind which nothing comes. */
  async function alone(bench: Bench, hex: string): Promise<void> {
    await bench.begins(hex);
    await bench.clock.advance(50);
  }
  const codes = (bench: Bench) => bench.presses.map(({ code }) => code);

  it('is always live: opening is only noted, and unknown characters are noise', async () => {
    const bench = await Bench.open(rowOf('ascii-5'), [ONE]);
    expect(await bench.evaluator.open(7, 30, 'please-rate')).toEqual({ ok: true });
    await alone(bench, '00 FF 36');
    await alone(bench, '31');
    expect(bench.presses).toMatchObject([{ session: 7, code: '31', seq: 1 }]);
    expect(await bench.evaluator.shut(7)).toEqual({ ok: true });
    expect(bench.heard).toBe('');
    expect(bench.evaluator.status.notes).toEqual(['unprotected']);
    expect(bench.evaluator.status.counters).toMatchObject({ droppedNoise: 3, presses: 1 });
  });

  it('that is pressed twice within 400 ms is pressed once, also unacknowledged', async () => {
    const bench = await Bench.open(rowOf('ascii-5'), [ONE]);
    await alone(bench, '31');
    await bench.clock.advance(300);
    await alone(bench, '31');
    await bench.clock.advance(1_000);
    await alone(bench, '31');
    expect(bench.presses.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('is heard 50 ms after its character, and two characters in their order', async () => {
    const bench = await Bench.open(rowOf('ascii-5'), [ONE]);
    await bench.begins('32');
    await bench.clock.advance(40);
    bench.device.write(Buffer.from('33', 'hex'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await bench.clock.advance(49);
    expect(bench.presses).toEqual([]);
    await bench.clock.advance(1);
    expect(codes(bench)).toEqual(['32', '33']);
  });

  it('is pressed when its character comes, and for the evaluation that is open then', async () => {
    const bench = await Bench.open(rowOf('ascii-5'), [ONE]);
    await bench.evaluator.open(7, 30, 'please-rate');
    await bench.begins('31');
    await bench.clock.advance(30);
    await bench.evaluator.shut(7);
    await bench.clock.advance(20);
    await bench.begins('32');
    await bench.evaluator.open(8, 30, 'please-rate');
    await bench.clock.advance(50);
    await alone(bench, '33');
    expect(bench.presses.map(({ code, session, ageMs }) => [code, session, ageMs])).toEqual([
      ['31', 7, 50],
      ['32', null, 50],
      ['33', 8, 50],
    ]);
  });

  it('is pressed for the evaluation that was opened between two characters of one burst', async () => {
    const bench = await Bench.open(rowOf('ascii-5'), [ONE]);
    await bench.begins('32');
    await bench.clock.advance(20);
    await bench.evaluator.open(9, 30, 'please-rate');
    bench.device.write(Buffer.from('31', 'hex'));
    // Nothing shows that it has come: the driver goes on waiting.
    await new Promise((resolve) => setTimeout(resolve, 150));
    await bench.clock.advance(50);
    expect(bench.presses.map(({ code, session, ageMs }) => [code, session, ageMs])).toEqual([
      ['32', null, 70],
      ['31', 9, 50],
    ]);
  });

  it('has pressed nothing when its characters stand among garbage', async () => {
    const bench = await Bench.open(rowOf('ascii-5'), [ONE]);
    await alone(bench, '00 31 7F');
    await alone(bench, '32 FF');
    expect(bench.presses).toEqual([]);
    expect(bench.frames).toEqual(['received noise', 'received noise']);
    await alone(bench, '33');
    expect(codes(bench)).toEqual(['33']);
  });

  it('whose line babbles is not ready until there is silence, though it was heard before', async () => {
    const bench = await Bench.open(rowOf('ascii-5'), [ONE]);
    await alone(bench, '31');
    expect(bench.status.state).toBe('ready');
    for (let round = 0; round < 20; round++) {
      await bench.says(garbage);
      await bench.clock.advance(40);
      expect(bench.status).toMatchObject({ state: 'wrong-settings', detail: 'bytes arrive, but no frames' });
    }
    await bench.clock.advance(50);
    expect(bench.status.state).toBe('ready');
    await alone(bench, '34');
    expect(codes(bench)).toEqual(['31', '34']);
  });

  it('whose line babbled before it was ever heard has wrong settings until it is', async () => {
    const bench = await Bench.open(rowOf('ascii-5'), [ONE]);
    await bench.says(garbage);
    await bench.clock.advance(5_000);
    expect(bench.status.state).toBe('wrong-settings');
    await alone(bench, '34');
    expect(bench.status.state).toBe('ready');
    expect(codes(bench)).toEqual(['34']);
  });

  it('is written to while its character waits for silence, and the echo of that is neither key nor noise', async () => {
    const bench = await Bench.open(commanded, [ONE]);
    await bench.begins('31');
    void bench.evaluator.open(7, 30, 'none');
    await bench.clock.advance(5);
    await until(() => bench.heard === 'A5 01', 'the command');
    bench.device.write(Buffer.from('A501', 'hex'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(bench.frames).toEqual(['sent open']);
    await bench.clock.advance(50);
    expect(bench.frames).toEqual(['sent open', 'received own-echo', 'received 31']);
    expect(bench.status.counters).toMatchObject({ ownEchoes: 1, droppedNoise: 0, presses: 1 });
  });

  it('is written to on a line that babbles', async () => {
    const bench = await Bench.open(commanded, [ONE]);
    await bench.says(garbage);
    void bench.evaluator.open(7, 30, 'none');
    // Every 20 ms, as a line that is full: there is room between.
    for (let round = 0; round < 2; round++) {
      await bench.clock.advance(20);
      await bench.says(garbage);
    }
    await until(() => bench.heard === 'A5 01', 'the command');
  });

  it('that was pressed just before the cable was pulled was pressed', async () => {
    const bench = await Bench.open(rowOf('ascii-5'), [ONE]);
    await bench.begins('35');
    bench.device.unplug();
    await bench.reaches('lost');
    expect(codes(bench)).toEqual(['35']);
    await bench.session.close();
    expect(bench.clock.pending).toBe(0);
  });
});

describe('a program that stood still', () => {
  it('reads what came meanwhile before it takes the line for silent', async () => {
    const server = createServer((socket) => void socket.write('x'));
    undo.push(() => new Promise((resolve) => server.close(() => resolve())));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const seen: string[] = [];
    await new Promise((resolve) => socket.once('connect', resolve));
    const cancel = afterReading(systemClock, 40, () => seen.push('silence'));
    socket.once('data', () => {
      seen.push('bytes');
      cancel();
      socket.destroy();
    });
    for (const end = performance.now() + 200; performance.now() < end;);
    await until(() => seen.length > 0, 'bytes or silence');
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(seen).toEqual(['bytes']);
  });
});

describe('a line', () => {
  it('with frames that were not checked is refused', () => {
    const frames = frameDescription.parse({ pad: { keys: ['AA'] } });
    expect(
      () =>
        new FramesLine({
          id: 'x',
          model: { frames, keyMap: {}, padMap: {}, protected: true },
          units: [],
          clock: new ManualClock(),
          random: () => 0,
        }),
    ).toThrow(/no \{key\}/);
  });

  it('may be closed twice, and by a listener in the middle of a read', async () => {
    const bench = await Bench.open();
    bench.pad.on('key', () => void bench.line.close());
    await bench.says(`${CALL_1} ${RECALL_1}`);
    await bench.line.close();
    expect(bench.keys.map(({ code }) => code)).toEqual(['0C']);
    expect(bench.clock.pending).toBe(0);
  });
});
