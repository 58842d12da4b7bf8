/** A small document in the state folder: read once, written whole and renamed into place, so that half of one is never read. */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';

export class KeptFile<T> {
  readonly #file: string;
  #value: T;
  #turn: Promise<unknown> = Promise.resolve();

  /** Use {@link openKept}. */
  constructor(file: string, value: T) {
    this.#file = file;
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  /** The new value counts at once; resolves when it is on disk, rejects with the file system's error. */
  set(value: T): Promise<void> {
    this.#value = value;
    const written = this.#turn.then(() => writeWhole(this.#file, JSON.stringify(value)));
    this.#turn = written.catch(() => undefined);
    return written;
  }

  /** Waits for what is being written. May be called twice. */
  async close(): Promise<void> {
    await this.#turn;
  }
}

/** Opens the document at `file`; `empty` where there is none, or where it cannot be read (then `say` hears why). */
export async function openKept<T>(
  file: string,
  schema: z.ZodType<T>,
  empty: T,
  say: (why: string) => void,
): Promise<KeptFile<T>> {
  let text: string | null = null;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') say(`${file}: ${(error as Error).message}`);
  }
  if (text === null) return new KeptFile(file, empty);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return new KeptFile(file, parsed.data);
  say(`${file} is damaged and not used: ${parsed.error.issues[0]?.message ?? 'not JSON'}`);
  return new KeptFile(file, empty);
}

async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const half = `${file}.half`;
  const handle = await open(half, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(half, file);
}
