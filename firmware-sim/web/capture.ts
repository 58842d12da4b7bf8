/** A device's wire as a capture file (docs/captures.md), so that `hall-sim replay` can play it back. */
import type { WireEntry } from '../port/wire-log.ts';
import type { Model } from './devices.ts';

/** Media type of the file. */
export const captureType = 'application/x-ndjson';

const kindsOfModels: Partial<Record<NonNullable<Model>, string>> = {
  elp1: 'evaluator',
  ehr1: 'evaluator',
  'ascii-5': 'frames',
  ff68: 'frames',
  ub485: 'frames',
  strip: 'sign',
  xunpeng: 'sign',
  sdt: 'reader',
  'scanner-serial': 'scanner',
  'scanner-hid': 'scanner',
  keypad: 'keypad',
};

/**
 * The file's text. A capture is seen from the host: its `in` is what the device said. Nothing is masked: the simulator's
 * people do not exist.
 */
export function captureText(
  about: { device: string; model: NonNullable<Model>; port: string },
  entries: readonly WireEntry[],
  now: number,
): string {
  const startedMs = Date.parse(entries[0]?.at ?? new Date(now).toISOString());
  const head = {
    capture: 1,
    device: about.device,
    model: about.model,
    port: about.port,
    kind: kindsOfModels[about.model] ?? 'printer',
    startedAt: new Date(startedMs).toISOString(),
    masked: false,
  };
  let t = 0;
  const lines = entries.map(({ at, direction, hex, decoded }) => {
    // A clock that is set back while the wire goes on.
    t = Math.max(t, Date.parse(at) - startedMs);
    return { t, dir: direction === 'out' ? 'in' : 'out', hex, decoded: decoded || null };
  });
  return [head, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
}
