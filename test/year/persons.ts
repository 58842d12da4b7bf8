/** Invented people of the year, known by a hash and a masked number of province 99. */
import { createHash } from 'node:crypto';

/** So many live around the hall. */
export const PERSONS = 40_000;

const persons = new Map<number, { hash: string; year: number; masked: string }>();

/** The person of this number. */
export function personOf(number: number): { hash: string; year: number; masked: string } {
  let person = persons.get(number);
  if (!person) {
    const hash = createHash('sha256').update(`person ${number}`).digest('hex');
    person = { hash, year: 2026, masked: `990***********${String(number % 10_000).padStart(4, '0')}` };
    persons.set(number, person);
  }
  return person;
}
