/**
 * A pad and an evaluator of an FF68 line that loses frames both ways, against the driver, in time that is only counted:
 * thousands of presses a second. The machines are the simulator's own; what was pressed and what was told is compared.
 */
import { createFf68Receiver } from '../../firmware-sim/ff68/frame.ts';
import { createFf68Device } from '../../firmware-sim/ff68/machine.ts';
import { seededRandom } from '../../firmware-sim/faults/random.ts';
import type { Clock } from '../../kiosk-agent/device/clock.ts';
import { FramesLine } from '../../kiosk-agent/device/driver/frames-line.ts';
import type { Transport } from '../../kiosk-agent/device/transport/transport.ts';
import { modelOf } from '../../kiosk-agent/device/models.ts';

/** ms between two repeats of a key, as the simulator has it. */
const REPEAT_MS = { least: 230, more: 120 };
/** ms for a frame of ten bytes at 9600 Bd */
const FRAME_MS = 11;

type Task = { atMs: number; task: () => void };

/** Time that passes by itself from one task to the next. */
class CountedClock implements Clock {
  #ms = 0;
  #tasks: Task[] = [];

  now(): Date {
    return new Date(Date.UTC(2026, 0, 5, 1) + this.#ms);
  }
  monotonicMs(): number {
    return this.#ms;
  }
  after(ms: number, task: () => void): () => void {
    const entry = { atMs: this.#ms + ms, task };
    const behind = this.#tasks.findIndex(({ atMs }) => atMs > entry.atMs);
    this.#tasks.splice(behind < 0 ? this.#tasks.length : behind, 0, entry);
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== entry);
    };
  }
  /** Runs what becomes due until `done` or so many ms are over. */
  async run(ms: number, done: () => boolean = () => false): Promise<void> {
    const untilMs = this.#ms + ms;
    while (!done()) {
      const next = this.#tasks[0];
      if (!next || next.atMs > untilMs) {
        this.#ms = untilMs;
        return;
      }
      this.#tasks.shift();
      this.#ms = next.atMs;
      next.task();
      // What was written is settled in promises.
      for (let turn = 0; turn < 4; turn++) await Promise.resolve();
    }
  }
}

/** `silentMs`: since the last frame of the device that reached the driver. */
export type Told = { seq: number; code: string; session: number | null; silentMs: number };

/** `rate`: share of the frames that get lost, each way, 0…1. */
export function lossyBus(role: 'pad' | 'evaluator', rate: number, seed: number) {
  const random = seededRandom(seed);
  const clock = new CountedClock();
  const device = createFf68Device(1, role);
  const hears = createFf68Receiver();
  const state = { rate, adapterEchoes: false };
  let heardMs = -Infinity;
  let silentMs = Infinity;
  const row = modelOf('ff68');
  if (row?.kind !== 'frames' || !row.frames) throw new Error('ff68 has no frames');
  const line = new FramesLine({
    id: 'bus',
    model: { ...row, frames: row.frames },
    units: [{ id: 'bus.1', address: 1, as: role }],
    clock,
    random,
  });
  const told = new Map<number, Told>();
  const unit = line.units[0]!;
  const take = (seq: number, code: string, session: number | null) => {
    if (!told.has(seq)) told.set(seq, { seq, code, session, silentMs });
  };
  if (unit.kind === 'pad')
    unit.on('key', (key) => {
      take(key.seq, key.code, null);
      unit.acknowledge(key);
    });
  else
    unit.on('press', (press) => {
      take(press.seq, press.code, press.session);
      unit.acknowledge(press);
    });

  let cancelRepeat = () => {};
  const arrives = (frame: Uint8Array) => {
    silentMs = clock.monotonicMs() - heardMs;
    heardMs = clock.monotonicMs();
    transport.onData?.(frame);
  };
  const repeat = () => {
    const frame = device.frame();
    if (!frame) return;
    if (random() >= state.rate) clock.after(FRAME_MS, () => arrives(frame));
    cancelRepeat = clock.after(REPEAT_MS.least + random() * REPEAT_MS.more, repeat);
  };
  const transport: Transport = {
    onData: null,
    onClosed: null,
    write(bytes) {
      const sent = Uint8Array.from(bytes);
      clock.after(FRAME_MS, () => {
        if (state.adapterEchoes) transport.onData?.(sent);
        if (random() < state.rate) return;
        for (const message of hears.receive(sent)) device.receive(message);
        if (!device.frame()) cancelRepeat();
      });
      return Promise.resolve({ ok: true });
    },
    close: () => Promise.resolve(),
  };
  line.attach(transport);
  return {
    clock,
    random,
    open: (session: number, seconds: number) =>
      unit.kind === 'evaluator' ? unit.open(session, seconds, 'none') : Promise.reject(new Error('a pad')),
    counters: () => unit.status.counters,
    state,
    /** each press once, in the order in which it was told first */
    told: () => [...told.values()],
    press(key: number) {
      cancelRepeat();
      device.press([key]);
      repeat();
    },
    /** Runs until the device has heard that its key was taken. */
    answered: () => clock.run(60_000, () => device.frame() === null),
    close: () => line.close(),
  };
}
