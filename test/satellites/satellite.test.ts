/** A satellite that lends its devices: the real agent and simulated devices, against a hub that does what the test tells it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  startEvaluator,
  startPrinter,
  type EvaluatorHandle,
  type PrinterHandle,
} from '../../firmware-sim/index.ts';
import { join } from 'node:path';
import { loadConfig, parseConfig } from '../../kiosk-agent/config.ts';
import { deviceFaults } from '../../kiosk-agent/device/manager.ts';
import { Executor } from '../../kiosk-agent/executor.ts';
import { openJournal } from '../../kiosk-agent/journal/journal.ts';
import { Hub, hubMemory, NO_HUB_MEMORY, offsetOf } from '../../kiosk-agent/satellite/hub.ts';
import { openKept } from '../../kiosk-agent/satellite/kept-file.ts';
import { SATELLITE_BOOK } from '../../kiosk-agent/satellite/memory.ts';
import { rulesOf } from '../../kiosk-agent/web/views.ts';
import { configOf } from '../harness/hall.ts';
import { ROOT, temporaryFolder, until } from '../harness/programs.ts';
import { relay, type Relay } from '../link/relay.ts';
import { onDisk, satelliteYaml, startSatelliteAt, type Satellite } from './hall.ts';
import { ScriptedHub } from './scripted-hub.ts';

const TOKEN = 'a-token-of-the-hub-for-tests';
/** `ESC @`, a line, feed and cut: a whole sheet, typed by hand. */
const sheet = (text: string): string =>
  Buffer.concat([
    Buffer.from([0x1b, 0x40]),
    Buffer.from(`${text}\n`),
    Buffer.from([0x1d, 0x56, 0x42, 0x00]),
  ]).toString('base64');

const folder = temporaryFolder('satellite');
let hub: ScriptedHub;
let cable: Relay;
let satellite: Satellite;
let evaluator: EvaluatorHandle;
let printer: PrinterHandle;
let yaml: string;
beforeAll(async () => {
  evaluator = await startEvaluator({ port: 'tcp:0', serial: 'LENT-1' });
  printer = await startPrinter({ id: 'printer-2', port: 'tcp:0', speed: Number.POSITIVE_INFINITY });
  hub = await new ScriptedHub(TOKEN).listen();
  hub.clockAheadMs = 90_000;
  cable = await relay(() => hub.port);
  yaml = satelliteYaml(
    cable.port,
    `devices:
  - {id: evaluator-1, model: elp1, port: "${evaluator.port}", window: 2}
  - {id: printer-2, model: escpos-80, port: "${printer.port}"}
`,
  );
  satellite = await startSatelliteAt(folder.path, yaml, TOKEN);
});
afterAll(async () => {
  await satellite?.close();
  await cable?.close();
  await hub?.close();
  await evaluator?.close();
  await printer?.close();
  folder[Symbol.dispose]();
});
beforeEach(async () => {
  cable.mend();
  await there();
});

const link = async (): Promise<string> =>
  ((await satellite.as(null)('GET', 'health')).body['links'] as { state: string }[])[0]?.state ?? '';
async function there(): Promise<void> {
  await until('the link to be level', async () => (await link()) === 'level');
  await until('the devices to be announced as ready', () => {
    const last = hub.reports.filter(({ name }) => name === 'devices').at(-1);
    const list = (last?.data['devices'] ?? []) as { state: string }[];
    return list.length === 2 && list.every(({ state }) => state === 'ready');
  });
}
const away = async (): Promise<void> => {
  cable.cut();
  await until('the cut to be noticed', async () => (await link()) === 'away');
};
const inHubTime = (ms: number): string => new Date(Date.now() + hub.clockAheadMs + ms).toISOString();
const open = (session: number, seconds = 30) =>
  hub.command('evaluator.open', {
    device: 'evaluator-1',
    session,
    seconds,
    voice: 'please-rate',
    until: inHubTime(seconds * 1000),
  });
const lit = (session: number) =>
  until('the keys to be lit', () => evaluator.state().session?.number === session);
const papersWith = (text: string): number =>
  printer.papers().filter((paper) => paper.text.includes(text)).length;
const settled = (job: string) =>
  until('the word of the printer', () =>
    hub.ofType('hall.sheet.settled').find(({ data }) => data['job'] === job),
  );

describe('a satellite', () => {
  it('says what it has, and measures how far its clock is from the hub’s', async () => {
    const last = hub.reports.filter(({ name }) => name === 'devices').at(-1);
    expect(last?.data).toMatchObject({
      kiosk: true,
      url: 'http://hall.example/',
      devices: [
        { id: 'evaluator-1', kind: 'evaluator', window: 2, state: 'ready' },
        { id: 'printer-2', kind: 'printer', window: null, state: 'ready', columns: 48 },
      ],
    });
    await until(
      'the clock to be measured',
      () => hub.reports.filter(({ name }) => name === 'clock').length >= 5,
    );
    expect((await open(11)).ok).toBe(true);
    await lit(11);
    evaluator.press(3);
    const kept = await until('the press', () => hub.ofType('hall.press.kept').at(-1));
    // Its clock minus the hub's: the hub is 90 s ahead.
    expect(kept.data['clockOffsetMs']).toBeGreaterThan(-91_000);
    expect(kept.data['clockOffsetMs']).toBeLessThan(-89_000);
    expect(kept.data).toMatchObject({
      device: 'evaluator-1',
      window: 2,
      session: 11,
      keyRaw: '3',
      level: 3,
      press: { serial: 'LENT-1' },
    });
  });

  it('has a press on its disk before the device is thanked, also while the hub is away, and delivers it once', async () => {
    expect((await open(12)).ok).toBe(true);
    await lit(12);
    await away();
    const thanked = evaluator.state().pressesAcknowledged;
    evaluator.press(1);
    await until('the thanks', () => evaluator.state().pressesAcknowledged === thanked + 1);
    const pressed = onDisk(folder.path).filter(
      (event) => event.type === 'hall.press.kept' && event.data.session === 12,
    );
    expect(pressed).toHaveLength(1);
    expect(hub.ofType('hall.press.kept').some(({ data }) => data['session'] === 12)).toBe(false);
    cable.mend();
    await there();
    expect(hub.ofType('hall.press.kept').filter(({ data }) => data['session'] === 12)).toHaveLength(1);
  });

  it('lights the keys again on a device that comes back while the hub is away, with the seconds that are left', async () => {
    expect((await open(13, 60)).ok).toBe(true);
    await lit(13);
    await away();
    evaluator.powerCycle();
    await lit(13);
    expect(evaluator.state().session?.secondsLeft ?? 60).toBeLessThanOrEqual(60);
    expect(
      (await satellite.as('technician')('POST', 'devices/evaluator-1/test', { what: 'light' })).body,
    ).toEqual({
      ok: false,
      why: 'busy',
    });
    evaluator.press(2);
    await until('the keys to go dark', () => evaluator.state().session === null);
    // Rated: it must not light up a second time.
    evaluator.powerCycle();
    cable.mend();
    await there();
    expect((await hub.command('evaluator.say', { device: 'evaluator-1', voice: 'welcome' })).ok).toBe(true);
    expect(evaluator.state().session).toBeNull();
  });

  it('does nothing after a deadline, for a device that it does not have, or that is another kind', async () => {
    const print = { job: 'late-1', device: 'printer-2', bytes: sheet('LATE') };
    expect(await hub.command('print', print, -1000)).toMatchObject({ refused: 'past-deadline' });
    expect(await hub.command('print', { ...print, device: 'printer-9' })).toMatchObject({
      refused: 'unknown-device',
    });
    expect(await hub.command('print', { ...print, device: 'evaluator-1' })).toMatchObject({
      refused: 'unknown-device',
    });
    expect(await hub.command('print', { job: 'late-1' })).toMatchObject({ refused: 'bad-command' });
    expect(
      await hub.command('evaluator.open', {
        device: 'evaluator-1',
        session: 14,
        seconds: 30,
        voice: 'none',
        until: inHubTime(-1),
      }),
    ).toMatchObject({ refused: 'session' });
    expect(papersWith('LATE')).toBe(0);
    expect(evaluator.state().session).toBeNull();
  });

  it('prints a job once, however often it is asked, and says what became of it', async () => {
    const print = { job: 'job-1', device: 'printer-2', ticketId: 't1', bytes: sheet('ONCE ONLY') };
    expect(await hub.command('print', print)).toMatchObject({ ok: true });
    expect((await settled('job-1')).data).toMatchObject({
      printer: 'printer-2',
      ticketId: 't1',
      outcome: 'printed',
    });
    expect(await hub.command('print', print)).toMatchObject({ ok: true });
    // A sheet behind it: had the job been printed again, that paper would lie below this one.
    await hub.command('print', { job: 'job-1b', device: 'printer-2', bytes: sheet('THE NEXT ONE') });
    await settled('job-1b');
    expect(papersWith('ONCE ONLY')).toBe(1);
    expect(hub.ofType('hall.sheet.settled').filter(({ data }) => data['job'] === 'job-1')).toHaveLength(1);
  });

  it('says that a sheet could not begin without paper', async () => {
    await printer.setFault('paper-out', true);
    await until('the printer to say so', async () => {
      const { body } = await satellite.as(null)('GET', 'health');
      return (body['devices'] as { fault?: string }[])[1]?.fault === 'paper-out';
    });
    expect(
      await hub.command('print', { job: 'job-2', device: 'printer-2', bytes: sheet('NO PAPER') }),
    ).toMatchObject({ ok: true });
    expect((await settled('job-2')).data).toMatchObject({
      outcome: 'failed',
      why: 'paper-out',
      bytesSent: 0,
    });
    await printer.setFault('paper-out', false);
  });

  it('prints no job a second time after a restart, and no press is kept twice', async () => {
    await satellite.close();
    const presses = onDisk(folder.path).filter(({ type }) => type === 'hall.press.kept').length;
    satellite = await startSatelliteAt(folder.path, yaml, TOKEN);
    await there();
    expect(
      await hub.command('print', { job: 'job-1', device: 'printer-2', bytes: sheet('ONCE ONLY') }),
    ).toMatchObject({ ok: true });
    expect((await open(15)).ok).toBe(true);
    await lit(15);
    evaluator.press(4);
    await until('the press', () => hub.ofType('hall.press.kept').some(({ data }) => data['session'] === 15));
    expect(onDisk(folder.path).filter(({ type }) => type === 'hall.press.kept')).toHaveLength(presses + 1);
    expect(papersWith('ONCE ONLY')).toBe(1);
  });

  it('says `unconfirmed` of a sheet that the printer was unplugged from', async () => {
    await printer.setFault('unplug-after-bytes', true, { bytes: 120 });
    await hub.command('print', { job: 'job-3', device: 'printer-2', bytes: sheet('CUT OFF '.repeat(60)) });
    expect((await settled('job-3')).data).toMatchObject({ outcome: 'unconfirmed', why: 'unplugged' });
    await printer.plug();
  });

  it('says `unconfirmed` of a sheet that was under way when it was killed, and never prints that job again', async () => {
    await satellite.close();
    const { journal } = await openJournal({
      folder: `${folder.path}/journal`,
      agentId: 'kiosk-2',
      hall: 'hall-1',
      region: '371000000000',
    });
    const killed = new Executor(journal, rulesOf(configOf(yaml)), () => new Date(), SATELLITE_BOOK);
    await killed.start();
    await killed.execute({ name: 'sheet.begin', job: 'job-4', printer: 'printer-2' });
    await killed.close();
    await journal.close();
    satellite = await startSatelliteAt(folder.path, yaml, TOKEN);
    expect((await settled('job-4')).data).toMatchObject({ outcome: 'unconfirmed', why: 'restarted' });
    await there();
    expect(
      await hub.command('print', { job: 'job-4', device: 'printer-2', bytes: sheet('NOT AGAIN') }),
    ).toMatchObject({ ok: true });
    expect(
      await hub.command('print', { job: 'job-5', device: 'printer-2', bytes: sheet('JOB FIVE') }),
    ).toMatchObject({
      ok: true,
    });
    await settled('job-5');
    expect([papersWith('NOT AGAIN'), papersWith('JOB FIVE')]).toEqual([0, 1]);
  });
});

describe('the configuration of a satellite', () => {
  it('has exactly one link', () => {
    const none = parseConfig(yaml.replace(/^links:.*$/m, ''), deviceFaults, '/state');
    expect(none).toMatchObject({
      ok: false,
      faults: [{ path: 'links', message: expect.stringContaining('exactly one link') }],
    });
  });

  it('that ships is of the hall that ships', () => {
    const [hubFile, kioskFile] = ['weihai.yaml', 'weihai-kiosk-2.yaml'].map((name) =>
      loadConfig(join(ROOT, 'halls', name), deviceFaults, '/state'),
    );
    if (!hubFile?.ok || !kioskFile?.ok) throw new Error(JSON.stringify([hubFile, kioskFile]));
    for (const section of ['hall', 'services', 'windows'] as const)
      expect(kioskFile.config[section], `${section} in weihai-kiosk-2.yaml`).toEqual(hubFile.config[section]);
    expect(kioskFile.config.agent.role).toBe('satellite');
  });
});

describe('the hub as a satellite knows it', () => {
  const hubOver = async (report: () => Promise<unknown>) => {
    const kept = await openKept(
      join(folder.path, 'hub-alone.json'),
      hubMemory,
      NO_HUB_MEMORY,
      () => undefined,
    );
    const alone = new Hub({
      kept,
      clock: () => new Date(),
      monotonicMs: () => performance.now(),
      say: () => undefined,
    });
    alone.watch({ connected: true, report });
    return alone;
  };

  it('is away as soon as it leaves a call without an answer, and there when it answers over the link again', async () => {
    let silent = true;
    const asked = await hubOver(() =>
      Promise.resolve(silent ? null : { ok: true, now: new Date().toISOString() }),
    );
    const said: boolean[] = [];
    asked.on('change', () => said.push(asked.reachable));
    asked.look();
    expect(asked.reachable).toBe(true);
    asked.doubt();
    expect([asked.reachable, asked.awaySince === null]).toEqual([false, false]);
    silent = false;
    asked.connected();
    await until('it to be there', () => asked.reachable);
    expect(said).toEqual([true, false, true]);
    await asked.close();
    await asked.close();
  });

  it('is as far away in time as the quicker half of its answers say, and that is known after a restart', async () => {
    const samples = [
      { offsetMs: 500, roundTripMs: 900 },
      { offsetMs: 41, roundTripMs: 4 },
      { offsetMs: 39, roundTripMs: 6 },
      { offsetMs: 40, roundTripMs: 5 },
      { offsetMs: -300, roundTripMs: 700 },
    ];
    expect(offsetOf(samples)).toBe(40);
    expect(offsetOf([])).toBe(0);
    const ahead = await hubOver(() => Promise.resolve({ now: new Date(Date.now() - 60_000).toISOString() }));
    ahead.connected();
    await until('the offset', () => ahead.clockOffsetMs > 59_000);
    await ahead.close();
    const again = await hubOver(() => Promise.resolve(null));
    expect(again.clockOffsetMs).toBeGreaterThan(59_000);
    expect(Math.abs(again.now.getTime() - (Date.now() - 60_000))).toBeLessThan(1_000);
    await again.close();
  });
});
