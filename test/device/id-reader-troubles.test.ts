/** Every trouble of an identity-card reader in every state of its driver, over real ports against the simulated reader. */
import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startEvaluator } from '../../firmware-sim/evaluator-line/evaluator.ts';
import { encodeAnswer } from '../../firmware-sim/id-reader/frame.ts';
import type { SamplePerson } from '../../firmware-sim/id-reader/people.ts';
import { adviceFor } from '../../kiosk-agent/device/advice.ts';
import { until } from './manual-clock.ts';
import { bench, driverOn, type Bench, type Finished } from './reader-bench.ts';

type Trouble = {
  begin: (bench: Bench) => Promise<void>;
  state: RegExp;
  end: (bench: Bench) => Promise<void>;
};
const fault = (name: string, state: RegExp): Trouble => ({
  begin: ({ device }) => device.setFault(name, true),
  state,
  end: ({ device }) => device.setFault(name, false),
});

/** An evaluator on the port on which the reader is expected. */
function wrongDevice(finished: Finished): Trouble {
  let evaluator: Awaited<ReturnType<typeof startEvaluator>> | undefined;
  return {
    async begin({ device }) {
      const port = device.port.replace('127.0.0.1:', '');
      await device.unplug();
      evaluator = await startEvaluator({ port });
      // A press is sent again and again until somebody acknowledges it.
      evaluator.press(1);
      finished(() => evaluator?.close());
    },
    state: /^wrong-settings$/,
    async end({ device }) {
      await evaluator?.close();
      await device.plug();
    },
  };
}

const TROUBLES: Record<string, (finished: Finished) => Trouble> = {
  'is unplugged': () => ({
    begin: ({ device }) => device.unplug(),
    state: /^(lost|missing|refused)$/,
    end: ({ device }) => device.plug(),
  }),
  'loses its power': () => fault('power-off', /^silent$/),
  'answers nothing': () => fault('silent', /^silent$/),
  'answers garbage': () => fault('garbage', /^wrong-settings$/),
  'is exchanged for an evaluator': wrongDevice,
};

type SteppedBench = Bench & { onStep: (step: string, what: () => void) => void };
/** Brings the driver into a state and calls `trouble` at that very moment. */
type Moment = (bench: SteppedBench, trouble: () => Promise<void>) => Promise<void>;
const at =
  (step: string, card?: SamplePerson): Moment =>
  async ({ device, onStep }, trouble) => {
    if (card) device.putCard(card);
    await new Promise<void>((resolve, reject) => onStep(step, () => void trouble().then(resolve, reject)));
  };
const MOMENTS: Record<string, Moment> = {
  'while its SAM is asked how it is': at('status'),
  'while its SAM is asked who it is': at('sam-id'),
  'while it looks for a card': at('find'),
  'while it selects a card': at('select', 'citizen-common'),
  'while it reads a card': at('read', 'citizen-common'),
  'while a card lies there that was read': async ({ device, tells, reaches }, trouble) => {
    await reaches('ready');
    device.putCard('citizen-common');
    await tells('cards', 1);
    await trouble();
  },
  'while a card lies there that was given up': async ({ device, tells }, trouble) => {
    device.putCard('citizen-common', { read: 0x41 });
    await tells('unreadable', 1);
    await trouble();
  },
  'while it is silent': async ({ device, reaches }, trouble) => {
    await device.setFault('silent', true);
    await reaches('silent');
    await device.setFault('silent', false);
    await trouble();
  },
  'while its SAM is not authorised': async ({ device, reaches }, trouble) => {
    await device.setFault('sam-not-authorised', true);
    await reaches('faulted');
    await trouble();
  },
};

describe.each(Object.keys(TROUBLES))('a reader that %s', (name) => {
  it.concurrent.for(Object.keys(MOMENTS))(
    '%s says so, and reads cards when it is well again',
    { timeout: 60_000 },
    async (moment, { onTestFinished }) => {
      const trouble = TROUBLES[name]!(onTestFinished);
      const steps = new Map<string, () => void>();
      const opened = await bench(onTestFinished, {
        times: 5,
        onCommand: (step) => {
          const what = steps.get(step);
          steps.delete(step);
          what?.();
        },
      });
      const stepped: SteppedBench = { ...opened, onStep: (step, what) => steps.set(step, what) };
      const { device, told, reader, tells, reaches } = opened;
      await MOMENTS[moment]!(stepped, () => trouble.begin(opened));
      await until(
        () => trouble.state.test(reader.status.state),
        `${trouble.state}, was ${told.states}`,
        25_000,
      );
      expect(adviceFor(reader.status.state, reader.status.fault)).toBeDefined();
      // In the dark somebody has laid down another card.
      device.putCard('hong-kong');
      const before = told.cards.length;
      await device.setFault('sam-not-authorised', false);
      await trouble.end(opened);
      await reaches('ready');
      await tells('cards', before + 1);
      expect(told.cards.at(-1)?.kind).toBe('hong-kong-macau-taiwan');
    },
  );
});

describe('a reader that is not well', () => {
  it.concurrent.for([
    ['sam-self-test-failed', /自检失败/, /self-test/],
    ['sam-not-authorised', /授权/, /authorise/],
  ] as const)(
    'with %s is faulted until its SAM says otherwise, and looks for no card',
    async ([code, zh, en], { onTestFinished }) => {
      const { device, reader, told, tells, reaches } = await bench(onTestFinished, { times: 5 });
      await reaches('ready');
      device.putCard('citizen-common', { read: 0x41, times: 1 });
      await device.setFault(code, true);
      await reaches('faulted');
      expect(reader.status.fault).toBe(code);
      expect(adviceFor('faulted', code)?.zh).toMatch(zh);
      expect(adviceFor('faulted', code)?.en).toMatch(en);
      const finds = device.state().requests.find;
      const asked = device.state().requests.status;
      await until(() => device.state().requests.status >= asked + 2, 'two more questions');
      expect(device.state().requests.find).toBe(finds);
      expect(told.unreadable).toEqual([]);
      await device.setFault(code, false);
      await reaches('ready');
      await tells('cards', 1);
    },
  );

  it.concurrent(
    'and refuses every command is faulted, says so, and is asked on',
    async ({ onTestFinished }) => {
      const port = await refusing(onTestFinished, () => 0x21);
      const { reader, told, reaches, close } = driverOn(port, { times: 5 });
      onTestFinished(close);
      await reaches('faulted');
      expect(reader.status.fault).toBe('reader-refuses');
      expect(adviceFor('faulted', 'reader-refuses')?.en).toMatch(/refuses/);
      expect(told.unreadable).toEqual([]);
    },
  );

  it.concurrent(
    'and understands everything but find stays faulted until it does, without flapping',
    async ({ onTestFinished }) => {
      let refuses = true;
      const port = await refusing(onTestFinished, () => (refuses ? 0x21 : 0x80), { but: ['11', '12'] });
      const { told, reaches, close, reader } = driverOn(port, { times: 10 });
      onTestFinished(close);
      await reaches('faulted');
      const before = reader.status.counters.answers ?? 0;
      await until(() => (reader.status.counters.answers ?? 0) > before + 10, 'ten more answers');
      refuses = false;
      await reaches('ready');
      expect(told.states).toEqual(['ready', 'faulted', 'ready']);
    },
  );

  /** A device that answers everything with a status; commands in `but` (hex) with 90. */
  async function refusing(
    finished: Finished,
    sw3: () => number,
    { but = [] as string[] } = {},
  ): Promise<string> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        const command = bytes.subarray(7, 8).toString('hex');
        socket.write(
          encodeAnswer(but.includes(command) ? 0x90 : sw3(), Buffer.alloc(command === '12' ? 16 : 0)),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    finished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return `tcp:127.0.0.1:${(server.address() as { port: number }).port}`;
  }
});

describe('a reader that falls silent in the middle of a card', () => {
  it.concurrent(
    'tells that the card must be laid again when it is back, if it will not find it again',
    async ({ onTestFinished }) => {
      let fall = true;
      const { device, told, tells, reaches } = await bench(onTestFinished, {
        times: 5,
        onCommand: (name) => {
          if (name === 'read' && fall) void device.setFault('silent', true);
        },
      });
      await reaches('ready');
      device.putCard('taiwan');
      await reaches('silent');
      expect(told.unreadable).toEqual([]);
      fall = false;
      await device.setFault('silent', false);
      await tells('unreadable', 1);
      expect(told.unreadable).toEqual(['card-moved']);
      device.putCard('taiwan');
      await tells('cards', 1);
    },
  );
});
