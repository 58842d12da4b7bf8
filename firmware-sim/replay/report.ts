/** What came of a replay, as facts and in words. */
import type { ReplayMode } from './player.ts';

/**
 * `played`: to the end, the host said the same (timed: whatever it said). `different`: it did not. `no-host`: nobody opened
 * the port. `host-gone`: it closed the port and did not come back. `closed`: ended from here.
 */
export type ReplayEnd = 'played' | 'different' | 'no-host' | 'host-gone' | 'closed';

export type Difference = {
  /** `different`: it said something else · `absent`: it said nothing in time · `skipped`: it went on behind this frame */
  kind: 'different' | 'absent' | 'skipped';
  /** number of the line in the capture, the head is 1 */
  line: number;
  /** ms since the capture began */
  t: number;
  /** first byte of the frame that differs */
  offset: number;
  /** the same byte, counted in all that the host has said */
  streamOffset: number;
  recorded: string;
  heard: string;
  /** the recorded frame in the words of the driver that captured it */
  decoded: unknown;
};

export type ReplayReport = {
  end: ReplayEnd;
  mode: ReplayMode;
  played: number;
  of: number;
  /** frames of the host in the capture, and how many of them it has said again */
  hostFrames: number;
  hostFramesHeard: number;
  /** time of the last line, ms */
  captureMs: number;
  /** the capture begins behind the introduction: the host was greeted by a device with a made-up name */
  greeted: boolean;
  differences: Difference[];
};

const mostSaid = 20;
const mostHex = 160;

/** The report in lines of words. */
export function reportLines(report: ReplayReport): string[] {
  const { end, mode, played, of, hostFrames, hostFramesHeard, captureMs, differences } = report;
  const heard = `${hostFramesHeard} of ${hostFrames} host frames heard again`;
  const lines = [`played ${played} of ${of} lines, ${seconds(captureMs)} of capture; ${heard}`];
  if (report.greeted) lines.push('the capture begins behind the introduction: the device said it is REPLAY');
  for (const difference of differences.slice(0, mostSaid)) lines.push(...differenceLines(difference));
  if (differences.length > mostSaid) lines.push(`… and ${differences.length - mostSaid} differences more`);
  lines.push(sentences[end](mode, differences.length));
  return lines;
}

const sentences: Record<ReplayEnd, (mode: ReplayMode, differences: number) => string> = {
  played: (mode) =>
    mode === 'timed' ? 'played by the clock; the host was not judged' : 'the host said the same',
  different: (mode, differences) =>
    mode === 'loose'
      ? `the host did not say the same: ${differences} differences`
      : 'the host did not say the same; --loose goes on at differences',
  'no-host': () => 'no host opened the port',
  'host-gone': () => 'the host closed the port and did not come back',
  closed: () => 'ended before the capture was played',
};

function differenceLines({
  kind,
  line,
  t,
  offset,
  streamOffset,
  recorded,
  heard,
  decoded,
}: Difference): string[] {
  const where = `line ${line} (${seconds(t)})`;
  const words = decoded === null ? [] : [`  it was: ${JSON.stringify(decoded)}`];
  switch (kind) {
    case 'different':
      return [
        `${where}: the host said something else, from byte ${offset} of this frame (byte ${streamOffset} of all)`,
        `  recorded ${shown(recorded)}`,
        `  heard    ${shown(heard)}`,
        ...words,
      ];
    case 'absent':
      return [
        `${where}: the host did not say its frame in time${heard === '' ? '' : ' (or not all of it)'}`,
        `  recorded ${shown(recorded)}`,
        ...(heard === '' ? [] : [`  heard    ${shown(heard)}`]),
        ...words,
      ];
    case 'skipped':
      return [`${where}: the host went on without this frame`, `  recorded ${shown(recorded)}`, ...words];
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`;
const shown = (hex: string) =>
  hex.length > mostHex ? `${hex.slice(0, mostHex)}… (${hex.length / 2} bytes)` : hex;
