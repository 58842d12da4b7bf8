/**
 * What only the visitor of a visit can have: the key on the ticket's paper, the address for the reason of a rating, the code of
 * an opinion. All are made from
 * the agent's key and kept nowhere; the same question gives the same answer, also after a restart.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Without letters and digits that are taken for one another. */
const CODE_LETTERS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const CODE_LENGTH = 6;
const MAC_HEX = 20;

export type VisitorSecrets = {
  /** SESSION-MAC: what stands behind /r/ */
  reasonToken(session: number): string;
  /** the session that a token is for; null for one that was not made here */
  sessionOf(token: string): number | null;
  /** what stands behind /t/ on a ticket's paper: its id is seen by every screen, this only by who holds the paper */
  ticketKey(ticketId: string): string;
  /** the code for an opinion, by the key with which it was filed */
  opinionCode(idempotencyKey: string): string;
};

/** `key`: 32 bytes, secret. */
export function visitorSecrets(key: Buffer): VisitorSecrets {
  const mac = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const reasonToken = (session: number): string =>
    `${session}-${mac(`reason:${session}`).toString('hex').slice(0, MAC_HEX)}`;
  return {
    reasonToken,
    sessionOf(token) {
      const session = Number(/^([1-9]\d{0,9})-[0-9a-f]{20}$/.exec(token)?.[1] ?? 0);
      const own = Buffer.from(reasonToken(session));
      const given = Buffer.from(token);
      return session > 0 && own.length === given.length && timingSafeEqual(own, given) ? session : null;
    },
    ticketKey: (ticketId) => `t${mac(`ticket:${ticketId}`).toString('hex').slice(0, MAC_HEX)}`,
    opinionCode: (idempotencyKey) =>
      [...mac(`opinion:${idempotencyKey}`).subarray(0, CODE_LENGTH)]
        .map((byte) => CODE_LETTERS[byte % CODE_LETTERS.length])
        .join(''),
  };
}

/** What the log keeps of a code: SHA-256 in hex, of its capital letters without blanks and hyphens. */
export function codeHash(code: string): string {
  return createHash('sha256').update(code.toUpperCase().replace(/[\s-]/g, '')).digest('hex');
}

/** Compares in a time that does not depend on what is in them. Both 64 hex digits. */
export function sameHash(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'));
}
