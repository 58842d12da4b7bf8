import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Gives each device id a serial number that stays the same over restarts, kept in `<state>/serials.json`.
 * A damaged file is set aside as `serials.json.damaged`, and new numbers are drawn.
 */
export function rememberedSerial(state: string, random: () => number): (id: string) => string {
  mkdirSync(state, { recursive: true });
  const file = join(state, 'serials.json');
  let serials: Record<string, string> = {};
  try {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (read && typeof read === 'object') serials = read as Record<string, string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') renameSync(file, `${file}.damaged`);
  }
  return (id) => {
    const known = serials[id];
    if (typeof known === 'string') return known;
    const serial = `SIM${random().toString(16).toUpperCase().padStart(6, '0')}`;
    serials[id] = serial;
    writeFileSync(`${file}.new`, `${JSON.stringify(serials, null, 2)}\n`);
    renameSync(`${file}.new`, file);
    return serial;
  };
}
