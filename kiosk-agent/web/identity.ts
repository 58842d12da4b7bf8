/** `/identity`: who stands at the kiosk, for two minutes, behind a one-time key. The number itself is never kept, logged or told. */
import { randomBytes } from 'node:crypto';
import { Router } from 'express';
import { z } from 'zod';
import { sha256Hex, type PersonRef } from '../contract/events.ts';
import { HallError } from '../contract/problem.ts';
import { personRef } from '../contract/words.ts';
import type { Clock } from '../executor.ts';
import type { Access } from './access.ts';
import type { AgentParts } from './parts.ts';
import { body } from './problems.ts';

/** A visitor at the kiosk: by this year's key, and the hashes by this year's and last year's. */
export type Identified = { person: PersonRef; hashes: string[] };
type Kept = Identified & { issuedMs: number; tap: string | null };

const GOOD_FOR_MS = 120_000;
const MOST_KEPT = 100;

/** One-time keys for visitors who showed a card or typed a number. In memory only: a restart forgets everybody. */
export class IdentityDesk {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A fresh key, 22 characters; good for two minutes. Of more than 100 the oldest is forgotten. */
  issue(person: PersonRef, hashes: readonly string[]): string {
    this.#forgetOld();
    const key = randomBytes(16).toString('base64url');
    this.#kept.set(key, { person, hashes: [...hashes], issuedMs: this.#clock().getTime(), tap: null });
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size > MOST_KEPT) this.#kept.delete(oldest);
    return key;
  }

  /** Who it is, as often as asked within the time; null for an unknown or old key. */
  look(key: string): Identified | null {
    this.#forgetOld();
    const kept = this.#kept.get(key);
    return kept ? { person: kept.person, hashes: [...kept.hashes] } : null;
  }

  /**
   * Who it is, for a ticket: once. The same `tap` (its idempotency key) again gets the same answer, another one null.
   */
  use(key: string, tap = ''): Identified | null {
    const found = this.look(key);
    const kept = this.#kept.get(key);
    if (!found || !kept || (kept.tap !== null && (tap === '' || kept.tap !== tap))) return null;
    kept.tap = tap;
    return found;
  }

  /** The ticket was refused: the key is good for another try. */
  giveBack(key: string, tap = ''): void {
    const kept = this.#kept.get(key);
    if (kept?.tap === tap) kept.tap = null;
  }

  /** The visitor has left. An unknown key is nothing. */
  forget(key: string): void {
    this.#kept.delete(key);
  }

  #forgetOld(): void {
    const now = this.#clock().getTime();
    for (const [key, { issuedMs }] of this.#kept)
      // A clock that was set back makes nobody stay longer.
      if (now < issuedMs || now - issuedMs > GOOD_FOR_MS) this.#kept.delete(key);
  }
}

const typed = z.strictObject({ number: z.string().max(32) });
const lent = z.strictObject({ person: personRef, hashes: z.array(sha256Hex).min(1).max(2) });
const nothing = z.strictObject({});

export function identityRoutes(parts: Pick<AgentParts, 'identity'>, access: Access): Router {
  const router = Router();
  const { desk, know } = parts.identity;

  router.post('/', access.allow('kiosk'), (request, response) => {
    const { number } = body(typed, request.body);
    const known = know(number);
    if (!known.ok) throw new HallError('bad-request', `number: ${known.why}`, { field: 'number' });
    const { person, hashes } = known;
    response
      .set('cache-control', 'no-store')
      .status(201)
      .json({ idCard: desk.issue(person, hashes), masked: person.masked });
  });

  /** A visitor whom a satellite's own reader has read, for calls that know persons only by this desk's keys. */
  router.post('/lent', access.allow('kiosk'), (request, response) => {
    if (request.caller?.agent === undefined)
      throw new HallError('not-allowed', 'Only a satellite says itself who its visitor is.');
    const { person, hashes } = body(lent, request.body);
    response
      .set('cache-control', 'no-store')
      .status(201)
      .json({ idCard: desk.issue(person, hashes) });
  });

  router.delete('/:key', access.allow('kiosk'), (request, response) => {
    body(nothing, request.body);
    desk.forget(String(request.params['key']));
    response.status(204).end();
  });
  return router;
}
