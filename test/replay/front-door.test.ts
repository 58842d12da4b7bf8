/** The agent with a simulated device, captured beside it; then the agent with the replay of that: the same comes out. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEvaluator, startPrinter } from '../../firmware-sim/index.ts';
import { capture } from '../../kiosk-agent/cli/capture.ts';
import { writeRunning } from '../../kiosk-agent/cli/running.ts';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { ROOT, startProgram, temporaryFolder, until } from '../harness/programs.ts';
import { plainHost } from './capture-of.ts';

const CAPTURES = join(ROOT, 'test', 'captures');

/** A hall with one device, its window open. */
async function hallWith(device: string): Promise<{ hall: Hall; folder: string }> {
  const folder = temporaryFolder('front-door');
  onTestFinished(() => folder[Symbol.dispose]());
  const yaml = hallYaml(`devices: [${device}]\nrules: {rating: {seconds: 20}}\n`);
  writeFileSync(join(folder.path, 'hall.yaml'), yaml);
  const hall = await startHall(folder.path, yaml);
  onTestFinished(() => hall.close());
  onTestFinished(writeRunning(folder.path, hall));
  await hall.as('clerk')('POST', 'windows/1/open', { staff: '1001' });
  return { hall, folder: folder.path };
}

/** `hall capture` beside the agent; answers the file when it is ended. */
async function capturing(folder: string, device: string) {
  const out = new PassThrough();
  const pieces: Buffer[] = [];
  out.on('data', (bytes: Buffer) => pieces.push(bytes));
  const ctrlC = new AbortController();
  const ended = capture(
    { device, config: join(folder, 'hall.yaml'), state: folder, language: 'en' },
    { out, error: () => {}, ended: ctrlC.signal },
  );
  await until('the capture to begin', () => pieces.length > 0);
  return async () => {
    ctrlC.abort();
    expect(await ended).toBe(0);
    const file = join(folder, 'capture.ndjson');
    writeFileSync(file, Buffer.concat(pieces));
    return file;
  };
}

const ready = (hall: Hall) =>
  until('the device', async () =>
    JSON.stringify((await hall.as(null)('GET', 'health')).body).includes('"state":"ready"'),
  );
async function ratings(hall: Hall) {
  const { body } = await hall.as('integrator')('GET', 'events?after=0&limit=1000');
  return (body as unknown as HallEvent[])
    .filter((event) => event.type === 'hall.rating.given' || event.type === 'hall.rating.ignored')
    .map(({ type, data }) => ({
      type,
      ...('level' in data && { level: data.level }),
      ...('why' in data && { why: data.why }),
      ...('device' in data && { device: data.device }),
    }));
}

/** Two visits, each rated by `rate`; answers what the hall has to say of them. */
async function twoVisits(hall: Hall, rate: (visit: number) => Promise<void>) {
  for (const visit of [1, 2]) {
    const ticket = { service: 'transfer', delivery: 'screen', idempotencyKey: randomUUID() };
    await hall.as('kiosk')('POST', 'tickets', ticket);
    for (const step of ['call-next', 'start', 'finish']) await hall.as('clerk')('POST', `windows/1/${step}`);
    await rate(visit);
    await until('the ratings', async () => (await ratings(hall)).length >= (visit === 1 ? 1 : 3));
  }
  return ratings(hall);
}

describe('the agent with a replayed device', () => {
  it('has the ratings that it had with the device', async () => {
    const evaluator = await startEvaluator({ port: 'tcp:0', serial: 'STORY-1' });
    onTestFinished(() => evaluator.close());
    await evaluator.unplug();
    const row = (port: string) => `{id: evaluator-1, model: elp1, port: "${port}", window: 1}`;
    const first = await hallWith(row(evaluator.port));
    const end = await capturing(first.folder, 'evaluator-1');
    await evaluator.plug();
    await ready(first.hall);
    const then = await twoVisits(first.hall, async (visit) => {
      await until('the keys to be lit', () => evaluator.state().session);
      if (visit === 1) evaluator.press(2);
      else for (const key of [1, 5]) evaluator.press(key);
      await until('the thanks', () => evaluator.state().pressesWaiting === 0);
    });
    await until('the keys to go dark', () => evaluator.state().session === null);
    const file = await end();

    const replay = await startProgram(
      'firmware-sim/cli.ts',
      ['replay', file, '--tcp', '0'],
      /replay ready (\S+)/,
    );
    onTestFinished(() => replay.kill());
    const second = await hallWith(row(replay.url));
    await ready(second.hall);
    const now = await twoVisits(second.hall, async () => {});
    expect(now).toEqual(then);
    expect(now.map(({ type }) => type)).toEqual([
      'hall.rating.given',
      'hall.rating.given',
      'hall.rating.ignored',
    ]);
    await until('the end of the replay', () => replay.said().includes('the host'));
    expect(replay.said()).toContain('the host said the same');
  });

  it('prints a ticket of its own, confirmed as the captured one was', async () => {
    const printer = await startPrinter({ port: 'tcp:0', speed: Number.POSITIVE_INFINITY });
    onTestFinished(() => printer.close());
    await printer.unplug();
    const row = (port: string) => `{id: printer-1, model: escpos-80, port: "${port}"}`;
    const first = await hallWith(row(printer.port));
    const end = await capturing(first.folder, 'printer-1');
    await printer.plug();
    const ticket = async (hall: Hall) => {
      await ready(hall);
      return hall.as('kiosk')('POST', 'tickets', { service: 'transfer', idempotencyKey: randomUUID() });
    };
    expect(await ticket(first.hall)).toMatchObject({ status: 201, body: { printed: true } });
    const file = await end();

    const replay = await startProgram(
      'firmware-sim/cli.ts',
      ['replay', file, '--tcp', '0', '--any-paper'],
      /replay ready (\S+)/,
    );
    onTestFinished(() => replay.kill());
    const second = await hallWith(row(replay.url));
    expect(await ticket(second.hall), replay.said()).toMatchObject({ status: 201, body: { printed: true } });
    await until('the end of the replay', () => replay.said().includes('the host'));
    expect(replay.said()).toContain('the host said the same');
  });
});

describe('hall-sim replay', () => {
  function run(...args: string[]): Promise<{ code: number; said: string }> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [join(ROOT, 'firmware-sim', 'cli.ts'), 'replay', ...args],
        (error, out, err) =>
          resolve({ code: typeof error?.code === 'number' ? error.code : 0, said: out + err }),
      );
    });
  }
  const visit = join(CAPTURES, 'elp1-visit.ndjson');

  it('says when it is ready, plays, reports, and ends with 0 or 1', async () => {
    const frames = readFileSync(visit, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line));
    const replay = await startProgram(
      'firmware-sim/cli.ts',
      ['replay', visit, '--tcp', '0', '--speed', 'max'],
      /replay ready (\S+)/,
    );
    onTestFinished(() => replay.kill());
    const host = await plainHost(replay.url);
    host.say(frames.flatMap(({ dir, hex }) => (dir === 'out' ? [hex] : [])).join(''));
    await host.closed;
    await until('the report', () => replay.said().includes('the host'));
    expect(replay.said()).toContain(`played ${frames.length} of ${frames.length} lines`);
    expect(replay.said()).toContain('the host said the same');
    expect(await run(visit, '--tcp', '0', '--wait', '0')).toMatchObject({
      code: 1,
      said: expect.stringContaining('no host opened the port'),
    });
  });

  it('with a wrong file or a wrong use ends with 2 and says what is wrong', async () => {
    const [masked, hid, both, speed] = await Promise.all([
      run(join(CAPTURES, 'sdt-masked.ndjson'), '--tcp', '0'),
      run(join(CAPTURES, 'keypad-clerk.ndjson'), '--tcp', '0'),
      run(visit, '--tcp', '0', '--timed', '--loose'),
      run(visit, '--tcp', '0', '--speed', '0'),
    ]);
    expect(masked).toMatchObject({ code: 2, said: expect.stringContaining('it is masked') });
    expect(hid).toMatchObject({ code: 2, said: expect.stringContaining('keypad is a HID model') });
    expect(both).toMatchObject({ code: 2, said: expect.stringContaining('--timed or --loose') });
    expect(speed).toMatchObject({ code: 2, said: expect.stringContaining('0.01 to 1000, or max') });
  });
});
