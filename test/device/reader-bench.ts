/** The identity-card driver on a real port against the simulated reader, with everything it tells written down. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, type TestContext } from 'vitest';
import { startIdReader, type IdReaderOptions } from '../../firmware-sim/id-reader/id-reader.ts';
import { samplePeople } from '../../firmware-sim/id-reader/people.ts';
import { parsePort } from '../../kiosk-agent/contract/port.ts';
import type { Clock } from '../../kiosk-agent/device/clock.ts';
import type { CardFault, CardRead } from '../../kiosk-agent/device/driver/interfaces.ts';
import { SdtReader } from '../../kiosk-agent/device/driver/id-reader.ts';
import { modelOf } from '../../kiosk-agent/device/models.ts';
import { PortSession } from '../../kiosk-agent/device/session.ts';
import { serialTransport } from '../../kiosk-agent/device/transport/serial.ts';
import { tcpTransport } from '../../kiosk-agent/device/transport/tcp.ts';
import type { OpenTransport } from '../../kiosk-agent/device/transport/transport.ts';
import { until } from './manual-clock.ts';
import { testPerson } from './parts.ts';

/** Real time that runs so many times as fast, and knows which timers are set. */
class QuickClock implements Clock {
  readonly #times: number;
  readonly pending = new Set<NodeJS.Timeout>();
  constructor(times: number) {
    this.#times = times;
  }
  now(): Date {
    return new Date();
  }
  monotonicMs(): number {
    return performance.now() * this.#times;
  }
  after(ms: number, task: () => void): () => void {
    const timer = setTimeout(() => {
      this.pending.delete(timer);
      task();
    }, ms / this.#times);
    this.pending.add(timer);
    return () => {
      this.pending.delete(timer);
      clearTimeout(timer);
    };
  }
}

function openerOf(port: string): OpenTransport {
  const parsed = parsePort(port);
  if (parsed.ok && parsed.address.kind === 'tcp') return tcpTransport(parsed.address);
  if (parsed.ok && parsed.address.kind === 'serial')
    return serialTransport(parsed.address.path, modelOf('sdt')!.line);
  throw new Error(`no port: ${port}`);
}

/** What the driver has told: to listeners, to the technician's view, to the log. */
export type Told = {
  cards: CardRead[];
  unreadable: CardFault[];
  states: string[];
  everything: unknown[];
  frames: Uint8Array[];
};

/** A driver on `port`; `close` ends it, and sees to it that nothing is left and nothing personal was told. */
export function driverOn(port: string, options: { times?: number } = {}) {
  const clock = new QuickClock(options.times ?? 1);
  const told: Told = { cards: [], unreadable: [], states: [], everything: [], frames: [] };
  const note = (...what: unknown[]) => void told.everything.push(...what);
  const reader = new SdtReader({
    id: 'reader-1',
    clock,
    random: Math.random,
    know: testPerson,
    onFrame: (direction, bytes, decoded) => {
      told.frames.push(Uint8Array.from(bytes));
      note(direction, decoded);
    },
  });
  reader.on('card', (card) => {
    told.cards.push(card);
    note(card);
  });
  reader.on('unreadable', (why) => {
    told.unreadable.push(why);
    note(why);
  });
  reader.on('status', (from, to) => {
    told.states.push(to.state);
    note(from, to);
  });
  const session = new PortSession({
    device: 'reader-1',
    open: openerOf(port),
    driver: reader,
    clock,
    random: Math.random,
    log: { info: note, warn: note },
  });
  const reaches = (state: string) =>
    until(() => reader.status.state === state, `${state}, is ${inspect(reader.status)}`, 20_000);
  const close = async () => {
    note(reader.status);
    await session.close();
    await reader.close();
    await reader.close();
    expectNothingPersonal(told);
    expect(clock.pending.size).toBe(0);
  };
  return { reader, session, told, reaches, close, clock };
}

/** Tests run side by side: what a test opens is closed at that test's own end, which its context knows. */
export type Finished = TestContext['onTestFinished'];

/** A simulated reader and a driver on its port, until the test is finished. */
export async function bench(
  finished: Finished,
  options: Partial<IdReaderOptions> & { kind?: 'tcp' | 'pty'; times?: number } = {},
) {
  const { kind = 'tcp', times = 1, ...simulated } = options;
  const folder = kind === 'pty' ? mkdtempSync(join(tmpdir(), 'hall-reader-')) : undefined;
  const device = await startIdReader({
    port: folder ? `pty:${join(folder, 'reader')}` : 'tcp:0',
    ...simulated,
  });
  const driver = driverOn(device.port, { times });
  finished(async () => {
    await driver.close();
    await device.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });
  const { told } = driver;
  const tells = (what: 'cards' | 'unreadable', count: number) =>
    until(() => told[what].length >= count, `${count} ${what}: ${inspect(told.states)}`, 20_000);
  /** Waits until the reader has answered so many more finds. */
  const finds = (count: number) => {
    const goal = device.state().requests.find + count;
    return until(() => device.state().requests.find >= goal, `${count} finds`, 20_000);
  };
  return { ...driver, device, tells, finds };
}
export type Bench = Awaited<ReturnType<typeof bench>>;

/** Words of sample people that nobody may be told: names, also without their first character, numbers, birth, address. */
const PERSONAL = Object.values(samplePeople).flatMap((person) => {
  const names = ['name', 'englishName', 'chineseName'].flatMap((key) => {
    const name = (person as Record<string, string>)[key] ?? '';
    return name === '' ? [] : [name, [...name].slice(1).join('')];
  });
  const address = 'address' in person ? [person.address, person.address.slice(0, 4)] : [];
  const { number, birth } = person;
  return [...names, number, number.slice(0, 6), number.slice(3, -4), birth, ...address];
});

/** Which of them stand in a text, or in bytes as UTF-16LE or UTF-8. */
export function personalIn(text: string, bytes: Uint8Array): string[] {
  const hex = Buffer.from(bytes).toString('hex');
  return PERSONAL.filter(
    (word) =>
      text.includes(word) ||
      hex.includes(Buffer.from(word, 'utf16le').toString('hex')) ||
      hex.includes(Buffer.from(word, 'utf8').toString('hex')),
  );
}

function expectNothingPersonal(told: Told): void {
  const text = inspect(told.everything, { depth: null, maxArrayLength: null, maxStringLength: null });
  // A count, not the words: a failing test must not print what it looks for.
  expect(personalIn(text, Buffer.concat(told.frames)).length).toBe(0);
}
