/** The evaluator's driver against ELP/1 lines that a test dictates, over a real pseudo-terminal, with time held still. */
import { afterEach, describe, expect, it } from 'vitest';
import { WindowEvaluator } from '../../kiosk-agent/device/driver/evaluator.ts';
import { evaluatorState, type EvaluatorFacts } from '../../kiosk-agent/device/driver/evaluator-status.ts';
import type { CommandResult, Press } from '../../kiosk-agent/device/driver/interfaces.ts';
import { PortSession } from '../../kiosk-agent/device/session.ts';
import { serialTransport } from '../../kiosk-agent/device/transport/serial.ts';
import { DeviceEnd, unplugAll } from './device-end.ts';
import { ManualClock, until } from './manual-clock.ts';

const LINE = { baud: 9600, data: 8, parity: 'none', stop: 1, rtscts: false } as const;
const BOOT = '1A2B3C4D';
const HELLO = `HI,1,PJ-5,SN1,${BOOT},2.1`;
const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0)) await each();
  unplugAll();
});

class Bench {
  readonly clock = new ManualClock();
  readonly device = new DeviceEnd();
  readonly frames: string[] = [];
  readonly evaluator = new WindowEvaluator({
    id: 'evaluator-1',
    protocol: 'elp/1',
    clock: this.clock,
    random: () => 0.5,
    onFrame: (direction, bytes, decoded) =>
      this.frames.push(`${direction} ${'type' in decoded ? decoded.type : decoded.dropped} ${bytes.length}`),
  });
  readonly presses: Press[] = [];
  readonly states: string[] = [];
  appeared = 0;
  readonly session: PortSession;

  constructor() {
    this.evaluator.on('press', (press) => this.presses.push(press));
    this.evaluator.on('appeared', () => (this.appeared += 1));
    this.evaluator.on('status', (_from, to) =>
      this.states.push(to.fault ? `${to.state} ${to.fault}` : to.state),
    );
    this.session = new PortSession({
      device: 'evaluator-1',
      open: serialTransport(this.device.path, LINE),
      driver: this.evaluator,
      clock: this.clock,
      random: () => 0.5,
      log: { info: () => {}, warn: () => {} },
    });
    undo.push(async () => {
      await this.session.close();
      await this.evaluator.close();
    });
  }

  /** With the device greeted and ready. */
  static async ready(): Promise<Bench> {
    const bench = new Bench();
    await bench.device.hears('WHO');
    bench.device.say(HELLO);
    await bench.reaches('ready');
    return bench;
  }

  async reaches(state: string): Promise<void> {
    await until(() => this.evaluator.status.state === state, `${state}, is ${this.evaluator.status.state}`);
  }

  /** Sends a line and waits until the driver has it. */
  async says(...bodies: string[]): Promise<void> {
    const before = this.evaluator.status.counters.framesIn ?? 0;
    for (const body of bodies) this.device.say(body);
    await until(() => this.evaluator.status.counters.framesIn === before + bodies.length, bodies.join(' '));
  }

  /** Answers the newest command that begins with `word`. */
  async answers(word: string, count: number, answer = (n: string) => `OK,${n}`): Promise<void> {
    const [, n = ''] = await this.device.hears(word, count);
    await this.says(answer(n));
  }
}

/** The result as soon as there is one. */
function watched(asked: Promise<CommandResult>): { result: CommandResult | undefined } {
  const seen: { result: CommandResult | undefined } = { result: undefined };
  void asked.then((result) => (seen.result = result));
  return seen;
}

describe('an evaluator that appears', () => {
  it('is asked who it is, and is ready when it says so', async () => {
    const bench = await Bench.ready();
    expect(bench.evaluator.status).toMatchObject({
      state: 'ready',
      serial: 'SN1',
      firmware: '2.1',
      notes: [],
    });
    expect(bench.appeared).toBe(1);
    expect(bench.states).toEqual(['ready']);
    expect(bench.frames).toEqual(['sent WHO 17', 'received HI 34']);
  });

  it('appears again when it has restarted, also when only a heartbeat tells of the new boot', async () => {
    const bench = await Bench.ready();
    await bench.says('HI,1,PJ-5,SN1,00000001,2.1');
    expect(bench.appeared).toBe(2);
    await bench.says('ST,00000002,5,-,00');
    await bench.device.hears('WHO', 2);
    expect(bench.appeared).toBe(2);
    await bench.says('HI,1,PJ-5,SN1,00000002,2.1');
    expect(bench.appeared).toBe(3);
  });

  it('does not appear again for a second greeting of the same boot', async () => {
    const bench = await Bench.ready();
    await bench.says(HELLO, HELLO);
    expect(bench.appeared).toBe(1);
  });

  it('gives no press of a device that has not said who it is, and asks', async () => {
    const bench = new Bench();
    await bench.device.hears('WHO');
    await bench.says(`KEY,${BOOT},1,7,5,0`);
    expect(bench.presses).toEqual([]);
    await bench.says(HELLO, `KEY,${BOOT},1,7,5,300`);
    expect(bench.presses).toMatchObject([{ serial: 'SN1', boot: BOOT, seq: 1 }]);
    await bench.says('KEY,0000000F,1,7,4,0');
    expect(bench.presses).toHaveLength(1);
    await bench.device.hears('WHO', 2);
  });
});

describe('a press', () => {
  it('is told each time it comes, and acknowledged only when somebody says so', async () => {
    const bench = await Bench.ready();
    await bench.says(`KEY,${BOOT},9,7,0B,12`, `KEY,${BOOT},9,7,0B,312`);
    expect(bench.presses).toMatchObject([
      { serial: 'SN1', boot: BOOT, seq: 9, session: 7, code: '0B', ageMs: 12 },
      { seq: 9, ageMs: 312 },
    ]);
    expect(bench.presses[0]?.receivedAt).toEqual(bench.clock.now());
    expect(bench.device.heardOf('ACK')).toEqual([]);
    bench.evaluator.acknowledge({ boot: BOOT, seq: 9 });
    expect(await bench.device.hears('ACK')).toEqual(['ACK', BOOT, '9']);
  });

  it('is acknowledged at once, also while a command waits for its answer', async () => {
    const bench = await Bench.ready();
    void bench.evaluator.open(7, 30, 'please-rate');
    await bench.device.hears('OPEN');
    bench.evaluator.acknowledge({ boot: BOOT, seq: 1 });
    await bench.device.hears('ACK');
  });
});

describe('a command', () => {
  it.each([
    ['open', (e: WindowEvaluator) => e.open(7, 30, 'please-rate'), /^OPEN,\d+,7,30,2$/],
    [
      'open without voice',
      (e: WindowEvaluator) => e.open(4_294_967_295, 3600, 'none'),
      /^OPEN,\d+,4294967295,3600,0$/,
    ],
    ['shut', (e: WindowEvaluator) => e.shut(7), /^SHUT,\d+,7$/],
    ['say', (e: WindowEvaluator) => e.say('window-closed'), /^SAY,\d+,4$/],
    ['show', (e: WindowEvaluator) => e.show(2, '请评价'), /^SHOW,\d+,2,C7EBC6C0BCDB$/],
  ])('%s is sent as the page says and settled by OK', async (_name, ask, line) => {
    const bench = await Bench.ready();
    const asked = watched(ask(bench.evaluator));
    await until(() => bench.device.heard.length === 2, 'the command');
    expect(bench.device.heard[1]).toMatch(line);
    await bench.says(`OK,${bench.device.heard[1]?.split(',')[1]}`);
    await until(() => asked.result !== undefined, 'the result');
    expect(asked.result).toEqual({ ok: true });
  });

  it.each(['arg', 'busy', 'session'] as const)('refused with %s says so', async (why) => {
    const bench = await Bench.ready();
    const asked = bench.evaluator.shut(7);
    await bench.answers('SHUT', 1, (n) => `NO,${n},${why}`);
    expect(await asked).toEqual({ ok: false, why });
  });

  it.each([
    [0, 30],
    [4_294_967_296, 30],
    [1.5, 30],
    [7, 0],
    [7, 3601],
    [7, 2.5],
  ])('open(%d, %d) is out of range and not sent', async (session, seconds) => {
    const bench = await Bench.ready();
    expect(await bench.evaluator.open(session, seconds, 'none')).toEqual({ ok: false, why: 'arg' });
    expect(bench.device.heardOf('OPEN')).toEqual([]);
  });

  it('is repeated three times, every 400 ms with the same number, and then the device is silent', async () => {
    const bench = await Bench.ready();
    const asked = watched(bench.evaluator.open(7, 30, 'none'));
    for (let count = 1; count <= 4; count++) {
      await bench.device.hears('OPEN', count);
      await bench.clock.advance(399);
      expect([bench.device.heardOf('OPEN').length, asked.result]).toEqual([count, undefined]);
      await bench.clock.advance(1);
    }
    await until(() => asked.result !== undefined, 'the result');
    expect(asked.result).toEqual({ ok: false, why: 'silent' });
    expect(new Set(bench.device.heardOf('OPEN')).size).toBe(1);
    expect(bench.evaluator.status).toMatchObject({ state: 'silent', detail: 'OPEN was not answered' });
    expect(bench.evaluator.status.counters.repeats).toBe(3);
  });

  it('answered at its last repeat has succeeded', async () => {
    const bench = await Bench.ready();
    const asked = bench.evaluator.say('welcome');
    await bench.device.hears('SAY');
    await bench.clock.advance(1_200);
    await bench.answers('SAY', 4);
    expect(await asked).toEqual({ ok: true });
    expect(bench.evaluator.status.state).toBe('ready');
  });

  it('is not settled by the answer to another number', async () => {
    const bench = await Bench.ready();
    const asked = watched(bench.evaluator.say('welcome'));
    const [, n = ''] = await bench.device.hears('SAY');
    await bench.says(`OK,${(Number(n) + 1) % 65_536}`, `NO,${(Number(n) + 65_535) % 65_536},busy`);
    expect(asked.result).toBeUndefined();
    await bench.says(`OK,${n}`);
    await until(() => asked.result?.ok === true, 'the right answer');
  });

  it('waits for the one before it, in order, each with its own number', async () => {
    const bench = await Bench.ready();
    const all = [
      bench.evaluator.say('welcome'),
      bench.evaluator.show(1, 'A001'),
      bench.evaluator.open(7, 30, 'none'),
    ];
    await bench.answers('SAY', 1);
    expect(bench.device.heardOf('OPEN')).toEqual([]);
    await bench.answers('SHOW', 1);
    await bench.answers('OPEN', 1);
    expect(await Promise.all(all)).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
    expect(new Set(bench.device.heard.map((body) => body.split(',')[1])).size).toBe(4);
  });

  it('open of a newer session takes the place of older ones that still wait', async () => {
    const bench = await Bench.ready();
    const said = bench.evaluator.say('welcome');
    const older = bench.evaluator.open(7, 30, 'none');
    const newer = bench.evaluator.open(8, 30, 'none');
    expect(await older).toEqual({ ok: false, why: 'session' });
    await bench.answers('SAY', 1);
    await bench.answers('OPEN', 1);
    expect(await Promise.all([said, newer])).toEqual([{ ok: true }, { ok: true }]);
    expect(bench.device.heardOf('OPEN')[0]).toContain(',8,30,');
  });

  it('that finds sixteen waiting is refused as busy', async () => {
    const bench = await Bench.ready();
    const asked = Array.from({ length: 18 }, () => bench.evaluator.say('welcome'));
    expect(await asked[17]).toEqual({ ok: false, why: 'busy' });
    await bench.session.close();
    expect(await asked[16]).toEqual({ ok: false, why: 'away' });
  });
});

describe('an evaluator that does not answer', () => {
  it('is asked again and again, less and less often, and appears when it answers', async () => {
    const bench = new Bench();
    await bench.device.hears('WHO');
    await bench.clock.advance(1_600);
    await bench.reaches('silent');
    await bench.clock.advance(50_000);
    // Rounds of four, 1.6 s each, with waits of 0.25, 0.5, 1, 2, 4, 8, 10 and 10 s between them.
    expect(bench.evaluator.status.counters.framesOut).toBe(4 * 9);
    await bench.device.hears('WHO', 36);
    await bench.says(HELLO);
    expect([bench.evaluator.status.state, bench.appeared]).toEqual(['ready', 1]);
  });

  it('stays silent when it only speaks and never answers', async () => {
    const bench = await Bench.ready();
    const asked = bench.evaluator.open(7, 30, 'none');
    await bench.device.hears('OPEN');
    await bench.clock.advance(1_600);
    expect(await asked).toEqual({ ok: false, why: 'silent' });
    await bench.says(`ST,${BOOT},5,-,00`);
    expect([bench.evaluator.status.state, bench.appeared]).toEqual(['silent', 1]);
    await bench.says(HELLO);
    expect([bench.evaluator.status.state, bench.appeared]).toEqual(['ready', 2]);
  });

  it('settles what waits behind the unanswered command', async () => {
    const bench = await Bench.ready();
    const all = [bench.evaluator.say('welcome'), bench.evaluator.show(1, 'A'), bench.evaluator.shut(3)];
    await bench.device.hears('SAY');
    await bench.clock.advance(1_600);
    expect(await Promise.all(all)).toEqual(Array(3).fill({ ok: false, why: 'silent' }));
    expect(bench.device.heardOf('SHOW')).toEqual([]);
  });

  it('is lost after 12 s without a message, and appears when it is heard again', async () => {
    const bench = await Bench.ready();
    await bench.clock.advance(11_999);
    expect(bench.evaluator.status.state).toBe('ready');
    await bench.says(`ST,${BOOT},5,-,00`);
    await bench.clock.advance(11_999);
    expect(bench.evaluator.status.state).toBe('ready');
    await bench.clock.advance(1);
    expect(bench.evaluator.status.state).toBe('lost');
    await bench.device.hears('WHO', 2);
    await bench.says(HELLO);
    expect([bench.evaluator.status.state, bench.appeared]).toEqual(['ready', 2]);
  });

  it('gets a fresh port after a minute, and stays lost meanwhile', async () => {
    const bench = await Bench.ready();
    await bench.clock.advance(12_000);
    await bench.clock.advance(48_000);
    await until(() => bench.session.state === 'waiting', 'the port to close');
    expect(bench.evaluator.status.state).toBe('lost');
    await bench.clock.advance(300);
    await until(() => bench.session.state === 'open', 'the port to open');
    expect(bench.evaluator.status).toMatchObject({ state: 'lost', counters: { reopened: 1 } });
    await bench.says(HELLO);
    expect([bench.evaluator.status.state, bench.appeared]).toEqual(['ready', 2]);
    expect(bench.states).toEqual(['ready', 'lost', 'ready']);
  });
});

describe('the session on the device', () => {
  async function withOpen(session: number, seconds: number): Promise<Bench> {
    const bench = await Bench.ready();
    const asked = bench.evaluator.open(session, seconds, 'none');
    await bench.answers('OPEN', 1);
    expect(await asked).toEqual({ ok: true });
    return bench;
  }

  it('that is not the one that was opened makes the device appear again, once', async () => {
    const bench = await withOpen(7, 30);
    await bench.says(`ST,${BOOT},5,7,00`);
    expect(bench.appeared).toBe(1);
    await bench.says(`ST,${BOOT},10,-,00`, `ST,${BOOT},15,-,00`);
    expect(bench.appeared).toBe(2);
    expect(bench.evaluator.status.counters.resynced).toBe(1);
  });

  it('may end by itself when its time is over', async () => {
    const bench = await withOpen(7, 10);
    await bench.clock.advance(8_000);
    await bench.says(`ST,${BOOT},10,-,00`);
    expect(bench.appeared).toBe(1);
  });

  it('may be gone after it was shut', async () => {
    const bench = await withOpen(7, 30);
    const asked = bench.evaluator.shut(7);
    await bench.answers('SHUT', 1);
    await asked;
    await bench.says(`ST,${BOOT},10,-,00`);
    expect(bench.appeared).toBe(1);
  });

  it('that should have been shut while the cable was out is shut when the device is back', async () => {
    const bench = await withOpen(7, 300);
    bench.device.unplug();
    await bench.reaches('lost');
    expect(await bench.evaluator.shut(7)).toEqual({ ok: false, why: 'away' });
    bench.device.plug();
    await bench.clock.advance(1_000);
    await bench.device.hears('WHO', 2);
    await bench.says(HELLO, `ST,${BOOT},60,7,00`);
    await bench.answers('SHUT', 1);
    await bench.says(`ST,${BOOT},65,-,00`);
    expect(bench.device.heardOf('SHUT')).toHaveLength(1);
  });

  it('that nobody spoke of is left alone: somebody may be about to press', async () => {
    const bench = await Bench.ready();
    await bench.says(`ST,${BOOT},5,99,00`, `ST,${BOOT},10,99,00`);
    expect([bench.device.heardOf('SHUT'), bench.appeared]).toEqual([[], 1]);
  });
});

describe('what the device says of itself', () => {
  it('stuck key and full memory are faults, speaker and voltage are notes, and they pass', async () => {
    const bench = await Bench.ready();
    for (const bits of ['01', '08', '09', '06', '00']) await bench.says(`ST,${BOOT},5,-,${bits}`);
    expect(bench.states).toEqual([
      'ready',
      'faulted stuck-key',
      'faulted press-memory-full',
      'ready',
      'ready',
    ]);
    await bench.says(`ST,${BOOT},5,-,06`);
    expect(bench.evaluator.status.notes).toEqual(['speaker', 'low-voltage']);
  });
});

describe('a line with trouble', () => {
  it('counts noise in bytes and wrong CRCs in lines, and goes on', async () => {
    const bench = await Bench.ready();
    bench.device.write('\x00\xff~~');
    bench.device.write(`$KEY,${BOOT},1,7,4,12*BD6A\r\n`);
    await bench.says(`KEY,${BOOT},1,7,5,312`);
    expect(bench.evaluator.status.counters).toMatchObject({ droppedNoise: 4, wrongCrc: 1, framesIn: 2 });
    expect(bench.presses).toMatchObject([{ code: '5' }]);
    expect(bench.evaluator.status.state).toBe('ready');
  });

  it('has wrong settings when much arrives and no message, until one does', async () => {
    const bench = new Bench();
    await bench.device.hears('WHO');
    bench.device.write(new Uint8Array(63).fill(0xf0));
    await until(() => bench.evaluator.status.counters.droppedNoise === 63, '63 bytes');
    expect(bench.evaluator.status.state).toBe('opening');
    bench.device.write(Uint8Array.of(0xf0));
    await bench.reaches('wrong-settings');
    await bench.says(HELLO);
    expect(bench.evaluator.status.state).toBe('ready');
  });

  it('has wrong settings when a little arrives for three seconds, and no message', async () => {
    const bench = new Bench();
    await bench.device.hears('WHO');
    bench.device.write(new Uint8Array(8).fill(0xf0));
    await until(() => bench.evaluator.status.counters.droppedNoise === 8, '8 bytes');
    await bench.clock.advance(2_999);
    expect(bench.evaluator.status.state).toBe('silent');
    await bench.clock.advance(1);
    expect(bench.evaluator.status.state).toBe('wrong-settings');
  });

  it('has no wrong settings for noise beside good messages', async () => {
    const bench = await Bench.ready();
    bench.device.write(new Uint8Array(200).fill(0xf0));
    await until(() => bench.evaluator.status.counters.droppedNoise === 200, '200 bytes');
    await bench.clock.advance(4_000);
    expect(bench.evaluator.status.state).toBe('ready');
  });
});

describe('the cable pulled out', () => {
  type State = { name: string; reach: (bench: Bench) => Promise<Promise<CommandResult>[]> };
  const states: State[] = [
    { name: 'before it was heard', reach: async () => [] },
    {
      name: 'while commands wait for the greeting',
      reach: async (bench) => [bench.evaluator.open(7, 30, 'none'), bench.evaluator.say('welcome')],
    },
    { name: 'when ready', reach: async (bench) => (await bench.says(HELLO), []) },
    {
      name: 'while a command is in flight and others wait',
      reach: async (bench) => {
        await bench.says(HELLO);
        const all = [
          bench.evaluator.open(7, 30, 'none'),
          bench.evaluator.shut(7),
          bench.evaluator.show(1, 'A'),
        ];
        await bench.device.hears('OPEN');
        return all;
      },
    },
    {
      name: 'in the middle of a line',
      reach: async (bench) => {
        await bench.says(HELLO);
        bench.device.write('$KEY,1A2B3C4D,1,');
        return [];
      },
    },
    {
      name: 'when silent',
      reach: async (bench) => {
        await bench.clock.advance(1_600);
        await bench.reaches('silent');
        return [];
      },
    },
    {
      name: 'when lost',
      reach: async (bench) => {
        await bench.says(HELLO);
        await bench.clock.advance(12_000);
        await bench.reaches('lost');
        return [];
      },
    },
    {
      name: 'with wrong settings',
      reach: async (bench) => {
        bench.device.write(new Uint8Array(64).fill(0xf0));
        await bench.reaches('wrong-settings');
        return [];
      },
    },
    {
      name: 'with a stuck key',
      reach: async (bench) => {
        await bench.says(HELLO, `ST,${BOOT},5,-,01`);
        await bench.reaches('faulted');
        return [];
      },
    },
  ];

  it.each(states)(
    '$name: everything is settled, and it is ready again when it is back',
    async ({ reach }) => {
      const bench = new Bench();
      await bench.device.hears('WHO');
      const pending = await reach(bench);
      const appeared = bench.appeared;
      bench.device.unplug();
      await until(() => bench.session.state === 'waiting', 'the unplug');
      expect(bench.evaluator.status.state).toBe('lost');
      expect(await Promise.all(pending)).toEqual(pending.map(() => ({ ok: false, why: 'away' })));
      expect(await bench.evaluator.open(8, 30, 'none')).toEqual({ ok: false, why: 'away' });
      bench.evaluator.acknowledge({ boot: BOOT, seq: 1 });
      expect(bench.clock.pending, 'only the wait for the port').toBe(1);

      bench.device.plug();
      const asked = bench.device.heardOf('WHO').length;
      await bench.clock.advance(bench.clock.nextMs ?? 0);
      await bench.device.hears('WHO', asked + 1);
      await bench.says(HELLO, `KEY,${BOOT},1,7,5,900`);
      expect(bench.evaluator.status.state).toBe('ready');
      expect([bench.appeared, bench.presses.length]).toEqual([appeared + 1, 1]);
    },
  );

  it('in the middle of a line is no part of what comes afterwards', async () => {
    const bench = await Bench.ready();
    bench.device.write(`$KEY,${BOOT},1`);
    await bench.says(HELLO);
    bench.device.write(`$KEY,${BOOT},1`);
    void bench.evaluator.say('welcome');
    await bench.device.hears('SAY');
    bench.device.unplug();
    await until(() => bench.session.state === 'waiting', 'the unplug');
    bench.device.plug();
    await bench.clock.advance(bench.clock.nextMs ?? 0);
    await bench.device.hears('WHO', 2);
    const before = bench.evaluator.status.counters;
    bench.device.write(',7,5,12*BD6A\r\n');
    await until(
      () => bench.evaluator.status.counters.droppedNoise === (before.droppedNoise ?? 0) + 14,
      'the rest',
    );
    expect(bench.evaluator.status.counters.framesIn).toBe(before.framesIn);
  });

  it('and closed for good leaves no timer behind', async () => {
    const bench = await Bench.ready();
    void bench.evaluator.open(7, 30, 'none');
    await bench.session.close();
    await bench.evaluator.close();
    await bench.evaluator.close();
    expect(bench.clock.pending).toBe(0);
    expect(bench.evaluator.eventNames()).toEqual([]);
  });
});

describe('the public state', () => {
  const fine: EvaluatorFacts = {
    port: 'open',
    unreadable: false,
    lost: false,
    silent: false,
    greeted: true,
    faults: [],
  };
  const trouble = (
    kind: 'missing' | 'busy' | 'denied' | 'refused' | 'timeout' | 'unplugged' | 'unknown',
  ) => ({
    port: { kind, detail: '' },
  });
  it.each<[Partial<EvaluatorFacts>, string]>([
    [{}, 'ready'],
    [{ port: null }, 'opening'],
    [{ greeted: false }, 'opening'],
    [trouble('missing'), 'missing'],
    [trouble('busy'), 'busy'],
    [trouble('denied'), 'denied'],
    [trouble('refused'), 'refused'],
    [trouble('timeout'), 'refused'],
    [trouble('unknown'), 'refused'],
    [trouble('unplugged'), 'lost'],
    [{ ...trouble('missing'), lost: true, unreadable: true }, 'missing'],
    [{ unreadable: true, lost: true, silent: true }, 'wrong-settings'],
    [{ lost: true, silent: true }, 'lost'],
    [{ port: null, lost: true }, 'lost'],
    [{ silent: true, greeted: false }, 'silent'],
    [{ silent: true, faults: ['stuck-key'] }, 'silent'],
    [{ faults: ['stuck-key', 'low-voltage'] }, 'faulted'],
    [{ faults: ['low-voltage', 'speaker'] }, 'ready'],
  ])('%j is %s', (facts, state) => {
    expect(evaluatorState({ ...fine, ...facts }).state).toBe(state);
  });
});
