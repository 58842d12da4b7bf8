/** The arrows of the house (docs/architecture.md): who may import whom. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Room → rooms it may import besides itself. A room is the longest prefix that matches. */
const ARROWS: Record<string, string[]> = {
  'kiosk-agent/contract': [],
  'kiosk-agent/hall': ['kiosk-agent/contract'],
  'kiosk-agent/journal': ['kiosk-agent/contract'],
  'kiosk-agent/paper': ['kiosk-agent/contract'],
  'kiosk-agent/config.ts': ['kiosk-agent/config', 'kiosk-agent/contract'],
  'kiosk-agent/config': ['kiosk-agent/platform', 'kiosk-agent/video.ts', 'kiosk-agent/contract'],
  'kiosk-agent/video.ts': [],
  'kiosk-agent/platform': ['kiosk-agent/hall', 'kiosk-agent/contract'],
  'kiosk-agent/executor.ts': ['kiosk-agent/journal', 'kiosk-agent/hall', 'kiosk-agent/contract'],
  'kiosk-agent/device/codec': ['kiosk-agent/contract'],
  'kiosk-agent/device/transport': ['kiosk-agent/contract'],
  'kiosk-agent/device/driver': [
    'kiosk-agent/device/codec',
    'kiosk-agent/device/transport',
    'kiosk-agent/device',
    'kiosk-agent/contract',
  ],
  'kiosk-agent/device': [
    'kiosk-agent/device/driver',
    'kiosk-agent/device/transport',
    'kiosk-agent/device/codec',
    'kiosk-agent/contract',
  ],
  'kiosk-agent/reactions': [
    'kiosk-agent/config.ts',
    'kiosk-agent/executor.ts',
    'kiosk-agent/device/driver/interfaces.ts',
    'kiosk-agent/paper',
    'kiosk-agent/hall',
    'kiosk-agent/contract',
  ],
  'kiosk-agent/office': [
    'kiosk-agent/config.ts',
    'kiosk-agent/config',
    'kiosk-agent/executor.ts',
    'kiosk-agent/hall',
    'kiosk-agent/contract',
  ],
  'kiosk-agent/link': ['kiosk-agent/executor.ts', 'kiosk-agent/journal', 'kiosk-agent/contract'],
  'kiosk-agent/web': [
    'kiosk-agent/executor.ts',
    'kiosk-agent/journal',
    'kiosk-agent/hall',
    'kiosk-agent/config.ts',
    'kiosk-agent/config',
    'kiosk-agent/video.ts',
    'kiosk-agent/contract',
  ],
  'kiosk-agent/satellites': [
    'kiosk-agent/executor.ts',
    'kiosk-agent/journal',
    'kiosk-agent/hall',
    'kiosk-agent/device/driver/interfaces.ts',
    'kiosk-agent/contract',
  ],
  'kiosk-agent/technician.ts': [
    'kiosk-agent/config.ts',
    'kiosk-agent/executor.ts',
    'kiosk-agent/device',
    'kiosk-agent/device/driver',
    'kiosk-agent/hall',
    'kiosk-agent/reactions',
    'kiosk-agent/web',
    'kiosk-agent/contract',
  ],
  'kiosk-agent/identity.ts': [
    'kiosk-agent/config.ts',
    'kiosk-agent/device',
    'kiosk-agent/device/codec',
    'kiosk-agent/hall',
    'kiosk-agent/contract',
  ],
  'kiosk-agent/satellite/agent.ts': ['kiosk-agent/*'],
  'kiosk-agent/satellite': [
    'kiosk-agent/web',
    'kiosk-agent/reactions',
    'kiosk-agent/link',
    'kiosk-agent/executor.ts',
    'kiosk-agent/config.ts',
    'kiosk-agent/device',
    'kiosk-agent/device/driver',
    'kiosk-agent/paper',
    'kiosk-agent/hall',
    'kiosk-agent/contract',
  ],
  'kiosk-agent/foundation.ts': [
    'kiosk-agent/office',
    'kiosk-agent/config.ts',
    'kiosk-agent/technician.ts',
    'kiosk-agent/link',
    'kiosk-agent/executor.ts',
    'kiosk-agent/journal',
    'kiosk-agent/device',
    'kiosk-agent/device/transport',
    'kiosk-agent/hall',
    'kiosk-agent/contract',
  ],
  'kiosk-agent/agent.ts': ['kiosk-agent/*'],
  'kiosk-agent/box': ['kiosk-agent/*'],
  'kiosk-agent/cli': ['kiosk-agent/*'],
  'kiosk-agent/cli.ts': ['kiosk-agent/*'],
  'kiosk-agent/hall.mjs': ['kiosk-agent/*'],
  'kiosk-agent/node24.mjs': [],
  display: ['kiosk-agent/contract'],
  central: ['kiosk-agent/contract'],
  'firmware-sim': [],
};
/** These see only types of what they import from outside their own room. */
const TYPES_ONLY = ['display'];

type Import = { from: string; to: string; typeOnly: boolean };

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|vue|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => !file.startsWith('display/dist/'));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found: Import[] = [];
  for (const match of text.matchAll(
    /(?:import|export)\s+(type\s)?[^'";]*?from\s+['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]\s*\)|import\s+['"](\.[^'"]+)['"]/g,
  )) {
    const target = match[2] ?? match[3] ?? match[4] ?? '';
    found.push({
      from: file,
      to: relative(root, resolve(root, dirname(file), target))
        .split(sep)
        .join('/'),
      typeOnly: Boolean(match[1]),
    });
  }
  return found;
}

function roomOf(file: string): string {
  const rooms = Object.keys(ARROWS).filter((room) => file === room || file.startsWith(`${room}/`));
  return rooms.sort((a, b) => b.length - a.length)[0] ?? '';
}

function allowed({ from, to, typeOnly }: Import): boolean {
  const room = roomOf(from);
  if (roomOf(to) === room) return true;
  const arrows = ARROWS[room] ?? [];
  const target = arrows.some((arrow) =>
    arrow.endsWith('/*') ? to.startsWith(arrow.slice(0, -1)) : roomOf(to) === arrow || to === arrow,
  );
  return target && (typeOnly || !TYPES_ONLY.includes(room));
}

describe('the arrows of the house', () => {
  const files = ['kiosk-agent', 'display', 'central', 'firmware-sim'].flatMap(sources);
  const imports = files.flatMap(importsOf);

  it('sees the sources and their imports', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(imports.length).toBeGreaterThan(100);
  });

  it('knows the room of every source file', () => {
    expect(files.filter((file) => roomOf(file) === '')).toEqual([]);
  });

  it('lets no room import what does not stand to its right', () => {
    expect(imports.filter((each) => !allowed(each)).map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  it('finds a forbidden arrow, a value imported where only types may be, and a way into the agent from the simulator', () => {
    expect(
      allowed({ from: 'kiosk-agent/hall/decide.ts', to: 'kiosk-agent/journal/journal.ts', typeOnly: false }),
    ).toBe(false);
    expect(
      allowed({
        from: 'kiosk-agent/device/driver/evaluator.ts',
        to: 'kiosk-agent/journal/journal.ts',
        typeOnly: true,
      }),
    ).toBe(false);
    expect(allowed({ from: 'display/live.ts', to: 'kiosk-agent/contract/live.ts', typeOnly: false })).toBe(
      false,
    );
    expect(allowed({ from: 'firmware-sim/cli.ts', to: 'kiosk-agent/contract/port.ts', typeOnly: true })).toBe(
      false,
    );
  });
});
