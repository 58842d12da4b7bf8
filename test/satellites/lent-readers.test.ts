/** Pads, signs, readers and scanners of a satellite: the real agent and simulated devices, against a hub that does what the test tells it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { io, type Socket } from 'socket.io-client';
import {
  samplePeople,
  startFf68Bus,
  startIdReader,
  startScanner,
  startSignLine,
  type Ff68BusHandle,
  type IdReaderHandle,
  type ScannerHandle,
  type SignLineHandle,
} from '../../firmware-sim/index.ts';
import type { Ff68PadState } from '../../firmware-sim/ff68/machine.ts';
import { temporaryFolder, until } from '../harness/programs.ts';
import { relay, type Relay } from '../link/relay.ts';
import { onDisk, satelliteYaml, startSatelliteAt, type Satellite } from './hall.ts';
import { ScriptedHub } from './scripted-hub.ts';

const TOKEN = 'a-token-of-the-hub-for-tests';
const NEXT = 0x0c;
const folder = temporaryFolder('lent-readers');
const person = samplePeople['citizen-common'];
let hub: ScriptedHub;
let cable: Relay;
let satellite: Satellite;
let bus: Ff68BusHandle;
let signs: SignLineHandle;
let atWindow: IdReaderHandle;
let atKiosk: IdReaderHandle;
let scanner: ScannerHandle;
let screen: Socket;
const heard: { name: string; data: Record<string, unknown> }[] = [];
beforeAll(async () => {
  bus = await startFf68Bus({ port: 'tcp:0', addresses: { 1: 'pad' } });
  signs = await startSignLine({ port: 'tcp:0', protocol: 'strip', addresses: [1] });
  atWindow = await startIdReader({ port: 'tcp:0' });
  atKiosk = await startIdReader({ port: 'tcp:0' });
  scanner = await startScanner({ port: 'tcp:0' });
  hub = await new ScriptedHub(TOKEN).listen();
  cable = await relay(() => hub.port);
  satellite = await startSatelliteAt(
    folder.path,
    satelliteYaml(
      cable.port,
      `devices:
  - {id: pads, model: ff68, port: "${bus.port}", addresses: {1: {window: 1, as: pad, staff: "1001", transferTo: mortgage}}}
  - {id: signs, model: strip, port: "${signs.port}", addresses: {1: {window: 1}}}
  - {id: reader-1, model: sdt, port: "${atWindow.port}", window: 1}
  - {id: reader-kiosk, model: sdt, port: "${atKiosk.port}"}
  - {id: scanner-kiosk, model: scanner-serial, port: "${scanner.port}"}
`,
    ),
    TOKEN,
  );
  screen = io(satellite.url, { path: '/live', transports: ['websocket'], auth: { role: 'kiosk' } });
  for (const name of ['card', 'card-unreadable', 'scan'])
    screen.on(name, (data: Record<string, unknown>) => heard.push({ name, data }));
  await until('the screen', () => screen.connected);
  await until('the devices to be announced as ready', () => {
    const last = hub.reports.filter(({ name }) => name === 'devices').at(-1);
    const list = (last?.data['devices'] ?? []) as { state: string }[];
    return list.length === 5 && list.every(({ state }) => state === 'ready');
  });
});
afterAll(async () => {
  screen?.disconnect();
  await satellite?.close();
  await cable?.close();
  await hub?.close();
  for (const device of [bus, signs, atWindow, atKiosk, scanner]) await device?.close();
  folder[Symbol.dispose]();
});

const pad = (): Ff68PadState => bus.state().devices[1] as Ff68PadState;

describe('what a satellite lends', () => {
  it('is announced with what the hub must know of a pad', () => {
    const last = hub.reports.filter(({ name }) => name === 'devices').at(-1);
    expect(last?.data).toMatchObject({ kiosk: false });
    expect((last?.data['devices'] as { id: string }[]).find(({ id }) => id === 'pads.1')).toMatchObject({
      kind: 'pad',
      window: 1,
      staff: '1001',
      transferTo: 'mortgage',
    });
  });

  it('shows and beeps as the hub says', async () => {
    expect(await hub.command('pad.display', { device: 'pads.1', waiting: 7, ticket: 'A012' })).toMatchObject({
      ok: true,
    });
    await until('the display', () => pad().display.waiting === '  7' && pad().display.ticket === '012');
    const { beeps } = pad();
    expect(await hub.command('pad.beep', { device: 'pads.1' })).toMatchObject({ ok: true });
    await until('the beep', () => pad().beeps > beeps);
    const text = { text: '请A012到1号窗口', flashS: 0 };
    expect(await hub.command('sign.show', { device: 'signs.1', priority: 'call', text })).toMatchObject({
      ok: true,
    });
    await until('the sign', () => JSON.stringify(signs.state(1)).includes('请A012到1号窗口'));
    expect(await hub.command('pad.display', { device: 'pads.1', waiting: 1000, ticket: null })).toMatchObject(
      {
        refused: 'bad-command',
      },
    );
  });

  it('has a key of a pad on its disk before the pad is told; while the hub is away it beeps', async () => {
    bus.press(1, NEXT);
    await until('the acknowledgement', () => pad().acknowledged === 1);
    const key = { device: 'pads.1', window: 1, action: 'call-next' };
    expect(onDisk(folder.path).find(({ type }) => type === 'hall.key.kept')?.data).toMatchObject(key);
    await until('the key at the hub', () => hub.ofType('hall.key.kept').length === 1);
    expect(hub.ofType('hall.key.kept')[0]?.data).toMatchObject(key);

    cable.cut();
    await until('the cut to be noticed', async () =>
      JSON.stringify((await satellite.as(null)('GET', 'health')).body['links']).includes('away'),
    );
    const { beeps } = pad();
    // Two equal frames within 400 ms are one press (FF68): another key is another press.
    bus.press(1, 0x0d);
    await until('the beep', () => pad().acknowledged === 2 && pad().beeps > beeps);
    cable.mend();
    await until('the late key', () => hub.ofType('hall.key.kept').length === 2);
  });

  it('tells of a card at a window the keyed hash and the masked number, and to no kiosk screen', async () => {
    const before = heard.length;
    atWindow.putCard(person);
    const kept = await until('the card', () => hub.ofType('hall.card.kept')[0]);
    expect(kept.data).toMatchObject({
      device: 'reader-1',
      window: 1,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      earlierHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(kept.data['masked']).toContain('*');
    expect(JSON.stringify(kept)).not.toContain(person.number);
    expect(heard).toHaveLength(before);
  });

  it('keeps a card at its own kiosk for that kiosk: a one-time key, nothing on disk', async () => {
    const cards = onDisk(folder.path).filter(({ type }) => type === 'hall.card.kept').length;
    atKiosk.putCard(person);
    const card = await until('the card on the screen', () => heard.find(({ name }) => name === 'card'));
    expect(card.data['idCard']).toEqual(expect.stringMatching(/^[\w-]{22}$/));
    expect(onDisk(folder.path).filter(({ type }) => type === 'hall.card.kept')).toHaveLength(cards);
    expect(JSON.stringify(card)).not.toContain(person.number);
  });

  it('keeps a code of ours as it is, and of any other only its length', async () => {
    scanner.scan('http://hall.example/t/t00112233445566778899');
    const scan = await until('the code on the screen', () => heard.find(({ name }) => name === 'scan'));
    expect(scan.data).toMatchObject({ kind: 'ticket', value: 't00112233445566778899' });
    scanner.scan('Somebody 13800000000');
    const [, other] = await until('both at the hub', () => {
      const scans = hub.ofType('hall.scan.kept');
      return scans.length === 2 && scans;
    });
    expect(other?.data).toEqual({ device: 'scanner-kiosk', kind: 'other', value: null, length: 20 });
    expect(hub.ofType('hall.scan.kept')[0]?.data).toMatchObject({
      kind: 'ticket',
      value: 't00112233445566778899',
    });
  });
});
