/** The people of a history: five, known by a hash only, who come again and again. */
import type { PersonRef } from '../../kiosk-agent/contract/words.ts';

const PEOPLE: PersonRef[] = Array.from({ length: 5 }, (_, index) => ({
  hash: index.toString(16).repeat(64),
  year: 2026,
  masked: `990***********00${String(index).padStart(2, '0')}`,
}));

export function person(pick: number): PersonRef {
  return PEOPLE[pick % PEOPLE.length]!;
}

/** Half of the visitors say who they are. */
export function personOrNot(choice: number): { person?: PersonRef } {
  return choice % 2 === 0 ? { person: person(choice >> 1) } : {};
}
