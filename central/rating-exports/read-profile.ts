/** Reads a profile: the file, what it extends, and what is wrong with either, with file, line and path. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { profileSchema, type Profile } from './profile.ts';

const SHIPPED = fileURLToPath(new URL('./profiles/', import.meta.url));
export const SHIPPED_PROFILES = ['generic', 'zhejiang', 'fujian', 'anhui'] as const;
const MOST_LEVELS = 5;

export type Fault = { file: string; line: number | null; path: string; say: string };
type Source = { file: string; document: Document; lines: LineCounter };
/** `lineOf` finds where a path stands: in the file itself, else in what it extends. */
export type ReadProfile = {
  file: string;
  profile: Profile;
  at(path: readonly PropertyKey[]): Pick<Fault, 'file' | 'line'>;
};

/** The profile of a shipped name or of a file, looked for in `folder`. */
export function readProfile(
  nameOrFile: string,
  folder: string,
): { ok: true; read: ReadProfile } | { ok: false; faults: Fault[] } {
  const sources: Source[] = [];
  let value: unknown = {};
  let next: { what: string; folder: string } | null = { what: nameOrFile, folder };
  while (next) {
    const file = fileOf(next.what, next.folder);
    if (sources.some((source) => source.file === file) || sources.length === MOST_LEVELS)
      return {
        ok: false,
        faults: [{ file, line: null, path: 'extends', say: 'the profiles extend each other' }],
      };
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      return { ok: false, faults: [{ file, line: null, path: 'file', say: (error as Error).message }] };
    }
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines });
    if (document.errors.length > 0)
      return {
        ok: false,
        faults: document.errors.map(({ message, pos }) => ({
          ...{ file, line: lines.linePos(pos[0]).line, path: 'file' },
          say: message.split('\n')[0] ?? message,
        })),
      };
    sources.push({ file, document, lines });
    const own = (document.toJS() ?? {}) as unknown;
    value = over(value, own);
    const base = isMap(own) ? own.extends : undefined;
    next = typeof base === 'string' ? { what: base, folder: dirname(file) } : null;
  }
  const at: ReadProfile['at'] = (path) => {
    // The deepest place that any of the files names; of equal ones that of the file itself.
    for (let length = path.length; length > 0; length -= 1)
      for (const { file, document, lines } of sources) {
        const node = document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range) return { file, line: lines.linePos(node.range[0]).line };
      }
    return { file: sources[0]!.file, line: 1 };
  };
  const checked = profileSchema.safeParse(value);
  if (checked.success) return { ok: true, read: { file: sources[0]!.file, profile: checked.data, at } };
  return {
    ok: false,
    faults: checked.error.issues.map((issue) => ({
      ...at(issue.path),
      path: issue.path.join('.') || 'file',
      say: issue.message,
    })),
  };
}

/** `file:line: path: sentence` */
export function faultLine({ file, line, path, say }: Fault): string {
  return `${file}${line === null ? '' : `:${line}`}: ${path}: ${say}`;
}

function fileOf(what: string, folder: string): string {
  const shipped = join(SHIPPED, `${what}.yaml`);
  return /^[a-z]+$/.test(what) && existsSync(shipped) ? shipped : resolve(folder, what);
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * `own` over `base`: maps are joined, everything else is replaced. What is chosen between (a value, a transport, a rule) is
 * replaced whole, so that no half of the one is left in the other.
 */
function over(own: unknown, base: unknown, path: string[] = []): unknown {
  if (!isMap(own) || !isMap(base) || isWhole(path)) return own;
  const joined: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(own))
    joined[key] = key in base ? over(value, base[key], [...path, key]) : value;
  return joined;
}

function isWhole(path: string[]): boolean {
  const [room, , part] = path;
  if (room === 'transport' || room === 'defaultRule') return path.length === 1;
  if (room === 'levels' || room === 'channels') return path.length === 2;
  return room === 'fields' && (part === 'value' || part === 'required');
}
