/** Staff numbers with their PINs (scrypt), and bearer tokens (SHA-256): two small documents in the state folder. */
import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Low } from 'lowdb';
import { JSONFile } from 'lowdb/node';
import { z } from 'zod';
import type { Role } from '../contract/live.ts';
import { HallError } from '../contract/problem.ts';

export const STAFF_ROLES = ['clerk', 'manager', 'technician'] as const;
export const TOKEN_ROLES = [
  'kiosk',
  'window',
  'board',
  'clerk',
  'manager',
  'technician',
  'integrator',
] as const;

const documents = z.object({
  staff: z.array(z.object({ staff: z.string(), role: z.enum(STAFF_ROLES), pin: z.string() })),
  tokens: z.array(z.object({ hash: z.string(), role: z.enum(TOKEN_ROLES), created: z.string() })),
});
type Documents = z.infer<typeof documents>;

/** OWASP's floor for scrypt; about 60 ms and 32 MB a check on a small PC. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
/** After so many wrong PINs a staff number waits 15 s, and twice as long after each further one, at most 30 min. */
const FREE_ATTEMPTS = 5;

/** Who may come in. Reads the file again when another process (`hall token create`) has changed it. */
export class Register {
  readonly #file: string;
  #documents: Documents = { staff: [], tokens: [] };
  #changed = -1;
  readonly #wrong = new Map<string, { count: number; until: number }>();

  constructor(stateFolder: string) {
    this.#file = join(stateFolder, 'access.json');
  }

  /** Makes a bearer token for a role; only its hash is kept. */
  async createToken(role: (typeof TOKEN_ROLES)[number], now: Date): Promise<string> {
    const token = randomBytes(24).toString('base64url');
    await this.#update((all) => all.tokens.push({ hash: sha256(token), role, created: now.toISOString() }));
    return token;
  }

  /** Sets a staff number's PIN, 4 … 12 digits. Throws HallError bad-request. */
  async setPin(staff: string, role: (typeof STAFF_ROLES)[number], pin: string): Promise<void> {
    if (!/^[0-9A-Za-z-]{1,16}$/.test(staff))
      throw new HallError('bad-request', `staff number ${staff}: 1 to 16 letters and digits`);
    if (!/^\d{4,12}$/.test(pin)) throw new HallError('bad-request', 'a PIN is 4 to 12 digits');
    const kept = await hashPin(pin, randomBytes(16));
    await this.#update((all) => {
      all.staff = [...all.staff.filter((each) => each.staff !== staff), { staff, role, pin: kept }];
    });
  }

  /** The role of a bearer token, or null. */
  async roleOfToken(token: string): Promise<Role | null> {
    await this.#refresh();
    const hash = Buffer.from(sha256(token));
    return this.#documents.tokens.find((each) => timingSafeEqual(Buffer.from(each.hash), hash))?.role ?? null;
  }

  /** The role of a staff number with this PIN. Throws HallError wrong-pin, too-many-attempts (facts: secondsLeft). */
  async signIn(staff: string, pin: string, now: Date): Promise<(typeof STAFF_ROLES)[number]> {
    const wrong = this.#wrong.get(staff) ?? { count: 0, until: 0 };
    const secondsLeft = Math.ceil((wrong.until - now.getTime()) / 1000);
    if (secondsLeft > 0)
      throw new HallError('too-many-attempts', `Too many wrong PINs; try again in ${secondsLeft} s.`, {
        secondsLeft,
      });
    await this.#refresh();
    const known = this.#documents.staff.find((each) => each.staff === staff);
    // An unknown number costs the same time, so that numbers cannot be found out.
    const good = await pinIs(pin, known?.pin ?? (await nobody()));
    if (known && good) {
      this.#wrong.delete(staff);
      return known.role;
    }
    const count = wrong.count + 1;
    const waitS = count < FREE_ATTEMPTS ? 0 : Math.min(1800, 15 * 2 ** (count - FREE_ATTEMPTS));
    if (this.#wrong.size > 1000) this.#wrong.clear();
    this.#wrong.set(staff, { count, until: now.getTime() + waitS * 1000 });
    throw new HallError('wrong-pin', 'Staff number or PIN is wrong.');
  }

  /** Whether this staff number is still known with this role; a session ends when it is not. */
  async knows(staff: string, role: Role): Promise<boolean> {
    await this.#refresh();
    return this.#documents.staff.some((each) => each.staff === staff && each.role === role);
  }

  async #refresh(): Promise<void> {
    const changed = await stat(this.#file).then(
      (found) => found.mtimeMs,
      () => -1,
    );
    if (changed === this.#changed) return;
    this.#documents = (await this.#open()).data;
    this.#changed = changed;
  }

  async #open() {
    const file = new Low(new JSONFile<Documents>(this.#file), { staff: [], tokens: [] });
    await file.read();
    const parsed = documents.safeParse(file.data);
    if (!parsed.success)
      throw new HallError(
        'internal',
        `${this.#file} is damaged: ${parsed.error.issues[0]?.message}. Put it aside and set PINs and tokens again.`,
      );
    return file;
  }

  async #update(change: (all: Documents) => void): Promise<void> {
    await mkdir(join(this.#file, '..'), { recursive: true });
    const file = await this.#open();
    await file.update(change);
    await chmod(this.#file, 0o600);
    this.#changed = -1;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function hashPin(pin: string, salt: Buffer): Promise<string> {
  return `scrypt$${SCRYPT.N}$${SCRYPT.r}$${SCRYPT.p}$${salt.toString('base64url')}$${(await derive(pin, salt, SCRYPT)).toString('base64url')}`;
}

async function pinIs(pin: string, kept: string): Promise<boolean> {
  const [, n, r, p, salt = '', hash = ''] = kept.split('$');
  const derived = await derive(pin, Buffer.from(salt, 'base64url'), {
    N: Number(n),
    r: Number(r),
    p: Number(p),
    maxmem: SCRYPT.maxmem,
  });
  const expected = Buffer.from(hash, 'base64url');
  return derived.length === expected.length && timingSafeEqual(derived, expected);
}

function derive(
  pin: string,
  salt: Buffer,
  cost: { N: number; r: number; p: number; maxmem: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    scrypt(pin, salt, 32, cost, (error, key) => (error ? reject(error) : resolve(key))),
  );
}

let nobodysPin: Promise<string> | null = null;
/** A PIN that nobody knows, to compare unknown staff numbers with. */
function nobody(): Promise<string> {
  nobodysPin ??= hashPin(randomBytes(16).toString('hex'), randomBytes(16));
  return nobodysPin;
}
