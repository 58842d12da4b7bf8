/** The device room as technicians handle it: tests, the wire, what is plugged in and which device has it. */
import { randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Config } from './config.ts';
import type { LinkStatus } from './contract/link.ts';
import { HallError } from './contract/problem.ts';
import { captureHead, captureLine, isMasked } from './device/capture-format.ts';
import type { CardRead, Scan } from './device/driver/interfaces.ts';
import type { Line, Unit } from './device/lines.ts';
import type { Devices } from './device/manager.ts';
import type { PluggedIn } from './device/plugged-in.ts';
import type { Clock } from './executor.ts';
import { localTime } from './hall/day.ts';
import { statusSheet } from './reactions/ticket-paper.ts';
import type { DeviceRoom, DeviceTest, Frame, TestResult } from './web/parts.ts';

/** The keys are lit so long by a technician's test, s. */
const LIGHT_TEST_S = 5;
/** A sign shows its test so long, s. */
const TEXT_TEST_S = 10;
/** A reader's test waits so long for a card or a code, s. */
const READ_TEST_S = 20;
/** So many frames are kept of each line's wire. */
const FRAMES_KEPT = 200;

/** What came over a line's wire; bytes of readers and scanners come masked from their drivers. */
export type WireFrame = { line: string; direction: 'sent' | 'received'; bytes: Uint8Array; decoded: unknown };

export class WireTap extends EventEmitter<{ frame: [frame: WireFrame] }> {
  readonly kept = new Map<string, Frame[]>();
  readonly #clock: Clock;
  readonly #timeZone: string;

  constructor(lines: readonly string[], clock: Clock, timeZone: string) {
    super();
    this.setMaxListeners(0);
    this.#clock = clock;
    this.#timeZone = timeZone;
    for (const line of lines) this.kept.set(line, []);
  }

  take(frame: WireFrame): void {
    const kept = this.kept.get(frame.line);
    kept?.push({
      at: localTime(this.#clock(), this.#timeZone),
      direction: frame.direction === 'received' ? 'in' : 'out',
      hex: Buffer.from(frame.bytes).toString('hex'),
      decoded: frame.decoded === null ? '' : JSON.stringify(frame.decoded),
    });
    if (kept && kept.length > FRAMES_KEPT) kept.shift();
    this.emit('frame', frame);
  }
}

export type TechnicianParts = {
  config: Config;
  version: string;
  devices: Devices;
  pluggedIn: PluggedIn;
  tap: WireTap;
  /** evaluations and calls that a test must not disturb */
  executor: {
    readonly state: {
      sessions: Record<number, { window: number; state: string }>;
      windows: Record<number, { state: string }>;
    };
  };
  clock: Clock;
  /** never goes back: the times of a capture */
  monotonicMs: () => number;
  links: () => LinkStatus[];
  /** the hub's own address, for the status sheet */
  url: () => string;
};

export function deviceRoom(parts: TechnicianParts): DeviceRoom {
  const { devices, pluggedIn, tap, clock, monotonicMs } = parts;
  const unitOf = (id: string): Unit => {
    const unit = devices.unit(id);
    if (!unit) throw new HallError('not-found', `There is no device ${id} in the configuration.`);
    return unit;
  };
  const lineOf = (id: string): Line => {
    const line = devices.lineOf(id);
    if (!line) throw new HallError('not-found', `There is no device ${id} in the configuration.`);
    return line;
  };
  /** A line of several stands for its first device. */
  const view: DeviceRoom['view'] = (id) => {
    const shown = devices.unit(id)?.id ?? lineOf(id).units[0]?.id;
    const found = devices.list().find((each) => each.id === shown);
    if (!found) throw new HallError('internal', `device ${id} is not in its own list`);
    return found;
  };

  return {
    list: () => devices.list(),
    view,
    found: () => pluggedIn.list(),
    async bind(id, key) {
      await pluggedIn.bind(lineOf(id).row.id, key);
      return view(id);
    },
    async unbind(id) {
      await pluggedIn.unbind(lineOf(id).row.id);
      return view(id);
    },
    bindByKey: async (id, seconds) => pluggedIn.bindByKey(lineOf(id).row.id, seconds),
    stopBindByKey: () => pluggedIn.stopListening(),
    nextKey: (id, seconds) => nextKey(unitOf(id), seconds),
    async set(id, settings) {
      unitOf(id);
      await pluggedIn.set(id, settings);
      return view(id);
    },
    test: (id, what) => test(parts, unitOf(id), what),
    frames: (id) => tap.kept.get(lineOf(id).row.id) ?? [],
    capture(id, line) {
      const { row, model } = lineOf(id);
      const startedAt = clock();
      const startedMs = monotonicMs();
      line(
        captureHead({
          device: row.id,
          model: model.id,
          kind: model.kind,
          port: row.port,
          startedAt: startedAt.toISOString(),
          masked: isMasked(model.kind),
        }),
      );
      const onFrame = (frame: WireFrame): void => {
        if (frame.line !== row.id) return;
        line(captureLine(startedMs, { ...frame, atMs: monotonicMs() }));
      };
      tap.on('frame', onFrame);
      return () => tap.off('frame', onFrame);
    },
  };
}

async function test(
  parts: TechnicianParts,
  { id, window, device }: Unit,
  what: DeviceTest,
): Promise<TestResult> {
  const unsuitable = new HallError('not-suitable', `A ${device.kind} cannot do the test ${what}.`);
  const told = (result: { ok: true } | { ok: false; why: string }): TestResult =>
    result.ok ? { ok: true } : { ok: false, why: result.why };
  switch (device.kind) {
    case 'printer': {
      if (what !== 'print') throw unsuitable;
      const sheet = statusSheet({
        config: parts.config,
        version: parts.version,
        devices: parts.devices.list(),
        links: parts.links(),
        url: parts.url(),
        now: parts.clock(),
      });
      const fate = await device.print(sheet(device.columns));
      return fate.outcome === 'printed' ? { ok: true } : { ok: false, why: fate.why };
    }
    case 'evaluator':
      if (what === 'voice') return told(await device.say('welcome'));
      if (what !== 'light') throw unsuitable;
      // A visitor who is rating now must not lose the keys to a test.
      if (
        Object.values(parts.executor.state.sessions).some(
          (one) => one.window === window && one.state === 'open',
        )
      )
        return { ok: false, why: 'busy' };
      // A session that the hall does not know: a key pressed in it is kept as ignored and rates nobody.
      return told(await device.open(randomInt(1, 4_294_967_296), LIGHT_TEST_S, 'none'));
    case 'pad':
      if (what === 'beep') return told(await device.beep());
      if (what !== 'display') throw unsuitable;
      return told(await device.display(888, '888'));
    case 'sign': {
      if (what !== 'text') throw unsuitable;
      if (device.status.state !== 'ready') return { ok: false, why: device.status.state };
      const isCalling = (): boolean =>
        window !== undefined && parts.executor.state.windows[window]?.state === 'called';
      if (isCalling()) return { ok: false, why: 'busy' };
      device.show('call', { priority: 'call', text: `${id} 测试 12345`, flashS: 2 });
      setTimeout(() => {
        // A visitor who was called meanwhile stands there instead of the test, and stays.
        if (!isCalling()) device.show('call', null);
      }, TEXT_TEST_S * 1000).unref();
      return { ok: true };
    }
    case 'reader':
    case 'scanner': {
      if (what !== 'read') throw unsuitable;
      const seen = await nextReading(device, READ_TEST_S);
      return seen === null ? { ok: false, why: 'nothing-read' } : { ok: true, seen };
    }
  }
}

/** The raw code of the next key; null when none came in time, or the device has no keys. */
function nextKey({ device }: Unit, seconds: number): Promise<string | null> {
  if (device.kind === 'evaluator')
    return next<{ code: string }>(
      (take) => device.on('press', take),
      (take) => device.off('press', take),
      seconds,
    ).then((press) => press?.code ?? null);
  if (device.kind === 'pad')
    return next<{ code: string }>(
      (take) => device.on('key', take),
      (take) => device.off('key', take),
      seconds,
    ).then((key) => key?.code ?? null);
  throw new HallError('not-suitable', `A ${device.kind} has no keys.`);
}

/** What was read, in its masked form; null when nothing came in time. */
async function nextReading(device: Extract<Unit['device'], { kind: 'reader' | 'scanner' }>, seconds: number) {
  if (device.kind === 'reader') {
    const card = await next<CardRead>(
      (take) => device.on('card', take),
      (take) => device.off('card', take),
      seconds,
    );
    return card ? `${card.maskedName} ${card.person.masked}` : null;
  }
  const scan = await next<Scan>(
    (take) => device.on('scan', take),
    (take) => device.off('scan', take),
    seconds,
  );
  return scan ? `${scan.symbology ?? ''} ${masked(scan.text)}`.trim() : null;
}

/** A code may name a person: its ends are enough to know that it was read. */
function masked(text: string): string {
  const signs = [...text];
  return signs.length <= 8
    ? `${signs.slice(0, 2).join('')}${'*'.repeat(Math.max(0, signs.length - 2))}`
    : `${signs.slice(0, 4).join('')}…${signs.slice(-2).join('')} (${signs.length})`;
}

function next<T>(
  listen: (take: (value: T) => void) => void,
  leave: (take: (value: T) => void) => void,
  seconds: number,
): Promise<T | null> {
  return new Promise((resolve) => {
    const end = (value: T | null): void => {
      clearTimeout(limit);
      leave(end);
      resolve(value);
    };
    const limit = setTimeout(() => end(null), seconds * 1000);
    listen(end);
  });
}
