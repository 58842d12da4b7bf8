/** What a page makes an old PC load: its script, compressed, as the build of the screens has it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../kiosk-agent/box/screens.ts';
import { ROOT } from '../harness/programs.ts';

/** Kilobytes of 1000 bytes. */
const LIMIT_KB = 200;
/** They draw charts and stand on a supervisor's desk; everything else runs on what a hall has. */
const HEAVY = ['manager/', 'far-end.html'];

type Chunk = { file: string; isEntry?: boolean; imports?: string[]; dynamicImports?: string[] };
type Manifest = Record<string, Chunk>;

const dist = screensFolder(ROOT);
let manifest: Manifest;
beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  manifest = JSON.parse(readFileSync(join(dist, '.vite', 'manifest.json'), 'utf8')) as Manifest;
}, 120_000);

/** Names of the chunks that come with `from`; `later`: also those that it may ask for afterwards. */
function chunksOf(from: string, later: boolean, seen = new Set<string>()): Set<string> {
  if (seen.has(from)) return seen;
  seen.add(from);
  const { imports = [], dynamicImports = [] } = manifest[from] ?? { file: '' };
  for (const one of later ? [...imports, ...dynamicImports] : imports) chunksOf(one, later, seen);
  return seen;
}
function kilobytes(names: Set<string>): number {
  const files = new Set([...names].map((name) => manifest[name]?.file ?? ''));
  const bytes = [...files].filter((file) => file.endsWith('.js')).map((file) => compressed(file));
  return bytes.reduce((sum, one) => sum + one, 0) / 1000;
}
const sizes = new Map<string, number>();
function compressed(file: string): number {
  const size = sizes.get(file) ?? gzipSync(readFileSync(join(dist, file))).length;
  sizes.set(file, size);
  return size;
}
/** The pages' components by the router, as `kiosk/KioskPage.vue`. */
function pages(): string[] {
  const router = readFileSync(join(ROOT, 'display', 'router.ts'), 'utf8');
  return [...new Set([...router.matchAll(/import\('\.\/([^']+\.vue)'\)/g)].map((found) => found[1]!))];
}

test('no page loads more than 200 KB of compressed script, but those with charts', () => {
  const entry = 'index.html';
  expect(manifest[entry]?.isEntry).toBe(true);
  const frame = chunksOf(entry, false);
  const rows = pages().map((page) => {
    expect(manifest[page], `${page} is a chunk of its own`).toBeDefined();
    // The frame may ask for every page, a page only for what is its own.
    const later = chunksOf(page, true, new Set([entry]));
    return {
      page,
      start: kilobytes(new Set([...frame, ...chunksOf(page, false)])),
      whole: kilobytes(new Set([...frame, ...later])),
    };
  });
  expect(rows.length).toBeGreaterThan(6);
  // A page that stands alone is an entry of its own.
  for (const [page, { isEntry }] of Object.entries(manifest))
    if (isEntry && page !== entry)
      rows.push({
        page,
        start: kilobytes(chunksOf(page, false)),
        whole: kilobytes(chunksOf(page, true)),
      });
  console.log(
    ['at its start  with all  page (KB, compressed)']
      .concat(
        rows.map(
          ({ page, start, whole }) =>
            `${start.toFixed(1).padStart(12)}${whole.toFixed(1).padStart(10)}  ${page}`,
        ),
      )
      .join('\n'),
  );
  const tooHeavy = rows.filter(
    ({ page, start }) => start > LIMIT_KB && !HEAVY.some((folder) => page.startsWith(folder)),
  );
  expect(tooHeavy.map(({ page, start }) => `${page}: ${start.toFixed(1)} KB`)).toEqual([]);
});

test('nothing that a page loads comes from the internet: a hall has none', () => {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' });
  const asks = /(?:src|href)="https?:|url\(["']?https?:|@import\s+["']https?:|import\(["'`]https?:/;
  const asking = files
    .filter((file) => /\.(html|css|js)$/.test(file))
    .filter((file) => asks.test(readFileSync(join(dist, file), 'utf8')));
  expect(asking).toEqual([]);
});
