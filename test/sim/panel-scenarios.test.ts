/** The panel's calls about scenarios. What a scenario does in a hall is tested with the runner. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPanel, type PanelOptions } from '../../firmware-sim/web/panel-server.ts';
import { until } from '../harness/programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'hall-scenarios-'));
const tokens = join(folder, 'tokens.json');
const panels: { close: () => Promise<void> }[] = [];
beforeAll(() => {
  writeFileSync(
    join(folder, 'short.yaml'),
    `scenario: 1
name: A short day
description: One visitor.
seed: 5
from: '09:00'
until: '09:10'
services: { transfer: { takes: { least: 1m, most: 2m } } }
arrivals: [{ from: '09:00', until: '09:05', total: 1 }]
windows: { 1: { by: desk, staff: '2001' } }
`,
  );
  writeFileSync(join(folder, 'wrong.yaml'), 'scenario: 2\n');
  writeFileSync(join(folder, 'notes.txt'), 'no scenario');
  const token = 'token-of-a-test';
  const all = { kiosk: token, clerk: token, integrator: token, technician: token };
  writeFileSync(tokens, JSON.stringify(all));
});
afterEach(async () => {
  for (const panel of panels.splice(0)) await panel.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

type Now = { state: string; seed: number; speed: number; name: string; why: string[] };
async function open(scenarios: PanelOptions['scenarios']) {
  const panel = await startPanel({ port: 0, ...(scenarios && { scenarios }) });
  panels.push(panel);
  return {
    panel,
    list: async () =>
      (await (await fetch(`${panel.address}api/scenarios`)).json()) as {
        folder: string | null;
        hall: { ok: boolean; why?: string };
        files: Record<string, unknown>[];
        now: Now | null;
      },
    async post(path: string, body?: unknown) {
      const response = await fetch(`${panel.address}api/scenarios/${path}`, {
        method: 'POST',
        ...(body !== undefined && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      });
      return { status: response.status, body: (await response.json()) as Now & { detail: string } };
    },
  };
}
/** Nobody is at this hub: a day waits for it. */
const nobody = { hub: { url: 'http://127.0.0.1:9/', tokens } };

describe('the scenarios of a panel', () => {
  it('are the files of its folder, each with what it is or what is wrong with it', async () => {
    const { list } = await open({ folder, ...nobody });
    const { files, hall, now } = await list();
    expect(files).toMatchObject([
      { file: 'short.yaml', ok: true, name: 'A short day', seed: 5, from: 32_400, windows: [1], visitors: 1 },
      { file: 'wrong.yaml', ok: false },
    ]);
    expect(String(files[1]?.['why'])).toContain('wrong.yaml:1:');
    expect({ hall, now }).toEqual({ hall: { ok: true }, now: null });
  });

  it('say what to do where there is no hall', async () => {
    const { list, post } = await open({ folder });
    expect((await list()).hall).toEqual({ ok: false, why: expect.stringContaining('--box DIR') });
    expect(await post('short.yaml/start')).toMatchObject({ status: 409, body: { code: 'no-hall' } });
    const box = await open({ folder, box: join(folder, 'nowhere') });
    expect((await box.post('short.yaml/start')).body.detail).toContain(join('nowhere', 'box.json'));
    const none = await open(undefined);
    expect(await none.list()).toMatchObject({ folder: null, files: [] });
  });

  it('run one at a time, with a speed and a seed, and can be stopped', async () => {
    const { list, post } = await open({ folder, ...nobody });
    expect(await post('short.yaml/start', { speed: 200, seed: 77 })).toMatchObject({
      status: 200,
      body: { state: 'running', name: 'A short day', speed: 200, seed: 77 },
    });
    expect(await post('short.yaml/start')).toMatchObject({
      status: 409,
      body: { code: 'running', detail: '"A short day" is still running; stop it first.' },
    });
    expect((await post('stop')).status).toBe(200);
    await until('the day to end', async () => (await list()).now?.state === 'failed');
    expect((await post('short.yaml/start')).body).toMatchObject({ state: 'running', seed: 5 });
  });

  it('refuse names, speeds and seeds that are none', async () => {
    const { post } = await open({ folder, ...nobody });
    expect(await post('long.yaml/start')).toMatchObject({
      status: 404,
      body: { detail: 'There is no scenario "long.yaml"; there are: short.yaml, wrong.yaml' },
    });
    expect((await post('..%2Ftokens.json/start')).status).toBe(404);
    expect(await post('wrong.yaml/start')).toMatchObject({ status: 400, body: { code: 'bad-scenario' } });
    expect(await post('short.yaml/start', { speed: 0 })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('speed') },
    });
    expect((await post('short.yaml/start', { seed: -1 })).status).toBe(400);
  });
});
