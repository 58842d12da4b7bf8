/** Plays a capture to the agent's real line of its model, with what the host did of itself done again. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readCapture } from '../../firmware-sim/replay/capture.ts';
import { startReplay } from '../../firmware-sim/replay/replay.ts';
import { until } from '../device/manual-clock.ts';
import { startHost, type Act } from './host.ts';

/** The page beside a capture: NAME.yaml. */
export type Expectation = {
  /** in words: what happened */
  about: string;
  /** more of the row in the configuration: addresses, keyMap, frame … */
  row?: Record<string, unknown>;
  /** default tcp; a HID model has a socket */
  port?: 'tcp' | 'pty';
  /** presses are not acknowledged */
  acknowledge?: boolean;
  maskedAnyway?: boolean;
  /** lines before which the device was unplugged and came back */
  replug?: number[];
  /** what the host did of itself, each before a line of the capture and after so many things were told */
  host?: ({ before: number; told?: number } & Act)[];
  /** all that the driver tells, in order */
  told: string[];
};

const hidModels = new Set(['ehr1', 'scanner-hid', 'keypad']);

export function readExpectation(captureFile: string): Expectation {
  const file = captureFile.replace(/\.ndjson$/, '.yaml');
  if (!existsSync(file))
    throw new Error(`${captureFile} has no ${file} beside it: docs/captures.md says how to make it`);
  return parse(readFileSync(file, 'utf8')) as Expectation;
}

/** Answers how the replay ended and what the driver told; `expected`: how much is waited for, without it a second. */
export async function playToAgent(
  captureFile: string,
  page: Omit<Expectation, 'about' | 'told'>,
  expected?: number,
) {
  const capture = await readCapture(captureFile);
  const folder = mkdtempSync(join(tmpdir(), 'hall-replay-'));
  const steps = [...(page.host ?? [])];
  let lineDone = 1;
  const place = hidModels.has(capture.head.model)
    ? 'socket'
    : page.port === 'pty'
      ? `pty:${join(folder, 'device')}`
      : 'tcp:0';
  const replay = await startReplay({
    capture,
    port: place,
    patienceMs: 5_000,
    waitMs: 5_000,
    replug: page.replug ?? [],
    maskedAnyway: page.maskedAnyway ?? false,
    onPlayed(line) {
      lineDone = line;
      act();
    },
  });
  const host = startHost({
    row: { id: capture.head.device, model: capture.head.model, port: replay.port, ...page.row },
    socket: replay.socket,
    acknowledge: page.acknowledge ?? true,
    onTold: act,
  });
  function act() {
    for (
      let [next] = steps;
      next && next.before <= lineDone + 1 && (next.told ?? 0) <= host.told.length;
      [next] = steps
    ) {
      const { before: _before, told: _told, ...wanted } = next;
      steps.shift();
      host.act(wanted);
    }
  }
  act();
  try {
    const report = await replay.done;
    await host.settled();
    // The last thing said is on its way to the driver; more than expected would be told in the same moment.
    if (expected !== undefined)
      await until(() => host.told.length >= expected, 'all that is expected').catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, expected === undefined ? 1_000 : 50));
    return { report, told: [...host.told] };
  } finally {
    await host.close();
    await replay.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
