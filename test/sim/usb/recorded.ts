/** What a simulated device hears from its connector, written down. */
import type { LineSettings } from '../../../firmware-sim/port/port.ts';

export function recorded() {
  const bytes: number[] = [];
  const pieces: string[] = [];
  const hosts: boolean[] = [];
  const lines: LineSettings[] = [];
  return {
    hex: () => Buffer.from(bytes).toString('hex'),
    pieces,
    hosts,
    lines,
    present: () => hosts.at(-1) ?? false,
    line: () => lines.at(-1),
    events: {
      onBytes(heard: Uint8Array) {
        bytes.push(...heard);
        pieces.push(Buffer.from(heard).toString('hex'));
      },
      onHost: (present: boolean) => void hosts.push(present),
      onLine: (line: LineSettings) => void lines.push(line),
    },
  };
}
