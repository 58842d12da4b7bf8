/** Fingers on keys: of evaluators of their own, of evaluators and pads on a shared line. */
import { waitMs } from './day-clock.ts';
import type { Day, EvaluatorPlace, PadPlace } from './day.ts';
import type { Faults } from './faults.ts';
import type { Level } from './format.ts';
import type { Press } from './ledger.ts';
import type { Locks } from './locks.ts';
import { evaluatorOf, unitOf } from './panel.ts';

export type Keys = ReturnType<typeof createKeys>;

/** Two equal frames within 400 ms are one press (evaluators.md §3). */
const TWO_PRESSES_MS = 500;
const LOOK_MS = 120;
/** An evaluator lights so soon after the service; whoever sees no light presses all the same. */
const LIGHT_MS = 2500;
/** A finger takes so long to the key, at any speed. */
export const HAND_MS = 250;
/** A visitor looks at a key on a line so long for its answer, and goes. */
const LOOKS_ON_MS = 3000;

/** Key → code and word of the four-key evaluator, from left to right; it has no middle. */
const FOUR_KEYS: Readonly<Record<Level, { key: string; raw: string }>> = {
  5: { key: '1', raw: '00' },
  4: { key: '2', raw: '01' },
  3: { key: '2', raw: '01' },
  2: { key: '3', raw: '02' },
  1: { key: '4', raw: '03' },
};

export function createKeys(day: Day, alone: Locks, faults: Faults) {
  const { hub, panel, ledger, clock, signal } = day;
  /** presses on lines that have not been answered yet */
  const held = new Set<Promise<void>>();

  /** Presses a key on a line and waits until the host has answered it; the line may be away for long. */
  async function onLine(device: string, address: number, key: string, pressed: () => void): Promise<void> {
    await alone(`${device}.${address}`, async () => {
      const acknowledged = async () => unitOf(await panel.get(device), address)?.acknowledged ?? 0;
      const before = await acknowledged();
      if (!(await panel.key(device, address, key)))
        throw new Error(`the panel does not answer (a key of ${device})`);
      pressed();
      while ((await acknowledged()) <= before) await waitMs(LOOK_MS, signal);
      await waitMs(TWO_PRESSES_MS, signal);
    });
  }

  async function rate(
    place: EvaluatorPlace,
    level: Level,
    why: Press['why'],
    visitor: number,
  ): Promise<void> {
    const common = { device: place.device, hubDevice: place.hubDevice, window: place.window, why, visitor };
    if (place.kind === 'numbered') {
      await alone(place.device, async () => {
        const answer = await panel.press(place.device, level);
        if (!answer) throw new Error(`the panel does not answer (a key of ${place.device})`);
        const state = evaluatorOf(answer.device);
        ledger.presses.push({
          ...clock.moment(),
          ...common,
          identity: { serial: answer.device.serial ?? place.device, boot: state.boot },
          keyRaw: String(level),
          level,
          session: state.session?.number ?? null,
          taken: answer.taken ? 'taken' : 'refused',
        });
      });
      return;
    }
    const { key, raw } = FOUR_KEYS[level];
    let entry: Press | undefined;
    const since = await hub.startedAt();
    const answered = onLine(place.device, place.address, key, () => {
      entry = { ...clock.moment(), ...common, identity: null, keyRaw: raw, level: null, taken: 'held' };
      ledger.presses.push(entry);
    }).then(async () => {
      if (!entry) return;
      entry.taken = 'taken';
      entry.restarted = (await hub.startedAt()) !== since;
    });
    const settled = answered.then(
      () => {},
      (error: unknown) => {
        if (!signal.aborted) day.trouble((error as Error).message);
      },
    );
    held.add(settled);
    void settled.then(() => held.delete(settled));
    await Promise.race([settled, waitMs(LOOKS_ON_MS, signal)]);
  }

  /** Until the evaluator asks, or for so long as a visitor looks at it. */
  async function light(place: EvaluatorPlace): Promise<void> {
    if (place.kind === 'line') return waitMs(HAND_MS, signal);
    for (const until = Date.now() + LIGHT_MS; Date.now() < until; await waitMs(LOOK_MS, signal))
      if (evaluatorOf(await panel.get(place.device)).session) return;
  }

  return {
    rate,
    light,
    /** A key of a pad; answers when the host has taken it. */
    pad: (place: PadPlace, key: string) => onLine(place.device, place.address, key, () => {}),
    /** Presses with the device's cable out, and puts it in again. */
    async withCableOut(place: EvaluatorPlace, press: () => Promise<void>): Promise<void> {
      await faults.on(null, place.device, 'unplugged', {});
      try {
        await press();
        await clock.pause(60, 800);
      } finally {
        await faults.off(null, place.device, 'unplugged');
      }
    },
    /** All keys on lines have been answered. */
    settled: async () => {
      await Promise.all(held);
    },
    get held() {
      return held.size;
    },
  };
}
