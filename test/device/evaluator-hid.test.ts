/** The driver over HID against the simulated EHR/1 evaluator, each family of trouble; and against reports that a test dictates. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  startHidEvaluator,
  type HidEvaluatorHandle,
  type HidEvaluatorOptions,
} from '../../firmware-sim/evaluator-hid/evaluator.ts';
import type { HidSocket } from '../../firmware-sim/port/hid-socket.ts';
import { systemClock, type Clock } from '../../kiosk-agent/device/clock.ts';
import { WindowEvaluator } from '../../kiosk-agent/device/driver/evaluator.ts';
import type { CommandResult, Press } from '../../kiosk-agent/device/driver/interfaces.ts';
import { PressNumbers } from '../../kiosk-agent/device/driver/press-numbers.ts';
import { modelOf } from '../../kiosk-agent/device/models.ts';
import { PortSession } from '../../kiosk-agent/device/session.ts';
import { hidTransport } from '../../kiosk-agent/device/transport/hid.ts';
import type { HidTransport, ReportResult } from '../../kiosk-agent/device/transport/transport.ts';
import { seeded } from '../fuzz/hostile.ts';
import { hidBackendOf } from './hid-sockets.ts';
import { ManualClock, until } from './manual-clock.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

const COLLECTION = modelOf('ehr1')?.fingerprints[0] ?? {};

async function plugged(options: Partial<HidEvaluatorOptions> = {}): Promise<HidEvaluatorHandle> {
  const device = await startHidEvaluator({ port: 'socket', serial: 'EV7', ...options });
  undo.push(() => device.close());
  return device;
}

type AgentOptions = {
  acknowledge?: boolean;
  clock?: Clock;
  lastSeq?: (serial: string, boot: string) => number;
};

/** An agent's side: driver and session on the sockets. Presses are acknowledged unless told otherwise. */
function agent(
  sockets: HidSocket[],
  { acknowledge = true, clock = systemClock, lastSeq }: AgentOptions = {},
) {
  const evaluator = new WindowEvaluator({
    id: 'evaluator-1',
    protocol: 'ehr/1',
    clock,
    random: () => 0.5,
    ...(lastSeq && { lastSeq }),
  });
  const presses: Press[] = [];
  const seen = { appeared: 0, states: [] as string[] };
  evaluator.on('press', (press) => {
    presses.push(press);
    if (acknowledge) evaluator.acknowledge(press);
  });
  evaluator.on('appeared', () => (seen.appeared += 1));
  evaluator.on('status', (_from, to) => seen.states.push(to.state));
  const session = new PortSession({
    device: 'evaluator-1',
    open: hidTransport(
      { kind: 'hid', vendorId: '1209', productId: '0001' },
      COLLECTION,
      hidBackendOf(sockets),
    ),
    driver: evaluator,
    clock,
    random: () => 0.5,
    log: { info: () => {}, warn: () => {} },
  });
  const close = async () => {
    await session.close();
    await evaluator.close();
  };
  undo.push(close);
  const reaches = (...states: string[]) =>
    until(
      () => states.includes(evaluator.status.state),
      `${states.join(' or ')}, is ${evaluator.status.state}`,
      15_000,
    );
  return { evaluator, session, presses, seen, reaches, close };
}

const socketsOf = (...devices: HidEvaluatorHandle[]): HidSocket[] =>
  devices.flatMap(({ socket }) => (socket ? [socket] : []));
const waiting = (device: HidEvaluatorHandle) => device.state().pressesWaiting;
const numbers = (presses: readonly Press[]) => [...new Set(presses.map(({ seq }) => seq))];

describe('a simulated USB evaluator', () => {
  it('is ready, opens, tells its press, thanks when it is acknowledged, and shuts', async () => {
    const device = await plugged({ firmware: '2.11' });
    const { evaluator, presses, reaches, seen } = agent(socketsOf(device));
    await reaches('ready');
    expect(evaluator.status).toMatchObject({ serial: 'EV7', firmware: '2.11', notes: [] });
    expect(await evaluator.open(7, 30, 'please-rate')).toEqual({ ok: true });
    expect(device.state()).toMatchObject({ session: { number: 7 }, voice: '请对本次服务进行评价' });
    device.press(1);
    await until(() => presses.length > 0 && waiting(device) === 0, 'the press and its acknowledgement');
    expect(presses[0]).toMatchObject({ serial: 'EV7', seq: 1, session: 7, code: '5' });
    expect(presses[0]?.boot).toBe(device.state().boot);
    expect(device.state().lights.thanks).toBe('lit');
    expect(await evaluator.shut(7)).toEqual({ ok: true });
    expect(device.state().session).toBeNull();
    expect(await evaluator.shut(7)).toEqual({ ok: false, why: 'session' });
    expect(await evaluator.show(2, '请评价')).toEqual({ ok: true });
    expect(device.state().display).toEqual(['', '请评价']);
    expect(await evaluator.say('welcome')).toEqual({ ok: true });
    expect(seen.appeared).toBe(1);
  });

  it('gives each of its keys as the code that the model knows', async () => {
    const device = await plugged();
    const { presses, reaches } = agent(socketsOf(device));
    await reaches('ready');
    for (const key of [1, 2, 3, 4, 5]) device.press(key);
    await until(() => waiting(device) === 0, 'every press to be acknowledged');
    const model = modelOf('ehr1');
    const map = model?.kind === 'evaluator' ? model.keyMap : {};
    expect(presses.map(({ code }) => map[code])).toEqual([5, 4, 3, 2, 1]);
  });

  it('says thank you only when it is acknowledged, and repeats itself until then under one number', async () => {
    const device = await plugged();
    const { evaluator, presses, reaches } = agent(socketsOf(device), { acknowledge: false });
    await reaches('ready');
    device.press(3);
    await until(() => presses.length >= 4, 'repeats');
    expect(numbers(presses)).toEqual([1]);
    expect(presses.map(({ ageMs }) => ageMs)).toEqual(
      presses.map(({ ageMs }) => ageMs).sort((a, b) => a - b),
    );
    expect(presses.at(-1)?.ageMs).toBeGreaterThanOrEqual(600);
    expect(device.state()).toMatchObject({ lights: { thanks: 'dark' }, pressesWaiting: 1 });
    for (const press of presses.slice(0, 1)) evaluator.acknowledge(press);
    await until(() => waiting(device) === 0, 'the acknowledgement');
    expect(device.state().lights.thanks).toBe('lit');
  });

  it('that is busy or has faults says so', async () => {
    const device = await plugged();
    const { evaluator, reaches } = agent(socketsOf(device));
    await reaches('ready');
    await device.setFault('busy', true);
    expect(await evaluator.open(7, 30, 'none')).toEqual({ ok: false, why: 'busy' });
    await device.setFault('busy', false);
    await device.setFault('low-voltage', true);
    expect(await evaluator.say('welcome')).toEqual({ ok: true });
    expect(evaluator.status).toMatchObject({ state: 'ready', notes: ['low-voltage'] });
    await device.setFault('stuck-key', true, { key: 2 });
    await evaluator.say('welcome');
    await reaches('faulted');
    expect(evaluator.status.fault).toBe('stuck-key');
    await device.setFault('stuck-key', false);
    await evaluator.say('welcome');
    await reaches('ready');
  });

  it.each(['lost-frames', 'doubled-frames'])(
    'with %s loses no press and takes none for another',
    async (fault) => {
      const device = await plugged({ seed: 5 });
      const { presses, reaches } = agent(socketsOf(device));
      await reaches('ready');
      await device.setFault(fault, true, { rate: 0.4 });
      for (const key of [1, 2, 3, 4, 5]) device.press(key);
      await until(() => waiting(device) === 0, 'every press to be acknowledged', 10_000);
      const codes = new Map(presses.map(({ seq, code }) => [seq, code]));
      expect([...codes].sort(([a], [b]) => a - b)).toEqual(
        [1, 2, 3, 4, 5].map((seq) => [seq, String(6 - seq)]),
      );
    },
  );
});

describe('an unplug', () => {
  type Bench = ReturnType<typeof agent> & { device: HidEvaluatorHandle; asked: Promise<CommandResult>[] };
  const STATES: [string, (bench: Bench) => Promise<void>][] = [
    ['before it has greeted', async () => {}],
    [
      'while its identity is asked for',
      async ({ device, evaluator, reaches }) => {
        await device.setFault('no-identity', true);
        device.powerCycle();
        await reaches('silent');
        expect(evaluator.status.detail).toContain('its identity was not answered');
      },
    ],
    ['while it is idle', ({ reaches }) => reaches('ready')],
    [
      'while an evaluation is open',
      async ({ evaluator, reaches }) => {
        await reaches('ready');
        await evaluator.open(7, 30, 'none');
      },
    ],
    [
      'while a command waits for its answer',
      async ({ device, evaluator, reaches, asked }) => {
        await reaches('ready');
        await device.setFault('silent', true);
        asked.push(evaluator.open(8, 30, 'none'), evaluator.say('welcome'));
      },
    ],
    [
      'while it is silent',
      async ({ device, evaluator, reaches }) => {
        await reaches('ready');
        await device.setFault('silent', true);
        await evaluator.say('welcome');
        await reaches('silent');
      },
    ],
    [
      'while it is faulted',
      async ({ device, reaches }) => {
        await reaches('ready');
        await device.setFault('stuck-key', true);
        await reaches('faulted');
      },
    ],
  ];

  it.each(STATES)('%s is a state, loses no press, and ends when it is plugged in', async (_name, bring) => {
    const device = await plugged();
    const bench = {
      ...agent(socketsOf(device), { acknowledge: false }),
      device,
      asked: [] as Promise<CommandResult>[],
    };
    const { evaluator, presses, seen, reaches } = bench;
    await bring(bench);
    device.press(2);
    await device.unplug();
    await reaches('lost', 'missing');
    for (const result of await Promise.all(bench.asked)) expect(result).toEqual({ ok: false, why: 'away' });
    expect(await evaluator.open(9, 30, 'none')).toEqual({ ok: false, why: 'away' });
    device.press(4);
    for (const fault of device.faults()) if (fault !== 'unplugged') await device.setFault(fault, false);
    const appearedBefore = seen.appeared;
    const from = presses.length;
    await device.plug();
    await reaches('ready');
    await until(() => seen.appeared > appearedBefore, 'the device to appear');
    const made = waiting(device);
    await until(() => numbers(presses.slice(from)).length === made, 'every press that it has kept');
    expect(new Set(presses.slice(from).map(({ code }) => code))).toContain('2');
    for (const press of presses) evaluator.acknowledge(press);
    await until(() => waiting(device) === 0, 'the device to forget them');
    expect(numbers(presses)).toHaveLength(made);
  });

  it('leaves 32 presses on the device, which tells that it has no room for more', async () => {
    const device = await plugged();
    const { evaluator, presses, reaches } = agent(socketsOf(device), { acknowledge: false });
    await reaches('ready');
    await device.unplug();
    await reaches('lost', 'missing');
    const taken = Array.from({ length: 40 }, (_, at) => device.press((at % 5) + 1));
    expect(taken.filter(Boolean)).toHaveLength(32);
    await device.plug();
    await until(() => numbers(presses).length === 32, 'all 32');
    expect(evaluator.status).toMatchObject({ state: 'faulted', fault: 'press-memory-full' });
    for (const press of presses) evaluator.acknowledge(press);
    await until(() => waiting(device) === 0, 'the device to forget them');
    device.press(1);
    await until(() => numbers(presses).length === 33, 'the next one');
    await reaches('ready');
  });

  it('and the end of the agent leave no timer behind', async () => {
    const clock = new ManualClock();
    const device = await plugged();
    const { evaluator, close, reaches } = agent(socketsOf(device), { clock });
    await reaches('ready');
    const asked = evaluator.open(7, 30, 'none');
    await close();
    expect((await asked).ok).toBeTypeOf('boolean');
    await close();
    expect(clock.pending).toBe(0);
    expect(device.state().hostPresent).toBe(false);
  });
});

describe('silence', () => {
  it('of commands makes it silent, and it appears again afterwards', async () => {
    const device = await plugged();
    const { evaluator, seen, reaches } = agent(socketsOf(device));
    await reaches('ready');
    await device.setFault('silent', true);
    expect(await evaluator.open(7, 30, 'none')).toEqual({ ok: false, why: 'silent' });
    await reaches('silent');
    await device.setFault('silent', false);
    await reaches('ready');
    expect(seen.appeared).toBe(2);
  });

  it('of 12 s makes it lost, after a minute its port is opened afresh, and nothing is forgotten', async () => {
    const clock = new ManualClock();
    const device = await plugged();
    const { evaluator, session, presses, seen, reaches } = agent(socketsOf(device), { clock });
    await reaches('ready');
    await device.setFault('silent', true);
    device.press(5);
    await clock.advance(12_000);
    expect(evaluator.status.state).toBe('lost');
    await clock.advance(48_000);
    await until(() => session.state !== 'open', 'the port to be given up');
    await device.setFault('silent', false);
    await until(() => session.state === 'waiting', 'the wait');
    await clock.advance(500);
    await reaches('ready');
    expect([seen.appeared, evaluator.status.counters.reopened]).toEqual([2, 1]);
    await until(() => waiting(device) === 0, 'the press and its acknowledgement');
    expect(presses[0]).toMatchObject({ seq: 1, code: '1' });
  });

  it('about its identity is asked again, and its presses wait meanwhile', async () => {
    const device = await plugged();
    await device.setFault('no-identity', true);
    const { evaluator, presses, seen, reaches } = agent(socketsOf(device));
    await reaches('silent');
    expect(evaluator.status.detail).toContain('its identity was not answered');
    device.press(1);
    expect([presses, seen.appeared]).toEqual([[], 0]);
    await device.setFault('no-identity', false);
    await reaches('ready');
    await until(() => waiting(device) === 0, 'the press and its acknowledgement');
    expect([presses[0]?.serial, seen.appeared]).toEqual(['EV7', 1]);
  });
});

describe('a restart of the device', () => {
  it('is a new boot with nothing open, and its presses are new ones', async () => {
    const device = await plugged();
    const { evaluator, presses, seen, reaches } = agent(socketsOf(device));
    await reaches('ready');
    await evaluator.open(7, 30, 'none');
    device.press(1);
    await until(() => waiting(device) === 0, 'the press and its acknowledgement');
    device.powerCycle();
    await until(() => seen.appeared === 2, 'the new boot');
    expect(device.state().session).toBeNull();
    expect(await evaluator.open(7, 20, 'none')).toEqual({ ok: true });
    device.press(1);
    await until(() => presses.length === 2, 'the press after it');
    expect(new Set(presses.map(({ boot, seq }) => `${boot}/${seq}`)).size).toBe(2);
    expect(presses.map(({ seq }) => seq)).toEqual([1, 1]);
  });

  it('whose greeting was lost is noticed by the next press, which is not lost', async () => {
    const device = await plugged();
    const { presses, seen, reaches } = agent(socketsOf(device));
    await reaches('ready');
    await device.setFault('silent', true);
    device.powerCycle();
    await device.setFault('silent', false);
    device.press(2);
    await until(() => waiting(device) === 0, 'the press and its acknowledgement');
    expect(presses[0]).toMatchObject({ boot: device.state().boot, seq: 1, code: '4' });
    expect(seen.appeared).toBe(2);
  });
});

describe('an exchange', () => {
  it('gives each device its own presses, and the first one its old numbers when it comes back', async () => {
    const first = await plugged({ serial: 'EV1', pressesBefore: 65_534 });
    const second = await plugged({ serial: 'EV2' });
    await second.unplug();
    const { evaluator, presses, seen, reaches } = agent(socketsOf(first, second), { acknowledge: false });
    await reaches('ready');
    first.press(1);
    first.press(2);
    await until(() => numbers(presses).length === 2, 'both presses');
    await first.unplug();
    await reaches('lost', 'missing');
    await second.plug();
    await until(() => evaluator.status.serial === 'EV2', 'the other device');
    second.press(3);
    await until(() => presses.some(({ serial }) => serial === 'EV2'), 'its press');
    await second.unplug();
    await until(() => evaluator.status.state !== 'ready', 'the unplug');
    const from = presses.length;
    await first.plug();
    await until(() => numbers(presses.slice(from)).length === 2, 'the presses of the first');
    const names = new Set(presses.map(({ serial, seq, code }) => `${serial} ${seq} ${code}`));
    expect([...names]).toEqual(['EV1 65535 5', 'EV1 65536 4', 'EV2 1 3']);
    expect(seen.appeared).toBe(3);
  });

  it('is not guessed while both are plugged in', async () => {
    const [first, second] = [await plugged({ serial: 'EV1' }), await plugged({ serial: 'EV2' })];
    const { evaluator, reaches } = agent(socketsOf(first, second));
    await reaches('ambiguous');
    expect(evaluator.status.detail).toMatch(/EV1 at .*, EV2 at /);
    await first.unplug();
    await reaches('ready');
    expect(evaluator.status.serial).toBe('EV2');
  });
});

describe('the wrap of the press counter', () => {
  it('gives no press a new number while it is repeated, on either side', async () => {
    const device = await plugged({ pressesBefore: 65_520 });
    const { evaluator, presses, reaches } = agent(socketsOf(device), { acknowledge: false });
    await reaches('ready');
    for (let count = 0; count < 32; count++) device.press((count % 5) + 1);
    await until(() => presses.length >= 3 * 32, 'everything three times');
    expect(numbers(presses)).toEqual(Array.from({ length: 32 }, (_, at) => 65_521 + at));
    const codes = new Map<number, Set<string>>();
    for (const { seq, code } of presses) codes.set(seq, (codes.get(seq) ?? new Set()).add(code));
    expect([...codes.values()].every((each) => each.size === 1)).toBe(true);
    for (const press of presses) evaluator.acknowledge(press);
    await until(() => waiting(device) === 0, 'the device to forget them');
    expect(device.state().pressesAcknowledged).toBe(32);
  });

  it('is counted on by an agent that starts again and knows what is on disk', async () => {
    const device = await plugged({ pressesBefore: 65_533 });
    const before = agent(socketsOf(device), { acknowledge: false });
    await before.reaches('ready');
    for (const key of [1, 2, 3, 4]) device.press(key);
    await until(() => numbers(before.presses).length === 4, 'four presses');
    await before.close();
    const { boot } = device.state();
    const onDisk = (serial: string, of: string) => (serial === 'EV7' && of === boot ? 65_536 : 0);
    const after = agent(socketsOf(device), { lastSeq: onDisk });
    await until(() => waiting(device) === 0, 'the device to forget them');
    device.press(5);
    await until(() => numbers(after.presses).length === 5, 'the next press');
    expect(numbers(after.presses)).toEqual([65_534, 65_535, 65_536, 65_537, 65_538]);
    expect(numbers(before.presses)).toEqual([65_534, 65_535, 65_536, 65_537]);
  });

  it('keeps every number through losses and repeats in any order, over three rounds', () => {
    const random = seeded(7);
    const presses = new PressNumbers(() => 0);
    const unacknowledged: number[] = [];
    let made = 60_000;
    const wrong: string[] = [];
    for (let step = 0; step < 200_000; step++) {
      if (unacknowledged.length < 32 && random() < 0.9) unacknowledged.push(++made);
      const at = Math.floor(random() * unacknowledged.length);
      const number = unacknowledged[at];
      if (number === undefined) continue;
      const given = presses.numberOf('EV1', '00000001', number % 65_536);
      if (given !== number) wrong.push(`${number} was called ${given}`);
      if (random() < 0.9) unacknowledged.splice(at, 1);
    }
    expect(made).toBeGreaterThan(3 * 65_536);
    expect(wrong).toEqual([]);
  });

  it.each([
    ['the first press', 1, 1],
    ['a later one', 40_000, 40_000],
    ['the one after a wrap that nobody saw', 0, 65_536],
  ])('an unknown device begins with what it says: %s', (_name, low, number) => {
    const presses = new PressNumbers(() => 0);
    expect([presses.numberOf('EV1', 'A', low), presses.numberOf('EV1', 'A', low)]).toEqual([number, number]);
    expect(presses.numberOf('EV1', 'A', (low + 1) % 65_536)).toBe(low === 0 ? 65_537 : number + 1);
  });

  it('an unknown device whose old press comes after its new one has a number for each', () => {
    const presses = new PressNumbers(() => 0);
    const given = [1, 65_530, 2, 65_531, 1, 65_530, 0].map((low) => presses.numberOf('EV1', 'A', low));
    expect(given).toEqual([1, 65_530, 2, 65_531, 1, 65_530, 65_536]);
  });

  it('is counted for each device and boot, of the newest eight', () => {
    const asked: string[] = [];
    const presses = new PressNumbers((serial, boot) => {
      asked.push(`${serial} ${boot}`);
      return 131_070;
    });
    expect(presses.numberOf('EV1', 'A', 0)).toBe(131_072);
    for (let boot = 0; boot < 7; boot++) presses.numberOf('EV1', String(boot), 5);
    expect(presses.numberOf('EV1', 'A', 1)).toBe(131_073);
    expect(asked).toHaveLength(8);
    presses.numberOf('EV1', '7', 5);
    presses.numberOf('EV1', 'A', 1);
    expect(asked).toHaveLength(9);
    presses.numberOf('EV1', '0', 5);
    expect(asked.at(-1)).toBe('EV1 0');
  });
});

/** A HID device whose every report a test dictates, with time held still. */
class Dictated {
  readonly clock = new ManualClock();
  readonly sent: Buffer[] = [];
  readonly presses: Press[] = [];
  readonly frames: unknown[] = [];
  appeared = 0;
  identity: () => Promise<ReportResult> = async () => ({ ok: true, bytes: identityOf('EV9') });
  readonly evaluator = new WindowEvaluator({
    id: 'evaluator-1',
    protocol: 'ehr/1',
    clock: this.clock,
    random: () => 0.5,
    onFrame: (_direction, _bytes, decoded) => this.frames.push(decoded),
  });
  readonly transport: HidTransport = {
    onData: null,
    onClosed: null,
    write: async (bytes) => {
      this.sent.push(Buffer.from(bytes));
      return { ok: true };
    },
    getFeature: () => this.identity(),
    sendFeature: async () => ({ ok: true }),
    close: async () => this.evaluator.detached(null),
  };

  constructor() {
    this.evaluator.on('press', (press) => this.presses.push(press));
    this.evaluator.on('appeared', () => (this.appeared += 1));
    undo.push(async () => {
      this.evaluator.detached(null);
      await this.evaluator.close();
      expect(this.clock.pending).toBe(0);
    });
    this.evaluator.attach(this.transport);
  }

  async says(...hex: string[]): Promise<void> {
    for (const each of hex) this.transport.onData?.(Buffer.from(each.replaceAll(' ', ''), 'hex'));
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Answers the newest command: result 0 ok, state 1 open. */
  async answers(result: string, state: string): Promise<void> {
    const n = this.sent.at(-1)?.toString('hex', 2, 4) ?? '';
    await this.says(`02 01 ${n} ${result} ${state} 00 00 4D3C2B1A 05000000`);
  }

  commands(operation: number): Buffer[] {
    return this.sent.filter((report) => report[1] === operation);
  }
}
const HELLO = '02 02 0000 00 00 00 00 4D3C2B1A 00000000';
const IDLE = '02 00 0000 00 00 00 00 4D3C2B1A 05000000';
const OPEN = '02 00 0000 00 01 00 00 4D3C2B1A 05000000';
const identityOf = (serial: string): Buffer => {
  const report = Buffer.alloc(32);
  report.set([0x20, 1, 1, 0, 5, 7, 0]);
  report.write(serial, 7, 'latin1');
  return report;
};

describe('a heartbeat, which does not say which evaluation is open', () => {
  async function opened(): Promise<Dictated> {
    const device = new Dictated();
    await device.says(HELLO);
    const asked = device.evaluator.open(7, 30, 'none');
    await device.answers('00', '01');
    expect(await asked).toEqual({ ok: true });
    return device;
  }

  it('agrees with what should be open', async () => {
    const device = await opened();
    await device.says(OPEN, OPEN);
    expect([device.appeared, device.evaluator.status.counters.resynced]).toEqual([1, 0]);
  });

  it('that says idle has lost it: it is to be opened again', async () => {
    const device = await opened();
    await device.says(IDLE);
    expect([device.appeared, device.evaluator.status.counters.resynced]).toEqual([2, 1]);
  });

  it('that says idle when the seconds are over is as it should be', async () => {
    const device = await opened();
    for (let second = 0; second < 28; second += 4) {
      await device.clock.advance(4_000);
      await device.says(OPEN);
    }
    await device.says(IDLE);
    expect([device.appeared, device.evaluator.status.counters.resynced]).toEqual([1, 0]);
  });

  it('that says open after an end that was not confirmed ends it again', async () => {
    const device = await opened();
    const asked = device.evaluator.shut(7);
    await device.clock.advance(1_600);
    expect(await asked).toEqual({ ok: false, why: 'silent' });
    await device.says(HELLO, OPEN);
    expect(device.commands(2)).toHaveLength(5);
    await device.answers('00', '00');
    await device.says(OPEN);
    expect(device.commands(2)).toHaveLength(5);
  });

  it('while a newer evaluation is open, an older unconfirmed end is not sent into it', async () => {
    const device = await opened();
    void device.evaluator.shut(7);
    await device.clock.advance(1_600);
    await device.says(HELLO);
    const asked = device.evaluator.open(8, 30, 'none');
    await device.answers('00', '01');
    expect(await asked).toEqual({ ok: true });
    await device.says(OPEN);
    expect(device.commands(2)).toHaveLength(4);
  });
});

describe('another device under the same ids', () => {
  it('that sends reports of its own is told to have wrong settings, and rates nothing', async () => {
    const device = new Dictated();
    await device.clock.advance(1_600);
    expect(device.evaluator.status.state).toBe('silent');
    for (let report = 0; report < 8; report++) await device.says('01 00 FF FE 00 00 00 00');
    expect(device.evaluator.status).toMatchObject({
      state: 'wrong-settings',
      counters: { droppedNoise: 64 },
    });
    expect([device.presses, device.appeared]).toEqual([[], 0]);
    expect(device.frames).toContainEqual({ dropped: 'wrong-length' });
  });

  it('that speaks another protocol is told to have wrong settings, and asked again', async () => {
    const device = new Dictated();
    const later = identityOf('EV9');
    later[1] = 2;
    device.identity = async () => ({ ok: true, bytes: later });
    await device.says(HELLO, '01 05 0100 07000000 4D3C2B1A 0000 00 00');
    expect(device.evaluator.status).toMatchObject({
      state: 'wrong-settings',
      detail: 'its identity is not EHR/1: bad-body',
    });
    expect([device.presses, device.appeared]).toEqual([[], 0]);
    device.identity = async () => ({ ok: true, bytes: identityOf('EV9') });
    await device.clock.advance(250);
    expect(device.evaluator.status).toMatchObject({ state: 'ready', serial: 'EV9' });
  });
});

describe('the question for the identity', () => {
  it('is asked less and less often, and not once more for each press', async () => {
    const device = new Dictated();
    let asked = 0;
    device.identity = async () => {
      asked += 1;
      return { ok: false, trouble: { kind: 'refused', detail: 'no' } };
    };
    await device.says(HELLO);
    expect(asked).toBe(1);
    for (let press = 0; press < 20; press++) await device.says('01 05 0100 00000000 4D3C2B1A 0000 00 00');
    await device.says(HELLO, HELLO);
    expect([asked, device.commands(6).length]).toEqual([1, 1]);
    await device.clock.advance(250 + 500 + 1_000 + 2_000);
    expect(asked).toBe(5);
    expect(device.evaluator.status).toMatchObject({
      state: 'silent',
      detail: 'its identity was not answered: no',
    });
  });

  it('that is answered after the port went away means nothing', async () => {
    const device = new Dictated();
    let give = (_result: ReportResult): void => {};
    device.identity = () => new Promise((resolve) => (give = resolve));
    await device.says(HELLO);
    device.evaluator.detached({ kind: 'unplugged', detail: 'gone' });
    give({ ok: true, bytes: identityOf('EV9') });
    await device.says();
    expect(device.evaluator.status).toMatchObject({ state: 'lost', detail: 'gone' });
    expect(device.appeared).toBe(0);
  });

  it('that is answered for an older boot means nothing', async () => {
    const device = new Dictated();
    const gives: ((result: ReportResult) => void)[] = [];
    device.identity = () => new Promise((resolve) => gives.push(resolve));
    await device.says(HELLO, '02 02 0000 00 00 00 00 01000000 00000000');
    gives[0]?.({ ok: true, bytes: identityOf('OLD') });
    await device.says();
    expect(device.appeared).toBe(0);
    gives[1]?.({ ok: true, bytes: identityOf('EV9') });
    await device.says();
    await device.says('01 05 0100 07000000 01000000 0000 00 00');
    expect(device.presses).toMatchObject([{ serial: 'EV9', boot: '00000001' }]);
  });

  it('is not asked again when a known boot greets once more', async () => {
    const device = new Dictated();
    await device.says(HELLO);
    device.identity = async () => ({ ok: false, trouble: { kind: 'refused', detail: 'no' } });
    await device.says(HELLO);
    expect([device.evaluator.status.state, device.appeared]).toEqual(['ready', 1]);
  });
});
