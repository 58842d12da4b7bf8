/** The only place where a person's number and name are known in clear, for as long as one call takes. */
import { maskedName, readIdentityCard } from '../codec/identity-card.ts';
import { textOfRead } from '../codec/sdt.ts';
import type { KnowPerson } from '../person-hash.ts';
import type { CardFault, CardRead } from './interfaces.ts';

/**
 * What the hall may know of a card, from the data of a reader's answer. `know` makes masked form and keyed hashes of a number.
 * The strings in between cannot be overwritten in JavaScript: they are reachable by nobody once this has returned.
 */
export function cardReadOf(
  data: Uint8Array,
  know: KnowPerson,
  readAt: Date,
): { ok: true; card: CardRead } | { ok: false; why: CardFault } {
  const text = textOfRead(data);
  const read = text ? readIdentityCard(text) : ({ ok: false, why: 'layout' } as const);
  if (!read.ok) {
    return { ok: false, why: read.why === 'layout' ? 'card-unknown-layout' : 'card-wrong-check-digit' };
  }
  const { kind, number, name, validUntil } = read.card;
  return {
    ok: true,
    card: {
      kind,
      maskedName: maskedName(name),
      ...know(number, readAt),
      validUntil,
      readAt,
    },
  };
}
