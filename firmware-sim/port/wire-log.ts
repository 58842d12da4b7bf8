/** One entry of the wire view. `in`: from the host to the device; `out`: from the device to the host. */
export type WireEntry = { at: string; direction: 'in' | 'out'; hex: string; decoded: string };

const kept = 200;

/** Keeps the last 200 entries of what went over a device's wire. */
export function createWireLog(now: () => number) {
  const entries: WireEntry[] = [];
  return {
    entries,
    add(direction: WireEntry['direction'], bytes: Uint8Array, decoded: string): WireEntry {
      const entry = {
        at: new Date(now()).toISOString(),
        direction,
        hex: Buffer.from(bytes).toString('hex'),
        decoded,
      };
      entries.push(entry);
      if (entries.length > kept) entries.shift();
      return entry;
    },
  };
}
