/** Which devices stand where on the technician's page, and what can be asked of each. Pure. */
import type {
  Bilingual,
  DeviceKind,
  DeviceStateName,
  DeviceView,
  FoundView,
} from '../../kiosk-agent/contract/live.ts';
import type { RatingLevel } from '../../kiosk-agent/contract/events.ts';
import type { DeviceTest } from '../api.ts';

export const testsOf: Record<DeviceKind, readonly DeviceTest[]> = {
  evaluator: ['light', 'voice'],
  pad: ['beep', 'display'],
  printer: ['print'],
  reader: ['read'],
  scanner: ['read'],
  sign: ['text'],
};
/** Kinds that say something by themselves when somebody uses them: those can be found by it. */
export const pressable = ['evaluator', 'pad', 'reader', 'scanner'] as const;
export type Pressable = (typeof pressable)[number];
export const isPressable = (kind: DeviceKind): kind is Pressable =>
  (pressable as readonly DeviceKind[]).includes(kind);

/** The order in which the faces are asked for and shown. */
export const LEVELS = [5, 4, 3, 2, 1] as const satisfies readonly RatingLevel[];

/** It does not work: somebody has to do something. */
export const needsHand = (device: DeviceView): boolean => device.state !== 'ready';

export type Filter = 'all' | 'trouble' | DeviceStateName;
/** Does a device stay under this filter? */
export function passes(device: DeviceView, filter: Filter): boolean {
  return filter === 'all' || (filter === 'trouble' ? needsHand(device) : device.state === filter);
}
/** The filters that can find anything, with how many; `all` and `trouble` always. */
export function filtersFor(devices: readonly DeviceView[]): { filter: Filter; count: number }[] {
  const states = [...new Set(devices.map((device) => device.state))].sort();
  return (['all', 'trouble', ...states] as Filter[]).map((filter) => ({
    filter,
    count: devices.filter((device) => passes(device, filter)).length,
  }));
}

export type Group = { window: number | null; devices: DeviceView[] };
/** By window, those at none last; a window with trouble stands before those without, and so does a device in it. */
export function groupsOf(devices: readonly DeviceView[]): Group[] {
  const calm = (device: DeviceView): number => (needsHand(device) ? 0 : 1);
  const groups = new Map<number | null, DeviceView[]>();
  for (const device of devices) groups.set(device.window, [...(groups.get(device.window) ?? []), device]);
  return [...groups]
    .map(([window, own]) => ({
      window,
      devices: own.sort((a, b) => calm(a) - calm(b) || a.id.localeCompare(b.id, 'en', { numeric: true })),
    }))
    .sort(
      (a, b) =>
        Math.min(...a.devices.map(calm)) - Math.min(...b.devices.map(calm)) ||
        (a.window ?? Infinity) - (b.window ?? Infinity),
    );
}

/** A device's code as the messages have it; a number at its end stands for itself. */
export function codeParts(code: string): { key: string; n: string } | null {
  const address = /^unknown-address-(.+)$/.exec(code);
  if (address) return { key: 'unknown-address', n: address[1] ?? '' };
  // Anything else is no key of the messages, and would be read as a path.
  return /^[a-z][a-z0-9-]*$/i.test(code) ? { key: code, n: '' } : null;
}

/** What could be said of a thing that many models could be, such as a serial adapter, is not said of each. */
const FEW = 3;
export type Guess = { why: Bilingual; models: FoundView['takenFor'] };
/** What it is taken for, by the reason; the likeliest first. `few`: so few models that they can be named. */
export function guessesFor(found: FoundView): (Guess & { few: boolean })[] {
  const guesses = new Map<string, Guess>();
  for (const one of found.takenFor) {
    const guess = guesses.get(one.why.en) ?? { why: one.why, models: [] };
    guesses.set(one.why.en, { ...guess, models: [...guess.models, one] });
  }
  return [...guesses.values()].map((guess) => ({ ...guess, few: guess.models.length <= FEW }));
}
/** likely: it says so itself; possible: nothing speaks against it; no: the hub would refuse it. */
export function fitOf(device: DeviceView, found: FoundView): 'likely' | 'possible' | 'no' {
  const guess = guessesFor(found).find((one) => one.models.some(({ model }) => model === device.model));
  return guess ? (guess.few ? 'likely' : 'possible') : 'no';
}
/** Several devices may be on one line, as pad-bus.2 on pad-bus; what is plugged in belongs to the line. */
export function has(device: DeviceView, found: FoundView): boolean {
  return found.usedBy !== null && (device.id === found.usedBy || device.id.startsWith(`${found.usedBy}.`));
}
/** What is plugged in, free, and could be this device. */
export function candidates(device: DeviceView, found: readonly FoundView[]): FoundView[] {
  return found.filter((one) => one.usedBy === null && fitOf(device, one) !== 'no');
}
