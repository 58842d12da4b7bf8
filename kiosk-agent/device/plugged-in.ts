/** What is plugged into this computer, which device of the configuration has it, and how a technician changes that. */
import { EventEmitter } from 'node:events';
import type { RatingLevel } from '../contract/events.ts';
import type { FoundView } from '../contract/live.ts';
import { parsePort, type PortAddress } from '../contract/port.ts';
import { HallError } from '../contract/problem.ts';
import { attemptsFor } from './attempts.ts';
import { openBindings, type Bindings } from './bindings.ts';
import type { Clock } from './clock.ts';
import { candidates, describe, identityOf, matchAll, type Match } from './fingerprint.ts';
import { isAt, listFound, systemSources, type Found, type FoundSources } from './found.ts';
import type { Line } from './lines.ts';
import { listenForKey, type ListenResult } from './listen.ts';
import type { Devices, Settled } from './manager.ts';
import { MODELS, modelOf } from './models.ts';
import { openFound } from './opening.ts';
import { Presence } from './presence.ts';
import type { DeviceLog } from './session.ts';
import type { HidBackend } from './transport/hid-backend.ts';
import type { OpenResult } from './transport/transport.ts';

export type PluggedInParts = {
  /** where bindings and settings are kept; `hall devices` may write it beside the agent */
  file: string;
  hid: HidBackend;
  clock: Clock;
  /** [0…1) */
  random: () => number;
  log: DeviceLog;
  /** instead of this computer's own */
  sources?: FoundSources;
};

/** How often the file is looked at for what `hall devices bind` has written, ms. */
const REREAD_MS = 2_000;

export class PluggedIn extends EventEmitter<{ changed: [] }> {
  readonly #parts: PluggedInParts;
  readonly #bindings: Bindings;
  readonly #presence: Presence;
  #devices: Devices | null = null;
  #listening: AbortController | null = null;
  #cancelReread: (() => void) | null = null;
  /** which binding means what; null when something has changed since it was worked out */
  #matched: Map<string, Match> | null = null;
  #closed = false;

  private constructor(parts: PluggedInParts, bindings: Bindings) {
    super();
    this.#parts = parts;
    this.#bindings = bindings;
    const sources = parts.sources ?? systemSources(parts.hid);
    this.#presence = new Presence({ list: () => listFound(sources, parts.clock), clock: parts.clock });
    const forget = () => void (this.#matched = null);
    this.#presence.on('appeared', forget).on('removed', forget).on('changed', forget);
  }

  /** Reads what was settled and begins to look what is plugged in. */
  static async open(parts: PluggedInParts): Promise<PluggedIn> {
    const { file, log } = parts;
    const bindings = await openBindings(file, {
      now: () => parts.clock.now(),
      say: (sentence) => log.warn({ file }, sentence),
    });
    return new PluggedIn(parts, bindings);
  }

  /** From now on a device whose port appears is opened at once, and a new binding takes effect. */
  watch(devices: Devices): void {
    this.#devices = devices;
    this.#presence.on('appeared', (found) => {
      this.#parts.log.info({ found: describe(found), path: found.path }, 'plugged in');
      devices.tryNow();
    });
    this.#presence.on('removed', (found) =>
      this.#parts.log.info({ found: describe(found), path: found.path }, 'pulled out'),
    );
    this.#presence.on('troubles', (troubles) => {
      for (const trouble of troubles) this.#parts.log.info({}, trouble);
    });
    this.#rereadLater();
  }

  /** A bound line is opened where its binding says; undefined: nobody has bound it. */
  readonly openBound = (
    line: Line,
    address: PortAddress,
    signal?: AbortSignal,
  ): Promise<OpenResult> | undefined =>
    this.#bindings.bindingOf(line.row.id) && this.#open(line, address, signal);

  async #open(line: Line, address: PortAddress, signal?: AbortSignal): Promise<OpenResult> {
    await this.#presence.look();
    const match = this.#matches().get(line.row.id);
    switch (match?.is) {
      case 'there':
        return openFound(match.found, line.model, address, this.#parts.hid)(signal);
      case 'ambiguous':
        return { ok: false, trouble: { kind: 'ambiguous', detail: match.why.en } };
      case 'missing':
      case undefined:
        return {
          ok: false,
          trouble: { kind: 'missing', detail: match?.why.en ?? 'it is not bound any more' },
        };
    }
  }

  /** What a technician has settled for a device; a binding is its line's. */
  readonly settled = (id: string): Settled => {
    const binding = this.#bindings.bindingOf(id);
    const { note, keyMap } = this.#bindings.settingsOf(id) ?? {};
    return {
      ...(binding && {
        bound: {
          path: this.#whereIs(id) ?? binding.identity.path,
          describe: describe(binding.identity),
          boundAt: binding.boundAt,
        },
      }),
      ...(note !== undefined && { note }),
      ...(keyMap && { keyMap }),
    };
  };

  /** Everything that is plugged in, looked at now. */
  async list(): Promise<{ found: FoundView[]; troubles: string[] }> {
    await this.#presence.look();
    const holders = this.#holders();
    return {
      found: this.#presence.found.map((found) => viewOf(found, holders.get(found.key) ?? null)),
      troubles: [...this.#presence.troubles],
    };
  }

  /** Binds a line to something that is plugged in. Throws `not-found`, `not-suitable` or `port-taken`. */
  async bind(line: string, key: string): Promise<void> {
    await this.#presence.look();
    const found = this.#presence.found.find((each) => each.key === key);
    if (!found) throw new HallError('not-found', 'It is not plugged in any more.');
    await this.#bindTo(line, found);
  }

  async #bindTo(line: string, found: Found): Promise<void> {
    const { model } = this.#lineOf(line);
    if (!candidates(found, [model]).length)
      throw new HallError('not-suitable', `${describe(found)} cannot be a ${model.name.en}.`);
    const holder = this.#holders().get(found.key);
    if (holder !== undefined && holder !== line)
      throw new HallError('port-taken', `${describe(found)} is ${holder} already; unbind that one first.`, {
        device: holder,
      });
    const identity = identityOf(found);
    if (!identity)
      throw new HallError('not-suitable', 'It was plugged in a moment ago; try again in five seconds.');
    await this.#bindings.bind(line, identity);
    this.#opened(line);
  }

  async unbind(line: string): Promise<void> {
    if (await this.#bindings.unbind(line)) this.#opened(line);
  }

  async set(
    id: string,
    settings: { note?: string | null; keyMap?: Record<string, RatingLevel> | null },
  ): Promise<void> {
    await this.#bindings.setSettings(id, settings);
    this.emit('changed');
  }

  /**
   * Listens on everything that is plugged in and has no device, and binds the line to the one on which a key is pressed
   * (or a card laid, or a code read) within `seconds`. One at a time: throws `already-listening`.
   */
  async bindByKey(
    line: string,
    seconds: number,
  ): Promise<
    | { bound: FoundView }
    | { bound: null; why: 'nothing-pressed' | 'no-free-port' | 'stopped'; troubles: string[] }
  > {
    if (this.#listening) throw new HallError('already-listening', 'Another device is waiting for its key.');
    const { model, row } = this.#lineOf(line);
    const stop = new AbortController();
    this.#listening = stop;
    let heard: ListenResult;
    try {
      await this.#presence.look();
      const holders = this.#holders();
      const { clock, random } = this.#parts;
      heard = await listenForKey({
        found: this.#presence.found.filter(({ key }) => !holders.has(key)),
        attempts: (found) => attemptsFor(row, model, found, this.#parts),
        clock,
        random,
        seconds,
        signal: stop.signal,
      });
    } finally {
      this.#listening = null;
    }
    if (!heard.heard) return { bound: null, why: heard.why, troubles: heard.troubles };
    await this.#bindTo(line, heard.heard.found);
    return { bound: viewOf(heard.heard.found, line) };
  }

  stopListening(): void {
    this.#listening?.abort();
  }

  /** May be called again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.stopListening();
    this.#cancelReread?.();
    this.#presence.close();
    this.removeAllListeners();
  }

  #lineOf(id: string): Line {
    const line = this.#devices?.lines().find(({ row }) => row.id === id);
    if (!line) throw new HallError('not-found', `There is no device ${id} in the configuration.`);
    return line;
  }

  #opened(line: string): void {
    this.#matched = null;
    this.#devices?.openAgain(line);
    this.emit('changed');
  }

  #rereadLater(): void {
    this.#cancelReread = this.#parts.clock.after(REREAD_MS, () => {
      const before = new Map(this.#bindings.bindings.map(({ device, boundAt }) => [device, boundAt]));
      void this.#bindings.changed().then((changed) => {
        if (this.#closed) return;
        if (changed) {
          this.#matched = null;
          const after = new Map(this.#bindings.bindings.map(({ device, boundAt }) => [device, boundAt]));
          for (const device of new Set([...before.keys(), ...after.keys()]))
            if (before.get(device) !== after.get(device)) this.#devices?.openAgain(device);
          this.emit('changed');
        }
        this.#rereadLater();
      });
    });
  }

  #matches(): Map<string, Match> {
    return (this.#matched ??= matchAll(
      this.#bindings.bindings.map(({ device, identity }) => ({ device, identity })),
      this.#presence.found,
    ));
  }

  #whereIs(line: string): string | undefined {
    const match = this.#matches().get(line);
    return match?.is === 'there' ? match.found.path : undefined;
  }

  /** found key → the line that has it, by its binding or by the port of the configuration. */
  #holders(): Map<string, string> {
    const holders = new Map<string, string>();
    const matches = this.#matches();
    for (const { row, model } of this.#devices?.lines() ?? []) {
      const match = matches.get(row.id);
      if (match?.is === 'there') holders.set(match.found.key, row.id);
      if (match) continue;
      const port = parsePort(row.port);
      const found =
        port.ok && this.#presence.found.find((each) => isAt(each, port.address, model.fingerprints[0]));
      if (found) holders.set(found.key, row.id);
    }
    return holders;
  }
}

function viewOf(found: Found, usedBy: string | null): FoundView {
  const { key, kind, path, vendorId, productId, serialNumber, location } = found;
  return {
    key,
    kind,
    path,
    describe: describe(found),
    ...(vendorId !== undefined && { vendorId }),
    ...(productId !== undefined && { productId }),
    ...(serialNumber !== undefined && { serialNumber }),
    ...(location !== undefined && { location }),
    takenFor: candidates(found, MODELS).flatMap(({ model, why }) => {
      const row = modelOf(model);
      return row ? [{ model, name: row.name, why }] : [];
    }),
    usedBy,
  };
}
