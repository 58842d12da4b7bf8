/**
 * What a plugged-in thing is taken for and why, and whether it is the one that a technician has bound. Nothing here
 * guesses: two equal adapters without a serial number are told apart by the socket they hang at, or not at all.
 */
import type { Bilingual } from '../contract/live.ts';
import type { Found } from './found.ts';
import type { Fingerprint, ModelRow } from './models.ts';

/** USB-to-serial adapters by vendor:product; they say nothing about what is behind them. */
export const BRIDGES: Readonly<Record<string, string>> = {
  '1a86:7523': 'CH340',
  '1a86:7522': 'CH340',
  '1a86:5523': 'CH341',
  '1a86:55d3': 'CH343',
  '1a86:55d4': 'CH9102',
  '1a86:55d2': 'CH342',
  '1a86:55d5': 'CH344',
  '067b:2303': 'PL2303',
  '067b:23a3': 'PL2303',
  '067b:23c3': 'PL2303',
  '0403:6001': 'FTDI FT232',
  '0403:6010': 'FTDI FT2232',
  '0403:6011': 'FTDI FT4232',
  '0403:6014': 'FTDI FT232H',
  '0403:6015': 'FTDI FT230X',
  '10c4:ea60': 'CP210x',
  '10c4:ea70': 'CP2105',
  '10c4:ea71': 'CP2108',
  '04e2:1410': 'XR21V1410',
};

/** Name of the adapter, where it is a known one. */
export function bridgeOf(found: Pick<Found, 'kind' | 'vendorId' | 'productId'>): string | undefined {
  return found.kind === 'serial' ? BRIDGES[usbId(found)] : undefined;
}

/** A model that the thing could be. `score`: 1 could be anything, 10 its class fits (2 under another maker's ids), 25 for each fact of a fingerprint. */
export type Candidate = { model: string; score: number; why: Bilingual };

/** What it could be, the likeliest first; equal ones stay in the order of the table. */
export function candidates(found: Found, models: readonly ModelRow[]): Candidate[] {
  return models
    .filter((model) => model.transports.includes(found.kind))
    .flatMap((model) => candidateFor(found, model) ?? [])
    .sort((a, b) => b.score - a.score);
}

function candidateFor(found: Found, model: ModelRow): Candidate | null {
  // A keyboard that is taken for anything else would swallow what people type.
  if (isKeyboard(found) && model.kind !== 'keypad') return null;
  const best = model.fingerprints
    .map((fingerprint) => agreement(found, fingerprint))
    .reduce<string[]>((most, facts) => (facts && facts.length > most.length ? facts : most), []);
  if (best.length > 0) {
    const facts = best.join(', ');
    return {
      model: model.id,
      score: best.length * 25,
      why: { zh: `设备自报 ${facts}`, en: `it says of itself ${facts}` },
    };
  }
  const { id } = model;
  switch (found.kind) {
    case 'hid':
      return null;
    case 'serial':
      // Also one with ids of its own: its line may be wired to an adapter.
      return { model: id, score: 1, why: anySerial(found) };
    case 'file':
      return model.fingerprints.length === 0
        ? { model: id, score: 10, why: PRINTER }
        : { model: id, score: 2, why: OTHER_PRINTER };
  }
}

const PRINTER: Bilingual = { zh: '是打印机（USB 打印机类）', en: 'it is a printer (USB class 07)' };
const OTHER_PRINTER: Bilingual = {
  zh: '是打印机，但自报的标识属于别的厂家',
  en: 'it is a printer, with the ids of another maker',
};

function anySerial(found: Found): Bilingual {
  const bridge = bridgeOf(found);
  if (bridge !== undefined)
    return {
      zh: `${bridge} 是串口转换器，不说明其后是什么设备`,
      en: `${bridge} is a serial adapter and does not say what is behind it`,
    };
  return { zh: '是串口，不说明其后是什么设备', en: 'it is a serial port and does not say what is behind it' };
}

/** The facts that agree, in words; null when one does not. What the system does not tell counts neither way. */
function agreement(found: Found, fingerprint: Fingerprint): string[] | null {
  const facts: string[] = [];
  for (const [field, word] of FACTS) {
    const [wanted, told] = [fingerprint[field], found[field]];
    if (wanted === undefined || told === undefined) continue;
    if (wanted !== told) return null;
    facts.push(`${word} ${typeof told === 'number' ? told.toString(16).padStart(2, '0') : told}`);
  }
  return facts;
}
const FACTS = [
  ['vendorId', 'vendor'],
  ['productId', 'product'],
  ['usagePage', 'usage page'],
  ['usage', 'usage'],
] as const;

/** Generic desktop, keyboard (HID usage tables). */
export function isKeyboard(found: Found): boolean {
  return found.kind === 'hid' && found.usagePage === 0x01 && found.usage === 0x06;
}

/** What it is taken for, in words: one model, several, a serial adapter, or nothing known. */
export function takenFor(found: Found, models: readonly ModelRow[]): Bilingual {
  const all = candidates(found, models);
  const sure = all.filter(({ score }) => score > 1 && score === all[0]?.score);
  const names = sure.flatMap(({ model }) => models.find(({ id }) => id === model)?.name ?? []);
  if (names.length > 0) {
    const say = (language: keyof Bilingual, or: string) => names.map((name) => name[language]).join(or);
    return { zh: say('zh', ' 或 '), en: say('en', ' or ') };
  }
  const bridge = bridgeOf(found);
  if (bridge !== undefined) return { zh: `串口转换器（${bridge}）`, en: `a serial adapter (${bridge})` };
  if (found.kind === 'serial') return { zh: '串口', en: 'a serial port' };
  return { zh: '未知设备', en: 'nothing that is known here' };
}

/** As "CH340 1a86:7523 at pci-0000:00:14.0-usb-0:1.2", "1209:0001 EV0042", "/dev/ttyS0". */
export function describe(found: Pick<Found, 'kind'> & Partial<Found>): string {
  const name = bridgeOf(found) ?? found.product ?? found.manufacturer;
  const ids = found.vendorId === undefined ? undefined : usbId(found);
  const words = [name, ids, found.serialNumber].filter((word) => word !== undefined);
  if (words.length === 0) words.push(found.path ?? found.kind);
  if (found.location !== undefined) words.push(`at ${found.location}`);
  return words.join(' ');
}

/** What is kept of a thing, so that it is known again: never its path where there is anything better. */
export type Identity = Pick<
  Found,
  | 'kind'
  | 'vendorId'
  | 'productId'
  | 'interface'
  | 'serialNumber'
  | 'manufacturer'
  | 'product'
  | 'usagePage'
  | 'usage'
  | 'location'
> & {
  /** where it stood when it was bound; decides only for ports that are no USB devices */
  path: string;
};

/** What a binding keeps; null while the system has not said yet what the thing is (a moment after plugging in). */
export function identityOf(found: Found): Identity | null {
  if (isUntold(found)) return null;
  const { key: _key, ...identity } = found;
  return identity;
}

/** A USB port of which udev (only Linux) has not told the ids yet; it must not be taken for another device. */
export function isUntold(found: Found): boolean {
  return (
    found.kind === 'serial' && found.vendorId === undefined && /\/tty(USB|ACM|XRUSB)\d+$/.test(found.path)
  );
}

/** Serial numbers that whole series of devices share, as CP2102's 0001, and so are none. */
const SHARED_SERIAL =
  /^(?:0+1?|0*123456?7?8?9?0?|0?123456789abc(?:def)?|(?<same>.)\k<same>*|n\/?a|none|default)$/i;

/** The serial number, unless it is one that tells nothing apart. */
export function serialOf(thing: Pick<Found, 'serialNumber'>): string | undefined {
  const serial = thing.serialNumber?.trim();
  return serial === undefined || serial === '' || SHARED_SERIAL.test(serial) ? undefined : serial;
}

export type Match =
  | { is: 'there'; found: Found; why: Bilingual }
  /** nothing like it; or exactly one equal thing at another socket, which is proposed and never taken by itself */
  | { is: 'missing'; moved?: Found; why: Bilingual }
  | { is: 'ambiguous'; among: Found[]; why: Bilingual };

/** Which of the things that are plugged in is the bound one. The order of the list does not matter. */
export function match(identity: Identity, list: readonly Found[]): Match {
  if (identity.vendorId === undefined) {
    // No USB: an onboard port is what it is called. Something with USB ids under its name is something else.
    const same = list.find(
      ({ kind, path, vendorId }) =>
        kind === identity.kind && path === identity.path && vendorId === undefined,
    );
    return same ? there(same, 'its name') : MISSING;
  }
  const alike = list.filter((found) => isAlike(identity, found)).sort(byKey);
  const serial = serialOf(identity);
  const equal = alike.filter((found) => serialOf(found) === serial);
  const here = equal.filter((found) => isHere(identity, found));
  if (serial !== undefined && equal.length <= 1)
    return equal[0] ? there(equal[0], 'its serial number') : MISSING;
  if (here.length === 1)
    return there(here[0]!, serial === undefined ? 'its ids and socket' : 'its serial number and socket');
  if (here.length > 1) return ambiguous(here);
  if (equal.length > 1) return ambiguous(equal);
  const [only] = equal;
  if (!only) return MISSING;
  // A device of its own kind on a system that names no socket, and the only one there.
  if (identity.location === undefined && bridgeOf(identity) === undefined)
    return there(only, 'its ids; it is the only one');
  return { is: 'missing', moved: only, why: MOVED };
}

/** Same kind of thing: ids agree, and interface and collection where both sides know them. */
function isAlike(identity: Identity, found: Found): boolean {
  return (
    found.kind === identity.kind &&
    found.vendorId === identity.vendorId &&
    found.productId === identity.productId &&
    agrees(identity.interface, found.interface) &&
    agrees(identity.usagePage, found.usagePage) &&
    agrees(identity.usage, found.usage)
  );
}

function agrees(a: number | undefined, b: number | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}

/** At the same socket; a bridge on a system that names none is held to its path, and no other thing is. */
function isHere(identity: Identity, found: Found): boolean {
  if (identity.location !== undefined) return found.location === identity.location;
  return found.location === undefined && bridgeOf(identity) !== undefined && found.path === identity.path;
}

/**
 * Matches all bindings at once, so that no two have the same thing and what is another's is not proposed.
 * Two that could have the same thing are both ambiguous.
 */
export function matchAll<D extends string>(
  bindings: readonly { device: D; identity: Identity }[],
  list: readonly Found[],
): Map<D, Match> {
  const first = bindings.map(({ device, identity }) => ({ device, identity, match: match(identity, list) }));
  const holders = new Map<string, number>();
  for (const each of first)
    if (each.match.is === 'there')
      holders.set(each.match.found.key, (holders.get(each.match.found.key) ?? 0) + 1);
  const free = list.filter(({ key }) => !holders.has(key));
  return new Map(
    first.map(({ device, identity, match: found }) => {
      if (found.is === 'there')
        return [device, (holders.get(found.found.key) ?? 0) > 1 ? ambiguous([found.found]) : found];
      const again = match(identity, free);
      // That the others are taken makes none of the rest the right one.
      return [device, again.is === 'there' ? { is: 'missing', moved: again.found, why: MOVED } : again];
    }),
  );
}

/** Whether two bindings mean the same thing, so that only one of them can stand. */
export function isSame(a: Identity, b: Identity): boolean {
  if (a.vendorId === undefined || b.vendorId === undefined)
    return a.kind === b.kind && a.vendorId === b.vendorId && a.path === b.path;
  const found: Found = { ...b, key: '' };
  if (!isAlike(a, found) || serialOf(a) !== serialOf(b)) return false;
  if (serialOf(a) !== undefined) return true;
  return (
    isHere(a, found) || (a.location === undefined && b.location === undefined && bridgeOf(a) === undefined)
  );
}

const MISSING: Match = {
  is: 'missing',
  why: { zh: '未插入', en: 'it is not plugged in' },
};
const MOVED: Bilingual = {
  zh: '绑定的 USB 口上没有它；另一个口上有一个相同的设备，不会自动采用，请重新绑定',
  en: 'its socket is empty; one just like it is at another socket and is not taken by itself: bind again, or plug it back',
};
const AMBIGUOUS: Bilingual = {
  zh: '有多个相同的设备，无法区分；请重新绑定',
  en: 'several things could be it and nothing tells them apart: bind again',
};

function there(found: Found, by: keyof typeof KNOWN_BY): Match {
  return { is: 'there', found, why: { zh: `${KNOWN_BY[by]}一致`, en: `known by ${by}` } };
}
const KNOWN_BY = {
  'its name': '端口名',
  'its serial number': '序列号',
  'its serial number and socket': '序列号和 USB 口',
  'its ids and socket': 'USB 标识和 USB 口',
  'its ids; it is the only one': 'USB 标识（仅此一个）',
} as const;

function ambiguous(among: Found[]): Match {
  return { is: 'ambiguous', among, why: AMBIGUOUS };
}

function usbId({ vendorId, productId }: Pick<Found, 'vendorId' | 'productId'>): string {
  return `${vendorId ?? '????'}:${productId ?? '????'}`;
}

function byKey(a: Found, b: Found): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
