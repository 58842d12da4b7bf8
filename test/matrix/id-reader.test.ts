import { expect } from 'vitest';
import {
  type FaultOptions,
  type SamplePerson,
  samplePeople,
  startIdReader,
  type WireEntry,
} from '../../firmware-sim/index.ts';
import { until } from '../device/manual-clock.ts';
import { bench } from '../device/reader-bench.ts';
import { runColumn } from './column.ts';
import { column } from './id-reader.ts';
import { sideBySide } from './side-by-side.ts';

/** As the hall is told of them; `reader-bench` sees to it that nothing else is told. */
const masked = ({ number }: { number: string }) =>
  `${number.slice(0, 3)}${'*'.repeat(number.length - 7)}${number.slice(-4)}`;
const first = 'citizen-common' satisfies SamplePerson;
const second = 'hong-kong' satisfies SamplePerson;

type Reader = Awaited<ReturnType<typeof bench>> & {
  /** what went over the line since the fault came, and what of it the reader has said */
  wire: () => WireEntry[];
  said: () => WireEntry[];
  /** people that the hall was told of, by the masked number, in their order */
  people: () => string[];
};

/** A reader that is well; the fault comes, and `meanwhile` happens; then it is well again by itself, and reads the next card. */
function underFault(
  fault: string,
  options: FaultOptions,
  meanwhile: (reader: Reader) => Promise<void>,
  { times = 5 } = {},
) {
  return async () => {
    const undo: (() => unknown)[] = [];
    const wire: WireEntry[] = [];
    try {
      const opened = await bench((task) => void undo.push(task as () => unknown), {
        times,
        onWire: (entry) => wire.push(entry),
      });
      const { device, told, reaches, finds, tells } = opened;
      await reaches('ready');
      const from = wire.length;
      await device.setFault(fault, true, options);
      await meanwhile({
        ...opened,
        wire: () => wire.slice(from),
        said: () => wire.slice(from).filter(({ direction }) => direction === 'out'),
        people: () => told.cards.map(({ person }) => person.masked),
      });
      for (const on of device.faults()) await device.setFault(on, false);
      await reaches('ready');
      device.liftCard();
      await finds(3);
      const before = told.cards.length;
      device.putCard(second);
      await tells('cards', before + 1);
      await finds(3);
      expect(told.cards.slice(before).map(({ person }) => person.masked)).toEqual([
        masked(samplePeople[second]),
      ]);
      expect(told.states.at(-1)).toBe('ready');
    } finally {
      for (const task of undo.reverse()) await task();
    }
  };
}

/** Words of the wire view that only this fault makes. */
const says = (words: RegExp) => (wire: WireEntry[]) => wire.some(({ decoded }) => words.test(decoded));
/** An answer was so many ms later than its request. */
const late = (ms: number) => (wire: WireEntry[]) =>
  wire.some(({ direction, at }, index) => {
    const answer = wire.slice(index).find((entry) => entry.direction === 'out');
    return direction === 'in' && answer !== undefined && Date.parse(answer.at) - Date.parse(at) >= ms;
  });

/** A card is laid, and read as if nothing were. */
const through = (fault: string, options: FaultOptions, seen: (wire: WireEntry[]) => boolean, how = {}) =>
  underFault(
    fault,
    options,
    async ({ device, told, tells, finds, people, wire }) => {
      device.putCard(first);
      await tells('cards', 1);
      await finds(3);
      expect(people()).toEqual([masked(samplePeople[first])]);
      expect(told.unreadable).toEqual([]);
      await until(() => seen(wire()), `${fault} on the wire`);
    },
    how,
  );

/** Cards are laid: each is read, or whoever laid it is told, and nobody is read who does not lie there. */
const perhaps = (
  fault: string,
  options: FaultOptions,
  seen: (said: WireEntry[], reader: Reader) => boolean,
) =>
  underFault(fault, options, async (reader) => {
    const { device, told, people, said } = reader;
    const laid = [first, 'foreigner-2023'] as const;
    for (const [at, person] of laid.entries()) {
      device.putCard(person);
      await until(
        () => told.cards.length + told.unreadable.length > at,
        `${person} to be read, or its visitor to be told`,
        20_000,
      );
      device.liftCard();
      // What is told of a card is told before it counts as gone.
      await until(
        () => ['ready', 'silent'].includes(reader.reader.status.state),
        'the plate to be looked at',
      );
    }
    await until(() => seen(said(), reader), `${fault} on the wire`);
    const numbers = laid.map((person) => masked(samplePeople[person]));
    expect(numbers.filter((number) => people().includes(number))).toEqual(people());
  });

/** Nobody is read, also not the card that is laid meanwhile; it is when the fault is over. */
const dark = (fault: string, state: RegExp, seen: (reader: Reader) => boolean) =>
  underFault(fault, {}, async (opened) => {
    const { device, told, reader, tells, finds, people, reaches } = opened;
    device.putCard(first);
    const { status } = reader;
    await until(
      () => state.test(reader.status.fault ?? reader.status.state),
      `${fault}, was ${JSON.stringify(status)}, ${told.states}`,
      20_000,
    );
    await until(() => seen(opened), `${fault} on the wire`);
    expect([told.cards, told.unreadable]).toEqual([[], []]);
    await device.setFault(fault, false);
    await reaches('ready');
    await tells('cards', 1);
    await finds(3);
    expect(people()).toEqual([masked(samplePeople[first])]);
  });

/** In the middle of a card's 1295 bytes. */
const middle = { bytes: 600 };

runColumn(
  column,
  () => startIdReader({ port: 'tcp:0' }),
  sideBySide({
    unplugged: dark('unplugged', /^(lost|missing|refused)$/, ({ device }) => !device.plugged),
    silent: dark('silent', /^silent$/, ({ said }) => said().length === 0),
    noise: through('noise', {}, says(/^noise$/)),
    babble: through('babble', {}, says(/^babble$/)),
    'lost-frames': perhaps(
      'lost-frames',
      { rate: 0.2 },
      (said, { wire }) => wire().length - said.length > said.length + 1,
    ),
    'doubled-frames': through('doubled-frames', { rate: 1 }, says(/^read.* again$/)),
    'merged-frames': through('merged-frames', {}, late(50)),
    'split-frames': through('split-frames', {}, says(/^$/)),
    'delayed-frames': through('delayed-frames', { ms: 300 }, late(290), { times: 1 }),
    corrupted: perhaps('corrupted', { rate: 0.4 }, (_said, { reader }) => {
      const { wrongCheck, cutOff, droppedNoise } = reader.status.counters;
      return Number(wrongCheck) + Number(cutOff) + Number(droppedNoise) > 0;
    }),
    'wrong-baud': dark(
      'wrong-baud',
      /^(silent|wrong-settings)$/,
      ({ device }) => device.state().skippedBytes > 20,
    ),
    'unplug-after-bytes': underFault(
      'unplug-after-bytes',
      middle,
      async ({ device, told, reader, reaches, finds, tells, people }) => {
        device.putCard(first);
        await until(() => /^(lost|missing|refused)$/.test(reader.status.state), 'the cable to be out');
        expect(device.plugged).toBe(false);
        expect([told.cards, told.unreadable]).toEqual([[], []]);
        await device.plug();
        await reaches('ready');
        device.liftCard();
        await finds(2);
        device.putCard(first);
        await tells('cards', 1);
        expect(people()).toEqual([masked(samplePeople[first])]);
      },
    ),
    'wrong-checksum': perhaps(
      'wrong-checksum',
      { rate: 0.4 },
      (_said, { reader }) => Number(reader.status.counters.wrongCheck) > 0,
    ),
    garbage: dark('garbage', /^wrong-settings$/, ({ said }) =>
      said().some(({ decoded }) => decoded === 'garbage'),
    ),
    slow: through('slow', { ms: 700 }, late(690), { times: 1 }),
    'card-moved-after-bytes': underFault(
      'card-moved-after-bytes',
      middle,
      async ({ device, told, tells, people, said }) => {
        device.putCard(first);
        await tells('unreadable', 1);
        expect([told.unreadable, told.cards]).toEqual([['card-moved'], []]);
        expect(said().find(({ decoded }) => decoded === 'card moved')?.hex.length).toBe(2 * middle.bytes);
        device.putCard(first);
        await tells('cards', 1);
        expect(people()).toEqual([masked(samplePeople[first])]);
      },
    ),
    'card-askew': underFault('card-askew', {}, async ({ device, told, tells, finds, people }) => {
      device.putCard(first);
      await tells('unreadable', 1);
      await finds(5);
      expect([told.unreadable, told.cards]).toEqual([['card-not-readable'], []]);
      expect(device.state().requests).toMatchObject({ select: 3, read: 0 });
      await device.setFault('card-askew', false);
      device.liftCard();
      await finds(3);
      device.putCard(first);
      await tells('cards', 1);
      expect(people()).toEqual([masked(samplePeople[first])]);
    }),
    'sam-self-test-failed': dark('sam-self-test-failed', /^sam-self-test-failed$/, ({ said }) =>
      said().some(({ decoded }) => decoded.endsWith('selfTestFailed')),
    ),
    'sam-not-authorised': dark('sam-not-authorised', /^sam-not-authorised$/, ({ said }) =>
      said().some(({ decoded }) => decoded.endsWith('notAuthorised')),
    ),
    'power-off': dark('power-off', /^silent$/, ({ device }) => device.state().power === 'off'),
    'power-off-after-bytes': underFault(
      'power-off-after-bytes',
      middle,
      async ({ device, told, reaches, tells, people }) => {
        device.putCard(first);
        await reaches('silent');
        expect(device.state().power).toBe('off');
        expect([told.cards, told.unreadable]).toEqual([[], []]);
        await device.setFault('power-off', false);
        await tells('cards', 1);
        expect(people()).toEqual([masked(samplePeople[first])]);
      },
    ),
  }),
);
