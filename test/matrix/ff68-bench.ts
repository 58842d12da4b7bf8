/** Cells of an FF68 bus in one hall: the device that has the fault at address 1, one that must not be disturbed at 3. */
import { afterAll, beforeAll, expect } from 'vitest';
import type { FaultOptions } from '../../firmware-sim/index.ts';
import { startFf68Bus, type Ff68BusHandle } from '../../firmware-sim/ff68/bus.ts';
import { until } from '../harness/programs.ts';
import { startOneHall, windowsOf, type OneHall } from './one-hall.ts';
import type { Column } from './table.ts';

const HIT = 1;
const OTHER = 3;
/** Often enough that on a busy computer, or with one that is lost, the next comes within 400 ms. */
const REPEAT_MS = { least: 120, more: 60 };
/** Two equal frames within 400 ms are one press (evaluators.md §3): a finger that means two lets that time pass. */
const another = () => new Promise((resolve) => setTimeout(resolve, 500));

export type Cell = {
  bus: Ff68BusHandle;
  sent: () => number;
  /** What the faulty device has said, in hex and in words. */
  said: () => { hex: string; words: string; atMs: number }[];
  pressedMs: number;
  counters: () => Promise<Record<string, number>>;
};
export type How = {
  options?: FaultOptions;
  /** the whole line has it, and so has the other device */
  wholeLine?: true;
  /** the other device is pressed afterwards only: two that speak at once spoil each other */
  alone?: true;
  /** on at the same time, to make it show */
  with?: string;
  /** held: what is pressed meanwhile comes when it is over. gone: nobody could press. stuck: the fault presses. */
  meanwhile?: 'held' | 'gone' | 'stuck';
  /** the fault is on the wire */
  seen: (cell: Cell) => boolean | Promise<boolean>;
  /** state, fault and notes of the faulty device meanwhile */
  says?: RegExp;
  /** how it ends, where that is another switch */
  ends?: (bus: Ff68BusHandle) => Promise<unknown>;
};

/** What a key does at a window, and what is written of it. */
export type Role = {
  as: 'pad' | 'evaluator';
  key: number;
  /** makes the window ready for the key */
  before: (hall: OneHall, window: number) => Promise<unknown>;
  /** all events at the window after the key was pressed `presses` times */
  written: (presses: number) => string[];
};

/** One test for each fault, as the table says. */
export function ff68Tests({ device, cells }: Column, role: Role, table: Readonly<Record<string, How>>) {
  const faults = Object.keys(cells).filter((fault) => fault in table);
  const buses = new Map<string, Ff68BusHandle>();
  let hall: OneHall;

  beforeAll(async () => {
    for (const fault of faults) {
      buses.set(
        fault,
        await startFf68Bus({
          port: 'tcp:0',
          repeatMs: REPEAT_MS,
          addresses: { [HIT]: role.as, [OTHER]: role.as },
        }),
      );
    }
    const row = (bus: Ff68BusHandle, at: number) =>
      `  - {id: bus-${at}, model: ff68, port: "${bus.port}", addresses: {${HIT}: {window: ${windowsOf(at).hit}, as: ${role.as}}, ${OTHER}: {window: ${windowsOf(at).other}, as: ${role.as}}}}`;
    hall = await startOneHall(faults.length, [...buses.values()].map(row).join('\n'));
    for (const bus of buses.values()) await until(`${device} to be opened`, () => bus.state().hostPresent);
  });
  afterAll(async () => {
    await hall?.close();
    for (const bus of buses.values()) await bus.close();
  });

  async function run(fault: string, how: How) {
    const at = faults.indexOf(fault);
    const bus = buses.get(fault)!;
    const { hit, other } = windowsOf(at);
    const id = `bus-${at}.${HIT}`;
    const state = (address: number) => bus.state().devices[address]!;
    const isAnswered = (address: number) => until(`${address} to be answered`, () => !state(address).waiting);
    const writes = (window: number, presses: number) =>
      until(`${presses} × written`, () => hall.at(window).length >= role.written(presses).length);
    const isWritten = (window: number, presses: number) =>
      expect(hall.at(window), `${fault}, window ${window}`).toEqual(role.written(presses));
    const cell: Cell = {
      bus,
      sent: () => state(HIT).sent,
      said: () =>
        bus
          .wire()
          .filter(({ direction }) => direction === 'out')
          .map((entry) => ({ hex: entry.hex, words: entry.decoded, atMs: Date.parse(entry.at) })),
      pressedMs: Date.now(),
      counters: async () => (await hall.seen(id)).counters,
    };

    // Behind the rush of the other cells: when this process stands still for 400 ms, its repeats are a press of their own.
    if (how.meanwhile === 'stuck') await new Promise((resolve) => setTimeout(resolve, 3_500));
    await Promise.all([role.before(hall, hit), role.before(hall, other)]);
    await Promise.all([writes(hit, 0), writes(other, 0)]);
    const nothing = hall.at(hit).length;
    if (how.with) await bus.setFault(how.with, true, { rate: 1, address: HIT });
    await bus.setFault(fault, true, { ...how.options, ...(!how.wholeLine && { address: HIT }) });
    if (how.meanwhile !== 'stuck') bus.press(HIT, role.key);
    if (!how.wholeLine) {
      // Two that speak at once spoil each other: between two repeats there is time.
      const before = cell.sent();
      if (how.meanwhile === 'held' || how.meanwhile === 'stuck')
        await until('the next repeat', () => cell.sent() > before);
      await new Promise((resolve) => setTimeout(resolve, 50));
      bus.press(OTHER, role.key);
      await isAnswered(OTHER);
      await writes(other, 1);
      isWritten(other, 1);
    }
    // The stuck key has had its visit; it must not have the next one.
    if (how.meanwhile === 'stuck') await writes(hit, 1).then(() => role.before(hall, hit));
    await until(`${fault} on the wire`, () => how.seen(cell));
    if (how.meanwhile === 'stuck') expect(hall.at(hit)).toEqual([...role.written(1), ...role.written(0)]);
    if (how.wholeLine && !how.alone) bus.press(OTHER, role.key);
    if (how.says) await hall.says(id, how.says);
    if (how.meanwhile === 'held' || how.meanwhile === 'gone') expect(hall.at(hit)).toHaveLength(nothing);
    else if (how.meanwhile === undefined && how.ends === undefined) await isAnswered(HIT);

    if (how.ends) await how.ends(bus);
    await bus.setFault(fault, false);
    if (how.with) await bus.setFault(how.with, false);
    const presses = how.meanwhile === 'gone' ? 0 : 1;
    const others = how.alone ? 0 : how.wholeLine ? presses : 1;
    await Promise.all([isAnswered(HIT), isAnswered(OTHER)]);
    await Promise.all([writes(hit, presses), writes(other, others)]);
    // Also what was still on its way has come.
    for (let last; last !== bus.wire().at(-1); await another()) last = bus.wire().at(-1);
    if (how.alone) await another();
    if (how.meanwhile !== 'stuck') isWritten(hit, presses);
    isWritten(other, others);
    if (presses > 0 && how.meanwhile !== 'stuck') await role.before(hall, hit);
    if (others > 0) await role.before(hall, other);
    bus.press(HIT, role.key);
    bus.press(OTHER, role.key);
    await Promise.all([writes(hit, presses + 1), writes(other, others + 1)]);
    await Promise.all([isAnswered(HIT), isAnswered(OTHER)]);
    await another();
    await hall.says(id, /^ready$/);
    await hall.says(`bus-${at}.${OTHER}`, /^ready$/);
    isWritten(hit, presses + 1);
    isWritten(other, others + 1);
  }
  return Object.fromEntries(faults.map((fault) => [fault, () => run(fault, table[fault]!)]));
}

const words = (text: string) => (cell: Cell) => cell.said().some((one) => one.words.includes(text));

/** The faults of the bus, the same for what stands at its addresses. */
export const busFaults = ({ key }: Role): Readonly<Record<string, How>> => ({
  unplugged: {
    wholeLine: true,
    meanwhile: 'held',
    seen: ({ bus }) => !bus.plugged,
    says: /^(lost|refused|missing)/,
  },
  silent: { meanwhile: 'held', seen: ({ sent }) => sent() >= 3, says: /^ready never-heard$/ },
  noise: { seen: words('noise') },
  babble: { wholeLine: true, seen: words('babble') },
  'lost-frames': { options: { rate: 1 }, meanwhile: 'held', seen: ({ sent }) => sent() >= 3 },
  'doubled-frames': { options: { rate: 1 }, seen: words('again') },
  'merged-frames': { with: 'doubled-frames', seen: words(' + ') },
  'split-frames': { seen: ({ said }) => said().some(({ hex }) => hex.length < 20) },
  'delayed-frames': {
    options: { ms: 600 },
    seen: ({ said, pressedMs }) =>
      said().find(({ words }) => words.startsWith('1:')) !== undefined &&
      said().every(({ words, atMs }) => !words.startsWith('1:') || atMs - pressedMs > 550),
  },
  corrupted: {
    options: { rate: 1 },
    meanwhile: 'held',
    seen: async ({ sent, counters }) => {
      const { droppedNoise = 0, wrongChecksum = 0 } = await counters();
      return sent() >= 3 && droppedNoise + wrongChecksum > 0;
    },
  },
  'wrong-baud': {
    wholeLine: true,
    meanwhile: 'held',
    seen: words('garbage at this baud rate'),
    says: /^wrong-settings/,
  },
  'unplug-after-bytes': {
    // The key of one of them, and half of its answer.
    options: { bytes: 15 },
    wholeLine: true,
    alone: true,
    seen: ({ bus }) => !bus.plugged && bus.wire().at(-1)?.hex === 'ff68030368',
    says: /^(lost|refused|missing)/,
    ends: (bus) => bus.plug(),
  },
  'wrong-checksum': {
    options: { rate: 1 },
    meanwhile: 'held',
    seen: async ({ counters }) => ((await counters())['wrongChecksum'] ?? 0) > 1,
  },
  'adapter-echo': {
    wholeLine: true,
    seen: async ({ counters }) => ((await counters())['ownEchoes'] ?? 0) > 0,
  },
  'turn-bytes': { seen: words('the line turns') },
  'stuck-key': {
    options: { key },
    meanwhile: 'stuck',
    seen: ({ sent }) => sent() > 20,
    says: /^ready acknowledgement-not-heard$/,
  },
  bounce: { seen: ({ bus }) => bus.state().devices[HIT]?.pressed === 2 },
  'power-off-after-bytes': {
    // Half of a key.
    options: { bytes: 5 },
    wholeLine: true,
    meanwhile: 'gone',
    seen: ({ bus, said }) =>
      bus.faults().includes('power-off') && said().some(({ hex }) => hex.length === 10),
    ends: (bus) => bus.setFault('power-off', false),
  },
  'power-off': {
    meanwhile: 'gone',
    seen: ({ bus, sent }) => sent() === 0 && bus.faults().includes('power-off'),
  },
});
