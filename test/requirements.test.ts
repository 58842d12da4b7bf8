/** docs/requirements.md and docs/invariants.md name a test for what they promise: each must exist, and no row may be missing. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = read('docs/requirements.md');
const invariants = read('docs/invariants.md');

/** The rows of a table: its cells, without head and ruler. */
function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
    .filter(([first]) => first !== 'no.' && first !== 'it holds');
}

/** `file` “title” “title” … */
function named(cell: string): { file: string; title: string }[] {
  return [...cell.matchAll(/`(test\/[^`]+\.test\.ts)` “([^”]+)”/g)].map(([, file = '', title = '']) => ({
    file,
    title,
  }));
}

/** Whether the file has a test whose title has these words; a title may be written with values in it. */
function hasTest(file: string, title: string): boolean {
  const escaped = title
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/['’]/g, "(?:\\\\?['’])");
  return new RegExp(String.raw`(?:^|[\s(,])(['"${'`'}])(?:(?!\1).)*${escaped}(?:(?!\1).)*\1\s*,`, 'm').test(
    read(file),
  );
}

const numbersOf = (section: string): number[] =>
  rows(section).flatMap(([numbers = '']) => numbers.split(', ').map(Number));
const [, forms = '', demands = ''] = page.split(/^## .*$/m);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

describe('the table of what the document asks', () => {
  it('has each of its 31 forms of trouble and 55 demands once', () => {
    expect(numbersOf(forms)).toHaveLength(31);
    expect(numbersOf(forms).sort((a, b) => a - b)).toEqual(upTo(31));
    expect(numbersOf(demands).sort((a, b) => a - b)).toEqual(upTo(55));
  });

  it('names a test for what the program does, and says where there is none', () => {
    for (const [numbers, , does = '', shown = ''] of rows(forms + demands)) {
      const tests = named(shown);
      if (tests.length > 0) continue;
      expect(['–', 'no test of its own yet'], `row ${numbers}`).toContain(shown);
      if (shown === '–') expect(does, `row ${numbers}`).toMatch(/[Nn]ot software|nothing the program does/);
    }
  });
});

describe('every test that is named', () => {
  it.each([
    ['requirements', page],
    ['invariants', invariants],
  ])('in docs/%s.md exists, by its file and its title', (_name, text) => {
    const tests = rows(text).flatMap((cells) => named(cells.at(-1) ?? ''));
    expect(tests.length).toBeGreaterThan(30);
    const missing = tests.filter(({ file, title }) => !existsSync(join(root, file)) || !hasTest(file, title));
    expect(missing).toEqual([]);
  });
});

it('every invariant has a test', () => {
  for (const [promise, shown = ''] of rows(invariants)) expect(named(shown), promise).not.toEqual([]);
});
