/**
 * `hall-sim run` on the hall that `npm start` starts: a day with faults, an outage and a hub that is killed in the middle of it
 * arrives whole; and what did not arrive, or arrived twice, is named.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ScenarioReport } from '../../firmware-sim/scenario/progress.ts';
import { ROOT, startProgram, temporaryFolder, until, type Program } from '../harness/programs.ts';

const folder = temporaryFolder('scenario');
const state = join(folder.path, 'box');
let box: Program;
let hub: string;
let panel: string;
let central: string;

beforeAll(async () => {
  box = await startProgram(
    'kiosk-agent/cli.ts',
    ['box', '--port', '0', '--central-port', '0', '--sim-port', '0', '--state', state],
    /hall ready (http\S+)[\s\S]*Far end +http\S+/,
  );
  hub = box.url;
  panel = /Simulated devices (http\S+)/.exec(box.said())?.[1] ?? '';
  central = /Far end +(http\S+)/.exec(box.said())?.[1] ?? '';
}, 120_000);
afterAll(async () => {
  await box?.end();
  folder[Symbol.dispose]();
});

function file(name: string, yaml: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, yaml);
  return path;
}
const places = (at = hub) => [
  ...['--hub', at, '--panel', panel, '--tokens', join(state, 'tokens.json')],
  ...['--central', central, '--central-token', join(state, 'central', 'tokens.json')],
];
/** Starts `hall-sim run`; `end` is its exit code, when it has ended by itself or was told to. */
function run(scenario: string, args: string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'firmware-sim/cli.ts'), 'run', scenario, ...args]);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const end = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { said: () => said, end, interrupt: () => child.kill('SIGINT') };
}
const devices = async () =>
  (await (await fetch(new URL('api/devices', panel))).json()) as {
    id: string;
    plugged: boolean;
    faults: string[];
  }[];

const BUSY = `
scenario: 1
name: Half an hour of trouble
seed: 11
speed: 200
from: '09:00'
until: '09:26'
services:
  transfer: { share: 2, takes: { least: 30s, most: 90s } }
  records: { share: 1, takes: { least: 30s, most: 60s } }
arrivals: [{ from: '09:00', until: '09:16', total: 12 }]
screen: 0.5
patience: { share: 0.2, after: { least: 1m, most: 6m }, cancel: 0.5 }
windows:
  1: { by: desk, staff: '2001' }
  2: { by: desk, staff: '2002', breaks: [{ from: '09:10', until: '09:15' }] }
  6: { by: pad }
ratings: { share: 1, twice: 0.3, before: 0.3, late: 0.2, cableOut: 0.2 }
cards: [{ reader: id-reader-1, share: 0.1 }]
codes: [{ scanner: scanner-1, share: 0.2 }]
faults:
  - { at: '09:02', device: printer-1, fault: paper-out, for: 3m }
  - { at: '09:03', device: evaluator-1, fault: unplugged, for: 8m }
  - { at: '09:08', device: evaluator-2, fault: lost-frames, options: { rate: 0.5 } }
outages: [{ at: '09:04', cable: central, for: 12m }]
`;

it('plays a day with faults, an outage and a hub that is killed, and finds all of it once', async () => {
  const report = join(folder.path, 'report.json');
  const day = run(file('busy.yaml', BUSY), [...places(), '--report', report]);
  await until('some visitors', () => /served [1-9]/.test(day.said()));
  box.write('hub kill');
  const code = await day.end;
  expect(day.said()).toContain('seed 11: what was done has arrived, each once');
  expect(code).toBe(0);
  const { equal, rows, counts, done } = JSON.parse(readFileSync(report, 'utf8')) as ScenarioReport;
  expect(equal).toBe(true);
  expect(counts).toMatchObject({ arrived: 12, inHall: 0, faultsOn: 0 });
  const row = (what: string) => rows.find((each) => each.what === what)?.arrived ?? 0;
  expect(row('tickets taken')).toBe(12);
  expect(row('presses of evaluators')).toBeGreaterThan(0);
  expect(row('keys of evaluators on lines')).toBeGreaterThan(0);
  expect(row('events at the central server')).toBeGreaterThan(40);
  expect(done.faults.every(({ on, off }) => off !== null && off.time >= on.time)).toBe(true);
  expect((await devices()).filter((each) => !each.plugged || each.faults.length > 0)).toEqual([]);
}, 60_000);

const SHORT = `
scenario: 1
name: A few minutes
seed: 12
speed: 200
from: '09:00'
until: '09:12'
services:
  transfer: { share: 2, takes: { least: 20s, most: 40s } }
arrivals: [{ from: '09:00', until: '09:01', total: 5 }]
screen: 1
windows:
  1: { by: desk, staff: '2001' }
  2: { by: desk, staff: '2002' }
ratings: { share: 1 }
`;

/** Stands between `hall-sim run` and the hub, and tells other events than the hub has. */
async function tampering(
  change: (events: Record<string, unknown>[]) => unknown[],
): Promise<Server & { url: string }> {
  const server = createServer((incoming, outgoing) => {
    const onward = request(new URL(incoming.url ?? '/', hub), {
      method: incoming.method,
      headers: { ...incoming.headers, host: new URL(hub).host },
    });
    onward.on('response', (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.on('end', () => {
        const body = Buffer.concat(pieces);
        const isEvents = incoming.url?.startsWith('/api/v1/events') ?? false;
        outgoing.writeHead(answer.statusCode ?? 500, {
          'content-type': answer.headers['content-type'] ?? '',
        });
        outgoing.end(
          isEvents ? JSON.stringify(change(JSON.parse(body.toString()) as Record<string, unknown>[])) : body,
        );
      });
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(server, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
}

it('names a call that did not arrive and a rating that arrived twice', async () => {
  let dropped = '';
  let doubled = 0;
  const proxy = await tampering((events) => {
    const call = events.find(({ type }) => type === 'hall.ticket.called');
    const rating = events.find(({ type }) => type === 'hall.rating.given');
    if (call) dropped = (call['data'] as { number: string }).number;
    if (rating) doubled = rating['seq'] as number;
    return events
      .filter((event) => event !== call)
      .flatMap((event) => (event === rating ? [event, event] : [event]));
  });
  try {
    const day = run(file('short.yaml', SHORT), places(proxy.url));
    const code = await day.end;
    const said = day.said();
    expect(said).toMatch(/seed 12: \d+ differences/);
    expect(code).toBe(1);
    expect(said).toMatch(
      new RegExp(`DIFFERENT {2}called: ticket ${dropped} \\(\\S+\\) at window \\d: done once, arrived never`),
    );
    expect(said).toContain(`arrived 2 times (seq ${doubled}, ${doubled})`);
    expect(said).toMatch(/evaluation \d+ was rated 2 times/);
    expect(said).toMatch(/events of the hub: hub: seq \d+ is missing/);
    expect(said).toMatch(
      /events at the central server: seq \d+ \(hall.ticket.called\) is at the central server and not at the hub/,
    );
  } finally {
    proxy.close();
    proxy.closeAllConnections();
  }
}, 60_000);

it('ends early on Ctrl-C: services end, cables are in, and it compares what there was', async () => {
  const long = BUSY.replace('speed: 200', 'speed: 20')
    .replace("at: '09:02'", "at: '09:00'")
    .replace("at: '09:03'", "at: '09:00'");
  const day = run(file('long.yaml', long), ['--box', state, '--seed', '13']);
  await until('a pulled cable', async () => (await devices()).some(({ plugged }) => !plugged));
  day.interrupt();
  expect(await day.end).toBe(0);
  expect(day.said()).toContain('seed 13, ended early: what was done has arrived, each once');
  expect((await devices()).filter((each) => !each.plugged || each.faults.length > 0)).toEqual([]);
}, 60_000);

it('says before the day begins what is not in this hall', async () => {
  const wrong = SHORT.replace(
    'arrivals:',
    '  passports: { takes: { least: 1m, most: 2m } }\n  advice: { takes: { least: 1m, most: 2m } }\narrivals:',
  )
    .replace('ratings:', "  3: { by: pad }\n  9: { staff: '2009' }\nratings:")
    .concat(
      'faults: [{ at: "09:01", device: evaluator-1, fault: paper-out }, { at: "09:01", device: lift-1, fault: silent }]\n',
    );
  const day = run(file('wrong.yaml', wrong), places());
  expect(await day.end).toBe(3);
  const said = day.said();
  expect(said).toContain('windows.9: the hall has no window 9; it has: 1, 2, 3, 4, 5, 6');
  expect(said).toContain('services.passports: the hall has no service passports; it has: transfer, mortgage');
  expect(said).toContain('services.advice: no window of this scenario serves it');
  expect(said).toContain('faults.0: evaluator-1 has no fault paper-out; it has: unplugged');
  expect(said).toContain('faults.1: there is no simulated device lift-1; there are: evaluator-1');
  expect(said).toContain('windows.3.by: no simulated FF68 pad stands at window 3');
}, 60_000);

it('prints the plan without a hall, the same each time', async () => {
  const plan = async () => {
    const printed = run(file('busy.yaml', BUSY), ['--plan']);
    expect(await printed.end).toBe(0);
    return printed.said();
  };
  const once = await plan();
  expect(once.split('\n').filter((line) => line.includes('"what":"arrive"'))).toHaveLength(12);
  expect(await plan()).toBe(once);
}, 30_000);

it('says which file of the box is missing', async () => {
  const nowhere = join(folder.path, 'nowhere');
  const day = run(file('busy.yaml', BUSY), ['--box', nowhere]);
  expect(await day.end).toBe(2);
  expect(day.said()).toContain(`${join(nowhere, 'box.json')} cannot be read`);
  expect(existsSync(nowhere)).toBe(false);
}, 30_000);
