/** Typing Chinese by its sound: letters become candidates, one choice one character. Pure; the table comes from a library. */

/** syllable → its characters, the most usual first */
export type Syllables = ReadonlyMap<string, readonly string[]>;
export type Candidates = {
  /** the letters that a choice uses up */ used: string;
  characters: readonly string[];
};

/** No syllable is longer: zhuang. */
const LONGEST = 6;

/** The table of a layout of simple-keyboard-layouts: characters are separated by blanks. */
export function syllablesOf(layoutCandidates: Readonly<Record<string, string>>): Syllables {
  return new Map(
    Object.entries(layoutCandidates).map(([syllable, characters]) => [syllable, characters.split(' ')]),
  );
}

/**
 * What the first letters may mean: the characters of the longest syllable that they begin with; where letters go on that end no
 * syllable, those of all syllables that they may become. None for letters with which no syllable begins.
 */
export function candidatesFor(letters: string, syllables: Syllables): Candidates {
  for (let length = Math.min(letters.length, LONGEST); length > 0; length--) {
    const used = letters.slice(0, length);
    const exact = syllables.get(used);
    if (exact) return { used, characters: exact };
    const coming = [...syllables.keys()].filter((syllable) => syllable.startsWith(used));
    if (coming.length === 0) continue;
    coming.sort((a, b) => a.length - b.length);
    return { used, characters: mixed(coming.map((syllable) => syllables.get(syllable) ?? [])) };
  }
  return { used: '', characters: [] };
}

/** The letters after one choice. */
export function afterChoice(letters: string, { used }: Candidates): string {
  return letters.slice(used.length);
}

/** The first of each list, then the second of each: the usual characters of every syllable come early. */
function mixed(lists: readonly (readonly string[])[]): string[] {
  const all: string[] = [];
  for (let rank = 0; rank < 3; rank++)
    for (const list of lists) {
      const character = list[rank];
      if (character !== undefined && !all.includes(character)) all.push(character);
    }
  return all;
}
