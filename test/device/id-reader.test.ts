/** The identity-card driver against the simulated reader over real ports: cards, and what is never told of them. */
import { describe, expect, it } from 'vitest';
import { cardText } from '../../firmware-sim/id-reader/card-text.ts';
import { encodeAnswer } from '../../firmware-sim/id-reader/frame.ts';
import { type SamplePerson, samplePeople } from '../../firmware-sim/id-reader/people.ts';
import { adviceFor } from '../../kiosk-agent/device/advice.ts';
import { SdtReader } from '../../kiosk-agent/device/driver/id-reader.ts';
import { CARD_FAULTS } from '../../kiosk-agent/device/driver/interfaces.ts';
import { knowNobody } from '../../kiosk-agent/device/person-hash.ts';
import type { Transport } from '../../kiosk-agent/device/transport/transport.ts';
import { ManualClock, until } from './manual-clock.ts';
import { bench, personalIn } from './reader-bench.ts';

const PEOPLE = Object.keys(samplePeople) as SamplePerson[];
const masked = ({ number }: { number: string }) =>
  `${number.slice(0, 3)}${'*'.repeat(number.length - 7)}${number.slice(-4)}`;

describe.each(['tcp', 'pty'] as const)('a reader on %s', (kind) => {
  it('says which SAM it has, reads every kind of card once, and again when it has been lifted', async ({
    onTestFinished,
  }) => {
    const { device, reader, told, tells, finds, reaches } = await bench(onTestFinished, { kind, times: 5 });
    await reaches('ready');
    expect(reader.status.serial).toBe('05.03-20260101-0000000001-0000000002');
    for (const [at, person] of PEOPLE.entries()) {
      device.putCard(person);
      await tells('cards', at + 1);
      await finds(3);
      device.liftCard();
      expect(told.cards.at(-1)?.person.masked).toBe(masked(samplePeople[person]));
    }
    device.putCard(PEOPLE[0]!);
    await tells('cards', PEOPLE.length + 1);
    expect(told.cards.length).toBe(PEOPLE.length + 1);
    expect(told.cards.at(-1)?.person).toEqual(told.cards[0]?.person);
    expect(new Set(told.cards.map(({ person }) => person.hash)).size).toBe(PEOPLE.length);
    expect(told.unreadable).toEqual([]);
    expect(told.states).toEqual(['ready']);
  });

  it('reads the next card when one was put in place of the other between two finds', async ({
    onTestFinished,
  }) => {
    const { device, told, tells, reaches } = await bench(onTestFinished, { kind });
    await reaches('ready');
    device.putCard('citizen-common');
    await tells('cards', 1);
    device.putCard('hong-kong');
    await tells('cards', 2);
    expect(told.cards.map((card) => card.kind)).toEqual(['citizen', 'hong-kong-macau-taiwan']);
  });
});

describe('a card that a lax reader finds again without its having been lifted', () => {
  it('is one visitor', async ({ onTestFinished }) => {
    const { device, told, tells, reaches } = await bench(onTestFinished, { times: 5 });
    await reaches('ready');
    for (let times = 1; times <= 4; times++) {
      device.putCard('citizen-common');
      await until(() => device.state().cardsRead === times, `card read ${times} times`);
    }
    device.putCard('taiwan');
    await tells('cards', 2);
    expect(told.cards.map(({ kind }) => kind)).toEqual(['citizen', 'hong-kong-macau-taiwan']);
  });
});

describe('a card that cannot be read', () => {
  it.concurrent.for([
    ['read', 0x31],
    ['read', 0x32],
    ['read', 0x33],
    ['read', 0x40],
    ['read', 0x41],
    ['read', 0x47],
    ['select', 0x81],
  ] as const)(
    'at %s with %i is tried a few times and told once, until it is lifted',
    async ([step, sw3], { onTestFinished }) => {
      const { device, told, tells, finds, reaches } = await bench(onTestFinished, { times: 5 });
      await reaches('ready');
      device.putCard('citizen-common', { [step]: sw3 });
      await tells('unreadable', 1);
      await finds(6);
      expect(told.unreadable).toEqual(['card-not-readable']);
      expect(device.state().requests[step]).toBe(3);
      device.liftCard();
      await finds(2);
      device.putCard('citizen-common');
      await tells('cards', 1);
      expect(told.unreadable.length).toBe(1);
    },
  );

  it.concurrent('twice is read at the third time, without a word', async ({ onTestFinished }) => {
    const { device, told, tells, reaches } = await bench(onTestFinished, { times: 5 });
    await reaches('ready');
    device.putCard('taiwan', { read: 0x41, times: 2 });
    await tells('cards', 1);
    expect(told.unreadable).toEqual([]);
  });

  it.concurrent.for([
    ['card-wrong-check-digit', { ...samplePeople['citizen-common'], number: '990000194901010011' }],
    ['card-unknown-layout', { ...samplePeople['citizen-common'], birth: '19490230' }],
  ] as const)(
    '%s is told once, and a good card after it is read',
    async ([why, person], { onTestFinished }) => {
      const { device, told, tells, finds, reaches } = await bench(onTestFinished, { times: 5 });
      await reaches('ready');
      device.putCard(person);
      await tells('unreadable', 1);
      await finds(4);
      expect(told.unreadable).toEqual([why]);
      expect(told.cards).toEqual([]);
      device.liftCard();
      device.putCard('citizen-common');
      await tells('cards', 1);
    },
  );

  it('has advice in both languages for each reason', () => {
    for (const why of CARD_FAULTS)
      expect(adviceFor('faulted', why)).not.toEqual(adviceFor('faulted', 'nothing known'));
  });
});

describe('a card that is moved away', () => {
  it.concurrent.for(['select', 'read'] as const)(
    'at %s is told as moved, once, and read when it is back',
    async (step, { onTestFinished }) => {
      let lift = true;
      const { device, told, tells, finds, reaches } = await bench(onTestFinished, {
        times: 5,
        onCommand: (name) => {
          if (name === step && lift) device.liftCard();
        },
      });
      await reaches('ready');
      device.putCard('foreigner-2023');
      await tells('unreadable', 1);
      await finds(4);
      expect(told.unreadable).toEqual(['card-moved']);
      lift = false;
      device.putCard('foreigner-2023');
      await tells('cards', 1);
      expect(told.unreadable.length).toBe(1);
    },
  );

  it.concurrent.for([0, 1, 6, 7, 10, 14, 15, 270, 1294])(
    'when %i bytes of its answer have come, is told as moved and read when it is back',
    async (bytes, { onTestFinished }) => {
      const { device, told, tells, reaches } = await bench(onTestFinished, { times: 5 });
      await reaches('ready');
      await device.setFault('card-moved-after-bytes', true, { bytes });
      device.putCard('citizen-longest-name');
      await tells('unreadable', 1);
      expect(told.unreadable).toEqual(['card-moved']);
      device.putCard('citizen-longest-name');
      await tells('cards', 1);
      expect(told.cards.length).toBe(1);
    },
  );

  it.concurrent('and laid down again at once is read without a word', async ({ onTestFinished }) => {
    let times = 0;
    const { device, told, tells, reaches } = await bench(onTestFinished, {
      times: 5,
      onCommand: (name) => {
        if (name === 'read' && times++ === 0) device.putCard('taiwan');
      },
    });
    await reaches('ready');
    device.putCard('taiwan');
    await tells('cards', 1);
    expect(told.unreadable).toEqual([]);
  });

  it.concurrent('before it is found is nobody', async ({ onTestFinished }) => {
    const { device, told, finds, reaches } = await bench(onTestFinished, {
      times: 5,
      onCommand: (name) => {
        if (name === 'find') device.liftCard();
      },
    });
    await reaches('ready');
    device.putCard('taiwan');
    await finds(4);
    expect([told.cards, told.unreadable]).toEqual([[], []]);
  });
});

describe('an answer that is spoilt or late', () => {
  it.concurrent.for(['wrong-checksum', 'garbage', 'silent'] as const)(
    'to read (%s) means that the card must be laid down again, and so it is told',
    async (fault, { onTestFinished }) => {
      const { device, told, tells, reaches } = await bench(onTestFinished, {
        times: 5,
        onCommand: (name) =>
          void device.setFault(fault, name === 'read' && told.unreadable.length === 0, { rate: 1 }),
      });
      await reaches('ready');
      device.putCard('citizen-two-characters');
      await tells('unreadable', 1);
      expect(told.unreadable).toEqual(['card-moved']);
      device.liftCard();
      device.putCard('citizen-two-characters');
      await tells('cards', 1);
      expect(told.cards.length).toBe(1);
    },
  );

  it.concurrent(
    'of a card, after the driver has stopped waiting, is taken for no other answer',
    async ({ onTestFinished }) => {
      // Five times as fast: 750 ms are 3.75 s to the driver.
      const { device, reader, told, tells, reaches } = await bench(onTestFinished, { times: 5, readMs: 750 });
      await reaches('ready');
      device.putCard('citizen-two-characters');
      await tells('unreadable', 1);
      expect(told.unreadable).toEqual(['card-moved']);
      expect(told.cards).toEqual([]);
      expect(reader.status.counters.lateAnswers).toBe(1);
      expect(reader.status.state).toBe('ready');
    },
  );

  it.concurrent('that takes its time is waited for', async ({ onTestFinished }) => {
    const { device, told, tells, reaches } = await bench(onTestFinished, { times: 2, readMs: 1_000 });
    await device.setFault('slow', true, { ms: 100 });
    await reaches('ready');
    device.putCard('citizen-two-characters');
    await tells('cards', 1);
    expect(told.unreadable).toEqual([]);
  });

  it.concurrent.for(['noise', 'split-frames', 'doubled-frames', 'babble'])(
    'is read through %s, once, as if nothing were',
    async (fault, { onTestFinished }) => {
      const { device, told, tells, finds, reaches } = await bench(onTestFinished, { times: 2 });
      await reaches('ready');
      await device.setFault(fault, true, { rate: 1 });
      device.putCard('foreigner-2017');
      await tells('cards', 1);
      await finds(2);
      expect(told.cards.map(({ person }) => person.masked)).toEqual([masked(samplePeople['foreigner-2017'])]);
      expect(told.unreadable).toEqual([]);
    },
  );

  it.concurrent.for(['lost-frames', 'corrupted', 'wrong-checksum'])(
    'with %s now and then is never another card',
    async (fault, { onTestFinished }) => {
      const { device, told, finds, reaches } = await bench(onTestFinished, { times: 10, seed: 7 });
      await reaches('ready');
      await device.setFault(fault, true, { rate: 0.2 });
      for (let laid = 0; told.cards.length < 3 && laid < 40; laid++) {
        const said = () => told.cards.length + told.unreadable.length;
        const before = said();
        device.putCard('foreigner-2023');
        await until(() => said() > before, 'the card or that it must be laid again', 20_000);
        device.liftCard();
        await finds(4);
      }
      expect(told.cards.length).toBeGreaterThanOrEqual(3);
      expect(new Set(told.cards.map(({ person, maskedName }) => person.masked + maskedName)).size).toBe(1);
    },
  );
});

/** A port in memory: what the driver sends, and what a test lets it hear. */
function memoryPort() {
  const sent: string[] = [];
  let closed = 0;
  const transport: Transport = {
    onData: null,
    onClosed: null,
    write: (bytes) => {
      sent.push(Buffer.from(bytes).toString('hex').toUpperCase());
      return Promise.resolve({ ok: true });
    },
    close: () => {
      closed += 1;
      return Promise.resolve();
    },
  };
  return { transport, sent, closed: () => closed };
}

describe('time and memory', () => {
  const open = () => {
    const clock = new ManualClock();
    const cards: unknown[] = [];
    const reader = new SdtReader({ id: 'r', clock, random: () => 0.5, know: knowNobody });
    const unreadable: string[] = [];
    reader.on('card', (card) => cards.push(card));
    reader.on('unreadable', (why) => unreadable.push(why));
    const port = memoryPort();
    reader.attach(port.transport);
    const hear = async (bytes: Uint8Array) => {
      port.transport.onData?.(bytes);
      await clock.advance(0);
      await new Promise((resolve) => setImmediate(resolve));
    };
    /** Greets, and answers the first find. */
    const greet = async (find: Uint8Array) => {
      await hear(encodeAnswer(0x90));
      await hear(encodeAnswer(0x90, new Uint8Array(16)));
      await hear(find);
    };
    return { clock, reader, cards, unreadable, hear, greet, ...port };
  };

  it('a port that has been dumb for a minute is closed, so that a fresh one is opened', async () => {
    const { clock, reader, closed } = open();
    await clock.advance(30_000);
    expect([reader.status.state, closed()]).toEqual(['silent', 0]);
    await clock.advance(60_000);
    expect(closed()).toBe(1);
    reader.detached(null);
    expect(reader.status.state).toBe('silent');
    reader.attach(memoryPort().transport);
    expect(reader.status.state).toBe('silent');
    reader.detached({ kind: 'unplugged', detail: 'gone' });
    expect([reader.status.state, clock.pending]).toEqual(['lost', 0]);
  });

  it('a reader is looked at every 300 ms, and closing leaves no timer', async () => {
    const { clock, reader, sent, hear } = open();
    await hear(encodeAnswer(0x90));
    await hear(encodeAnswer(0x90, new Uint8Array(16)));
    for (let round = 0; round < 4; round++) {
      expect(sent.at(-1)).toBe('AAAAAA96690003200122');
      await hear(encodeAnswer(0x80));
      const before = sent.length;
      await clock.advance(299);
      expect(sent.length).toBe(before);
      await clock.advance(1);
      expect(sent.length).toBe(before + 1);
    }
    await reader.close();
    await reader.close();
    expect(clock.pending).toBe(0);
  });

  const FIND = 'AAAAAA96690003200122';
  const FOUND = encodeAnswer(0x9f, new Uint8Array(4));
  const SELECTED = encodeAnswer(0x90, new Uint8Array(8));
  const CARD = encodeAnswer(
    0x90,
    Uint8Array.from([1, 0, 4, 0, ...cardText(samplePeople.taiwan), ...new Uint8Array(1024).fill(7)]),
  );

  it('after a request without an answer nothing is asked before the line is quiet; what comes late is no answer', async () => {
    const { clock, reader, sent, hear, greet } = open();
    await greet(encodeAnswer(0x80));
    await clock.advance(300);
    expect(sent.filter((each) => each === FIND).length).toBe(2);
    await clock.advance(1_000 + 299);
    await hear(encodeAnswer(0x9f, new Uint8Array(4)));
    await clock.advance(299);
    expect(sent.filter((each) => each === FIND).length).toBe(2);
    expect(reader.status.counters).toMatchObject({ unanswered: 1, lateAnswers: 1 });
    await clock.advance(602);
    expect(sent.at(-1)).toBe(FIND);
    expect(sent.filter((each) => each === FIND).length).toBe(3);
    await reader.close();
  });

  it('a babbling line does not keep the driver from asking again', async () => {
    const { clock, reader, sent, greet, transport } = open();
    await greet(encodeAnswer(0x80));
    const before = sent.length;
    for (let at = 0; at < 60; at++) {
      transport.onData?.(Uint8Array.of(1, 2, 3));
      await clock.advance(100);
    }
    expect(sent.length).toBeGreaterThan(before + 2);
    await reader.close();
    expect(clock.pending).toBe(0);
  });

  it('an answer to another request is not taken, and the right one behind it is', async () => {
    const { clock, reader, cards, sent, hear, greet } = open();
    await greet(encodeAnswer(0x80));
    await clock.advance(300);
    await hear(CARD.slice());
    await hear(SELECTED.slice());
    expect(cards).toEqual([]);
    await hear(FOUND.slice());
    expect(sent.at(-1)).toBe('AAAAAA96690003200221');
    expect(reader.status.counters.lateAnswers).toBe(2);
    await reader.close();
  });

  it('a card at the edge of the plate, not seen by one find, is read without a word', async () => {
    const { clock, reader, cards, unreadable, hear, greet } = open();
    await greet(FOUND.slice());
    await hear(encodeAnswer(0x81));
    await clock.advance(300);
    await hear(encodeAnswer(0x80));
    await clock.advance(300);
    for (const answer of [FOUND, SELECTED, CARD]) await hear(answer.slice());
    expect([cards.length, unreadable]).toEqual([1, []]);
    await reader.close();
  });

  it('noise leaves no timer behind when the reader is closed', async () => {
    const { clock, reader, hear } = open();
    await hear(Uint8Array.from({ length: 20 }, () => 0x24));
    expect(clock.pending).toBeGreaterThan(1);
    await reader.close();
    expect(clock.pending).toBe(0);
  });

  it.for([1, 5, 11, 100, 1295])(
    'bytes of a card, in pieces of %i, are overwritten when they were used',
    async (size) => {
      const { cards, hear, clock } = open();
      await hear(encodeAnswer(0x90));
      await hear(encodeAnswer(0x90, new Uint8Array(16)));
      await hear(encodeAnswer(0x9f, new Uint8Array(4)));
      await hear(encodeAnswer(0x90, new Uint8Array(8)));
      const text = cardText(samplePeople['citizen-common']);
      const answer = encodeAnswer(
        0x90,
        Uint8Array.from([1, 0, 4, 0, ...text, ...new Uint8Array(1024).fill(7)]),
      );
      const pieces: Uint8Array[] = [];
      for (let from = 0; from < answer.length; from += size) pieces.push(answer.slice(from, from + size));
      for (const piece of pieces) await hear(piece);
      expect(cards.length).toBe(1);
      expect(pieces.every((piece) => piece.every((byte) => byte === 0))).toBe(true);
      await clock.advance(0);
    },
  );
});

describe('what nobody is told', () => {
  it('of any sample person: name, number, birth or address, whatever happens to the answer', async ({
    onTestFinished,
  }) => {
    let spoil: readonly [fault: string, options: { bytes?: number; rate?: number }] | undefined;
    const { device, told, tells, finds, reaches } = await bench(onTestFinished, {
      times: 10,
      onCommand: (name) => {
        if (spoil) void device.setFault(spoil[0], name === 'read', spoil[1]);
      },
    });
    await reaches('ready');
    for (const [index, person] of PEOPLE.entries()) {
      device.putCard(person);
      await tells('cards', index + 1);
      device.liftCard();
      await finds(3);
    }
    for (spoil of [
      ['card-moved-after-bytes', { bytes: 20 }],
      ['card-moved-after-bytes', { bytes: 500 }],
      ['wrong-checksum', { rate: 1 }],
      ['corrupted', { rate: 1 }],
      ['doubled-frames', { rate: 1 }],
      ['split-frames', {}],
      ['noise', {}],
    ] as const) {
      const before = told.cards.length + told.unreadable.length;
      device.putCard('citizen-longest-name');
      await until(() => told.cards.length + told.unreadable.length > before, spoil[0], 20_000);
      device.liftCard();
      await finds(3);
    }
    // The search finds what it looks for: the simulator's own wire view holds all of it.
    const wire = Buffer.from(
      device
        .wire()
        .map(({ hex }) => hex)
        .join(''),
      'hex',
    );
    expect(personalIn('', wire).length).toBeGreaterThan(3);
    // That nothing of it was told is looked up when the bench closes, here as in every other test of this file.
    expect(told.frames.some((frame) => frame.length === 1295)).toBe(true);
  });
});
