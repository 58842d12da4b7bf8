/** Each cell has a line with the faulty panel at address 1 and one that must not be disturbed at 6, all in one hall. */
import { afterAll, beforeAll, expect } from 'vitest';
import type { FaultOptions } from '../../firmware-sim/index.ts';
import { startUb485Bus, type Ub485BusHandle } from '../../firmware-sim/ub485/bus.ts';
import { until } from '../harness/programs.ts';
import { runColumn } from './column.ts';
import { startOneHall, windowsOf, type OneHall } from './one-hall.ts';
import { sideBySide } from './side-by-side.ts';
import { column } from './ub485.ts';

const HIT = 1;
const OTHER = 6;
/** Calls the next visitor, and calls him again: a key that counts twice is a recall. */
const CALL = 0x31;
/** Equal frames within 400 ms are one key: a finger that means two lets that time pass. */
const another = () => new Promise((resolve) => setTimeout(resolve, 500));

type Cell = {
  bus: Ub485BusHandle;
  /** What the faulty panel has said, in hex and in words. */
  said: () => { hex: string; words: string; atMs: number }[];
  counter: (name: string) => Promise<number>;
  pressedMs: number;
};
type How = {
  options?: FaultOptions;
  /** the whole line has it, and so has the other panel */
  wholeLine?: true;
  /** on at the same time, to make it show */
  with?: string;
  /** lost: what is pressed meanwhile acts neither now nor later. stuck: the fault presses. */
  meanwhile?: 'lost' | 'stuck';
  /** keys pressed meanwhile, one when left out */
  presses?: number;
  seen: (cell: Cell) => boolean | Promise<boolean>;
  /** state and notes of the faulty panel meanwhile */
  says?: RegExp;
  /** how it ends, where that is another switch */
  ends?: (bus: Ub485BusHandle) => Promise<unknown>;
};

const words = (text: string) => (cell: Cell) => cell.said().some((one) => one.words.includes(text));
const READY = /^ready unprotected( unknown-address-\d+)*$/;

const table: Readonly<Record<string, How>> = {
  unplugged: {
    wholeLine: true,
    meanwhile: 'lost',
    seen: ({ bus }) => !bus.plugged,
    says: /^(lost|refused|missing)/,
  },
  silent: {
    meanwhile: 'lost',
    seen: ({ bus, said }) => bus.faults().includes('silent') && said().length === 0,
    says: /^ready unprotected never-heard$/,
  },
  noise: { seen: words('noise') },
  babble: { wholeLine: true, seen: words('babble') },
  'lost-frames': {
    options: { rate: 1 },
    meanwhile: 'lost',
    seen: ({ bus, said }) => bus.faults().includes('lost-frames') && said().length === 0,
  },
  'doubled-frames': { options: { rate: 1 }, seen: words('again') },
  'merged-frames': { with: 'doubled-frames', seen: words(' + ') },
  'split-frames': { seen: ({ said }) => said().some(({ hex }) => hex.length < 8) },
  'delayed-frames': {
    options: { ms: 600 },
    seen: ({ said, pressedMs }) => said().some(({ atMs }) => atMs - pressedMs > 550),
  },
  'wrong-baud': {
    wholeLine: true,
    meanwhile: 'lost',
    presses: 3,
    seen: words('garbage at this baud rate'),
    says: /^wrong-settings unprotected/,
  },
  'unplug-after-bytes': {
    options: { bytes: 2 },
    wholeLine: true,
    meanwhile: 'lost',
    seen: ({ bus, said }) => !bus.plugged && said().at(-1)?.hex === '0101',
    says: /^(lost|refused|missing)/,
    ends: (bus) => bus.plug(),
  },
  'adapter-echo': { wholeLine: true, seen: async ({ counter }) => (await counter('ownEchoes')) > 0 },
  'turn-bytes': { seen: words('the line turns') },
  'stuck-key': {
    meanwhile: 'stuck',
    options: { key: CALL },
    seen: async ({ counter }) => (await counter('repeats')) > 5,
  },
  bounce: { seen: ({ said }) => said().length === 2 },
  'power-off': {
    meanwhile: 'lost',
    seen: ({ bus, said }) => bus.faults().includes('power-off') && said().length === 0,
  },
  'power-off-after-bytes': {
    options: { bytes: 2 },
    wholeLine: true,
    meanwhile: 'lost',
    seen: ({ bus, said }) => bus.faults().includes('power-off') && said().at(-1)?.hex === '0101',
    ends: (bus) => bus.setFault('power-off', false),
  },
};

const faults = [...Object.keys(table), 'corrupted'];
const buses = new Map<string, Ub485BusHandle>();
let hall: OneHall;
beforeAll(async () => {
  for (const fault of faults)
    buses.set(fault, await startUb485Bus({ port: 'tcp:0', addresses: [HIT, OTHER] }));
  const row = (bus: Ub485BusHandle, at: number) =>
    `  - {id: bus-${at}, model: ub485, port: "${bus.port}", addresses: {${HIT}: {window: ${windowsOf(at).hit}}, ${OTHER}: {window: ${windowsOf(at).other}}}}`;
  hall = await startOneHall(faults.length, [...buses.values()].map(row).join('\n'));
  for (const bus of buses.values()) await until('the line to be opened', () => bus.state().hostPresent);
  for (const window of faults.flatMap((_, at) => Object.values(windowsOf(at)))) await hall.ticket(window);
});
afterAll(async () => {
  await hall?.close();
  for (const bus of buses.values()) await bus.close();
});

function place(fault: string) {
  const at = faults.indexOf(fault);
  const bus = buses.get(fault)!;
  const id = `bus-${at}.${HIT}`;
  const cell: Cell = {
    bus,
    said: () =>
      bus
        .wire()
        .filter(({ direction, hex }) => direction === 'out' && !hex.startsWith(`010${OTHER}`))
        .map((entry) => ({ hex: entry.hex, words: entry.decoded, atMs: Date.parse(entry.at) })),
    counter: async (name) => (await hall.seen(id)).counters[name] ?? 0,
    pressedMs: Date.now(),
  };
  return { bus, cell, id, otherId: `bus-${at}.${OTHER}`, ...windowsOf(at) };
}
const called = (presses: number) =>
  Array.from({ length: presses }, (_, at) => (at === 0 ? 'ticket.called' : 'ticket.recalled'));
const acts = (window: number, presses: number) =>
  until(`key ${presses} at window ${window}`, () => hall.at(window).length >= presses);

/** Nothing is under way on the line any more. */
async function quiet(bus: Ub485BusHandle) {
  for (let last; last !== bus.wire().at(-1); await another()) last = bus.wire().at(-1);
}

async function run(fault: string, how: How) {
  await quiet(buses.get(fault)!);
  const { bus, cell, id, otherId, hit, other } = place(fault);
  if (how.with) await bus.setFault(how.with, true, { rate: 1, address: HIT });
  await bus.setFault(fault, true, { ...how.options, ...(!how.wholeLine && { address: HIT }) });
  if (how.meanwhile !== 'stuck') bus.press(HIT, CALL);
  if (!how.wholeLine) {
    // Two that speak at once spoil each other.
    await another();
    bus.press(OTHER, CALL);
    // Where one speaks without end, two may speak at once and lose both keys: who sees nothing happen presses again.
    for (let again = 0; how.meanwhile === 'stuck' && again < 3 && hall.at(other).length === 0; again++) {
      await another();
      if (hall.at(other).length === 0) bus.press(OTHER, CALL);
    }
    await acts(other, 1);
    expect(hall.at(other)).toEqual(called(1));
  }
  for (let press = 1; press < (how.presses ?? 1); press++) {
    await another();
    bus.press(HIT, CALL);
  }
  const counts = how.meanwhile === 'lost' ? 0 : 1;
  if (counts) await acts(hit, 1);
  await until(`${fault} on the wire`, () => how.seen(cell));
  if (how.says) await hall.says(id, how.says);
  expect(hall.at(hit)).toEqual(called(counts));

  if (how.ends) await how.ends(bus);
  await bus.setFault(fault, false);
  if (how.with) await bus.setFault(how.with, false);
  await until('the line to be open', () => bus.state().hostPresent);
  await another();
  // What was held down has to be silent for a second before it is a new press.
  if (how.meanwhile === 'stuck') await another();
  if (how.meanwhile === 'stuck') await another();
  expect(hall.at(hit), 'nothing late').toEqual(called(counts));
  bus.press(HIT, CALL);
  await acts(hit, counts + 1);
  bus.press(OTHER, CALL);
  const others = how.wholeLine ? 1 : 2;
  await acts(other, others);
  await another();
  await hall.says(id, READY);
  await hall.says(otherId, READY);
  expect(hall.at(hit)).toEqual(called(counts + 1));
  expect(hall.at(other)).toEqual(called(others));
}

/** Every frame has one wrong bit: what the agent takes is what still has the form of a frame, and nothing else. */
async function corrupted() {
  const { bus, cell, id, hit, other } = place('corrupted');
  await bus.setFault('corrupted', true, { rate: 1, address: HIT });
  for (let press = 1; press <= 8; press++) {
    bus.press(HIT, CALL);
    await until(`press ${press} on the wire`, () => cell.said().length === press);
    await another();
  }
  const sent = cell.said().map(({ hex }) => hex);
  expect(sent).not.toContain('01013107');
  const formed = sent.filter((hex) => /^01....07$/.test(hex));
  expect(formed.length, 'some keep the form of a frame').toBeGreaterThan(0);
  expect(formed.length, 'and some do not').toBeLessThan(sent.length);
  await until('what has the form of a frame', async () => (await cell.counter('framesIn')) === formed.length);
  expect(hall.at(hit), 'no frame says what was pressed').not.toContain('ticket.called');
  await hall.says(id, /unprotected/);
  await bus.setFault('corrupted', false);
  const before = hall.at(hit);
  bus.press(HIT, CALL);
  await acts(hit, before.length + 1);
  await another();
  expect(hall.at(hit)).toEqual([...before, 'ticket.called']);
  expect(hall.at(other)).toEqual([]);
}

const tests = Object.fromEntries(Object.entries(table).map(([fault, how]) => [fault, () => run(fault, how)]));
runColumn(
  column,
  () => startUb485Bus({ port: 'tcp:0', addresses: [HIT] }),
  sideBySide({ ...tests, corrupted }),
);
