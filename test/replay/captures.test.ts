/** Every capture in test/captures: its device is played to the agent's driver, which must tell what the page beside it says. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reportLines } from '../../firmware-sim/replay/report.ts';
import { MODELS } from '../../kiosk-agent/device/models.ts';
import { readCapture } from '../../firmware-sim/replay/capture.ts';
import { playToAgent, readExpectation } from './play.ts';

const FOLDER = join(import.meta.dirname, '..', 'captures');
const files = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.ndjson'))
  .map((name) => join(FOLDER, name));

describe('the agent, with the device of a capture before it,', () => {
  it.concurrent.each(files.map((file) => [basename(file, '.ndjson'), file] as const))(
    'says the same and tells what happened: %s',
    async (_name, file) => {
      const page = readExpectation(file);
      const { report, told } = await playToAgent(file, page, page.told.length);
      expect(told, reportLines(report).join('\n')).toEqual(page.told);
      expect(reportLines(report).at(-1)).toBe('the host said the same');
    },
    60_000,
  );

  it('is of every family of models', async () => {
    const heads = await Promise.all(files.map(async (file) => (await readCapture(file)).head));
    const kinds = new Set(MODELS.map(({ kind }) => kind));
    expect(new Set(heads.map(({ kind }) => kind))).toEqual(kinds);
  });
});
