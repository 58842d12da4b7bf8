/**
 * What a technician has settled on this computer: which device is which plugged-in thing, what its keys mean, his
 * remarks. One small document in the state folder; `hall devices` may write it beside a running agent.
 */
import { mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Low } from 'lowdb';
import { JSONFile } from 'lowdb/node';
import { z } from 'zod';
import { ratingLevel, type RatingLevel } from '../contract/events.ts';
import { HallError } from '../contract/problem.ts';
import { isSame, type Identity } from './fingerprint.ts';

/** The document's name in the state folder. */
export const BINDINGS_FILE = 'bindings.json';

const text = z.string().max(1024);
const hex4 = z.string().regex(/^[0-9a-f]{4}$/);
const identity = z.object({
  kind: z.enum(['serial', 'hid', 'file']),
  path: text.min(1),
  vendorId: hex4.exactOptional(),
  productId: hex4.exactOptional(),
  interface: z.int().min(0).max(255).exactOptional(),
  serialNumber: text.exactOptional(),
  manufacturer: text.exactOptional(),
  product: text.exactOptional(),
  usagePage: z.int().min(0).max(0xffff).exactOptional(),
  usage: z.int().min(0).max(0xffff).exactOptional(),
  location: text.exactOptional(),
}) satisfies z.ZodType<Identity>;
const documents = z.object({
  bindings: z.array(z.object({ device: text.min(1), identity, boundAt: z.iso.datetime() })),
  settings: z.array(
    z.object({
      device: text.min(1),
      note: text.exactOptional(),
      keyMap: z.record(text, ratingLevel).exactOptional(),
    }),
  ),
});
type Documents = z.infer<typeof documents>;

export type Binding = { device: string; identity: Identity; boundAt: string };
export type DeviceSettings = { device: string; note?: string; keyMap?: Record<string, RatingLevel> };
/** What is changed in a device's settings; null takes a field away, a field that is left out stays. */
export type SettingsChange = { note?: string | null; keyMap?: Record<string, RatingLevel> | null };

export type BindingsParts = {
  now: () => Date;
  /** what a technician must hear of: a damaged file was set aside */
  say: (sentence: string) => void;
};

/** Opens the document at `file`; there need not be one yet. A damaged one is set aside under another name, and said. */
export async function openBindings(file: string, parts: BindingsParts): Promise<Bindings> {
  const bindings = new Bindings(file, parts);
  await bindings.changed();
  return bindings;
}

export class Bindings {
  readonly file: string;
  readonly #parts: BindingsParts;
  #documents: Documents = empty();
  /** of the file that was read last */
  #stamp = 'none';
  #turn: Promise<unknown> = Promise.resolve();

  /** Use {@link openBindings}. */
  constructor(file: string, parts: BindingsParts) {
    this.file = file;
    this.#parts = parts;
  }

  get bindings(): readonly Binding[] {
    return this.#documents.bindings;
  }
  get settings(): readonly DeviceSettings[] {
    return this.#documents.settings;
  }
  bindingOf(device: string): Binding | undefined {
    return this.#documents.bindings.find((each) => each.device === device);
  }
  settingsOf(device: string): DeviceSettings | undefined {
    return this.#documents.settings.find((each) => each.device === device);
  }

  /**
   * Binds a device, instead of to what it was bound to. One thing is one device: `unbound` names those that lost it.
   * Rejects when the file cannot be written; then nothing has changed.
   */
  bind(device: string, identity: Identity): Promise<{ unbound: string[] }> {
    return this.#update((all) => {
      const unbound = all.bindings
        .filter((each) => each.device !== device && isSame(each.identity, identity))
        .map((each) => each.device);
      all.bindings = [
        ...all.bindings.filter((each) => each.device !== device && !unbound.includes(each.device)),
        { device, identity: structuredClone(identity), boundAt: this.#parts.now().toISOString() },
      ];
      return { unbound };
    });
  }

  /** Answers whether it was bound. */
  unbind(device: string): Promise<boolean> {
    return this.#update((all) => {
      const before = all.bindings.length;
      all.bindings = all.bindings.filter((each) => each.device !== device);
      return all.bindings.length < before;
    });
  }

  setSettings(device: string, change: SettingsChange): Promise<void> {
    return this.#update((all) => {
      const before = all.settings.find((each) => each.device === device);
      const note = change.note === undefined ? before?.note : change.note;
      const keyMap = change.keyMap === undefined ? before?.keyMap : change.keyMap;
      const kept = {
        ...(note != null && note !== '' && { note }),
        ...(keyMap != null && { keyMap }),
      };
      all.settings = [
        ...all.settings.filter((each) => each.device !== device),
        ...(Object.keys(kept).length > 0 ? [{ device, ...kept }] : []),
      ];
    });
  }

  /** Reads the file again when another process has written it; answers whether it says something else now. Never rejects. */
  changed(): Promise<boolean> {
    return this.#inTurn(async () => {
      if ((await stampOf(this.file)) === this.#stamp) return false;
      const before = this.#documents;
      const damage = await this.#read();
      if (damage !== null)
        await locked(this.file, () => this.#setAside(damage)).catch((error: unknown) =>
          this.#parts.say(`${this.file} is damaged (${damage}) and cannot be set aside: ${sentence(error)}`),
        );
      return !isDeepStrictEqual(before, this.#documents);
    });
  }

  #update<T>(change: (all: Documents) => T): Promise<T> {
    return this.#inTurn(async () => {
      await mkdir(dirname(this.file), { recursive: true });
      return locked(this.file, async () => {
        const damage = (await stampOf(this.file)) === this.#stamp ? null : await this.#read();
        if (damage !== null) await this.#setAside(damage);
        const next = structuredClone(this.#documents);
        const answer = change(next);
        await this.#write(next);
        return answer;
      });
    });
  }

  async #write(next: Documents): Promise<void> {
    await new Low(new JSONFile<Documents>(this.file), next).write();
    this.#documents = next;
    this.#stamp = await stampOf(this.file);
  }

  /** Answers what is damaged, null for nothing. What may not be read leaves what was known, and is said. */
  async #read(): Promise<string | null> {
    this.#stamp = await stampOf(this.file);
    const document = new Low<unknown>(new JSONFile<unknown>(this.file), empty());
    try {
      await document.read();
    } catch (error) {
      if (error instanceof SyntaxError) return error.message;
      this.#parts.say(`${this.file} cannot be read: ${sentence(error)}. What was bound before stays bound.`);
      return null;
    }
    // No file, and a document that is only `null`, leave the empty one.
    const checked = documents.safeParse(document.data);
    if (!checked.success) return z.prettifyError(checked.error).replace(/\s+/g, ' ');
    this.#documents = checked.data;
    return null;
  }

  /** Under the lock. What is still known from before is written anew. */
  async #setAside(damage: string): Promise<void> {
    // Another process may have done it while the lock was waited for.
    if ((await stampOf(this.file)) !== this.#stamp) {
      await this.#read();
      return;
    }
    const aside = `${this.file}.damaged-${this.#parts.now().toISOString().replace(/[:.]/g, '-')}`;
    await rename(this.file, aside);
    await this.#write(this.#documents);
    this.#parts.say(
      `${this.file} was damaged (${damage}) and is kept as ${aside}. ${this.#documents.bindings.length} bindings are known from before; bind devices that have lost theirs.`,
    );
  }

  /** One after another: two changes at once must not overwrite each other. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(task);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function empty(): Documents {
  return { bindings: [], settings: [] };
}

/** Changes with every writing: a new file takes the old one's place. */
async function stampOf(file: string): Promise<string> {
  try {
    const { ino, mtimeMs, size } = await stat(file);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return 'none';
  }
}

const LOCK_TRIES = 200;
const LOCK_EVERY_MS = 20;
/** A change takes milliseconds: a lock this old was left behind by a process that died. */
const LOCK_LEFT_MS = 10_000;

/** Holds FILE.lock while `task` runs, so that the command and the agent do not overwrite each other's change. */
async function locked<T>(file: string, task: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  for (let tries = 0; ; tries++) {
    try {
      await (await open(lock, 'wx')).close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const age = await stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > LOCK_LEFT_MS) await unlink(lock).catch(() => {});
    else if (tries >= LOCK_TRIES)
      throw new HallError('internal', `${lock} is held by another process; delete it if there is none`);
    else await new Promise((resolve) => setTimeout(resolve, LOCK_EVERY_MS));
  }
  try {
    return await task();
  } finally {
    await unlink(lock).catch(() => {});
  }
}
