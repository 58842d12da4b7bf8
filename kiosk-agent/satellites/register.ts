/** Which satellites are let in: `<state>/satellites.json` (mode 0600), with only a hash of each token. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Low } from 'lowdb';
import { JSONFile } from 'lowdb/node';
import { z } from 'zod';
import { agentId } from '../contract/link.ts';
import { HallError } from '../contract/problem.ts';

const document = z.object({
  satellites: z.array(
    z.object({ agent: agentId, hash: z.string().regex(/^[0-9a-f]{64}$/), created: z.string() }),
  ),
});
type Document = z.infer<typeof document>;
export type RegisteredSatellite = Document['satellites'][number];

/** Reads the file again when another process (`hall satellite add`) has changed it. */
export class SatelliteRegister {
  readonly #file: string;
  #known: RegisteredSatellite[] = [];
  #changed = -1;

  constructor(stateFolder: string) {
    this.#file = join(stateFolder, 'satellites.json');
  }

  /** Lets an agent in, or gives it a new token: the old one ends. Throws HallError bad-request for a name that cannot be one. */
  async add(agent: string, now: Date): Promise<string> {
    if (!agentId.safeParse(agent).success)
      throw new HallError(
        'bad-request',
        `satellite ${agent}: small letters, digits and hyphens, at most 63, as agent.id in its configuration`,
      );
    // 256 bits of chance: a slow hash would add nothing.
    const token = randomBytes(32).toString('base64url');
    await this.#update((all) => [
      ...all.filter((each) => each.agent !== agent),
      { agent, hash: sha256(token), created: now.toISOString() },
    ]);
    return token;
  }

  /** Ends an agent's token; false when there was none. */
  async remove(agent: string): Promise<boolean> {
    const known = (await this.all()).some((each) => each.agent === agent);
    if (known) await this.#update((all) => all.filter((each) => each.agent !== agent));
    return known;
  }

  async all(): Promise<RegisteredSatellite[]> {
    const changed = await stat(this.#file).then(
      (found) => found.mtimeMs,
      () => -1,
    );
    if (changed !== this.#changed) {
      this.#known = (await this.#open()).data.satellites;
      this.#changed = changed;
    }
    return this.#known;
  }

  /** The agent that has this token, or null. */
  async agentOf(token: string): Promise<string | null> {
    const hash = Buffer.from(sha256(token));
    return (await this.all()).find((each) => timingSafeEqual(Buffer.from(each.hash), hash))?.agent ?? null;
  }

  async #open() {
    const file = new Low(new JSONFile<Document>(this.#file), { satellites: [] });
    await file.read();
    const parsed = document.safeParse(file.data);
    if (!parsed.success)
      throw new HallError(
        'internal',
        `${this.#file} is damaged: ${parsed.error.issues[0]?.message}. Put it aside and add the satellites again.`,
      );
    return file;
  }

  async #update(change: (all: RegisteredSatellite[]) => RegisteredSatellite[]): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true });
    const file = await this.#open();
    await file.update((data) => (data.satellites = change(data.satellites)));
    await chmod(this.#file, 0o600);
    this.#changed = -1;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
