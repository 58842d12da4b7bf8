/** Typing Chinese by its sound: letters become candidates, one choice one character. Pure; the table comes from a library. */

/** syllable → its characters, the most usual first */
export type Syllables = ReadonlyMap<string, readonly string[]>;
/** `letters`: typed and not yet chosen for */
export type Composing = { letters: string };
export type Candidates = {
  /** the letters that a choice uses up */ used: string;
  characters: readonly string[];
};

/** The table of a layout of simple-keyboard-layouts: characters are separated by blanks. */
export function syllablesOf(layoutCandidates: Readonly<Record<string, string>>): Syllables {
  return new Map(
    Object.entries(layoutCandidates).map(([syllable, characters]) => [syllable, characters.split(' ')]),
  );
}

/**
 * What the first letters may mean: the characters of the longest syllable that they begin with; where they are only the
 * beginning of syllables, those of all of them, shortest syllable first. None for letters that begin no syllable.
 */
export function candidatesFor(letters: string, syllables: Syllables): Candidates {
  const longest = Math.min(letters.length, 6);
  const begun = letters.slice(0, longest);
  if (letters.length <= longest && !syllables.has(begun)) {
    const coming = [...syllables.keys()]
      .filter((syllable) => syllable.startsWith(begun))
      .sort((a, b) => a.length - b.length);
    if (coming.length > 0 && letters !== '')
      return { used: letters, characters: mixed(coming.map((syllable) => syllables.get(syllable) ?? [])) };
  }
  for (let length = longest; length > 0; length--) {
    const used = letters.slice(0, length);
    const characters = syllables.get(used);
    if (characters) return { used, characters };
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
