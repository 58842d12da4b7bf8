import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BINDINGS_FILE, openBindings, type Bindings } from '../../../kiosk-agent/device/bindings.ts';
import type { Identity } from '../../../kiosk-agent/device/fingerprint.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hall-bindings-'));
  file = join(folder, 'state', BINDINGS_FILE);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NOW = new Date('2026-01-05T01:00:00Z');
const ch340 = (location: string): Identity => ({
  kind: 'serial',
  path: '/dev/ttyUSB0',
  vendorId: '1a86',
  productId: '7523',
  interface: 0,
  location,
});
const said: string[] = [];
const open = (): Promise<Bindings> => {
  said.length = 0;
  return openBindings(file, { now: () => NOW, say: (sentence) => said.push(sentence) });
};
const onDisk = () => JSON.parse(readFileSync(file, 'utf8')) as { bindings: { device: string }[] };

describe('bindings', () => {
  it('are there again after a restart; nothing is written before there is something to keep', async () => {
    const bindings = await open();
    expect(readdirSync(folder)).toEqual([]);
    expect(await bindings.bind('evaluator-1', ch340('S1'))).toEqual({ unbound: [] });
    await bindings.setSettings('evaluator-1', { note: '左边窗口', keyMap: { '3': 5, '5': 1 } });
    const again = await open();
    expect(again.bindingOf('evaluator-1')).toEqual({
      device: 'evaluator-1',
      identity: ch340('S1'),
      boundAt: '2026-01-05T01:00:00.000Z',
    });
    expect(again.settings).toEqual([{ device: 'evaluator-1', note: '左边窗口', keyMap: { '3': 5, '5': 1 } }]);
    expect(readdirSync(join(file, '..'))).toEqual([BINDINGS_FILE]);
    expect(said).toEqual([]);
  });

  it('give one thing to one device: who had it before loses it, and that is told', async () => {
    const bindings = await open();
    await bindings.bind('a', ch340('S1'));
    await bindings.bind('b', ch340('S2'));
    // The same socket under another path is the same thing; another socket is another.
    expect(await bindings.bind('c', { ...ch340('S1'), path: '/dev/ttyUSB9' })).toEqual({ unbound: ['a'] });
    expect(bindings.bindings.map(({ device }) => device)).toEqual(['b', 'c']);
    // Bound to something else, a device leaves what it had.
    expect(await bindings.bind('c', ch340('S3'))).toEqual({ unbound: [] });
    expect(bindings.bindings.map(({ device, identity }) => [device, identity.location])).toEqual([
      ['b', 'S2'],
      ['c', 'S3'],
    ]);
    expect(await bindings.unbind('b')).toBe(true);
    expect(await bindings.unbind('b')).toBe(false);
    expect(onDisk().bindings.map(({ device }) => device)).toEqual(['c']);
  });

  it('keep a setting that is not changed, and no empty ones', async () => {
    const bindings = await open();
    await bindings.setSettings('a', { note: 'x' });
    await bindings.setSettings('a', { keyMap: { '1': 5 } });
    expect(bindings.settingsOf('a')).toEqual({ device: 'a', note: 'x', keyMap: { '1': 5 } });
    await bindings.setSettings('a', { note: null });
    expect(bindings.settingsOf('a')).toEqual({ device: 'a', keyMap: { '1': 5 } });
    await bindings.setSettings('a', { keyMap: null });
    expect(bindings.settings).toEqual([]);
  });

  it('that change at the same time are all kept', async () => {
    const bindings = await open();
    await Promise.all(['a', 'b', 'c', 'd'].map((device) => bindings.bind(device, ch340(device))));
    expect(onDisk().bindings.map(({ device }) => device)).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('a damaged file', () => {
  const row = { device: 'a', identity: ch340('S1'), boundAt: NOW.toISOString() };
  it.each([
    ['half a document', '{"bindings": [{"device": "a", "ident'],
    ['nothing', ''],
    ['another document', '{"staff": [], "tokens": []}'],
    [
      'a level that does not exist',
      JSON.stringify({ bindings: [row], settings: [{ device: 'a', keyMap: { '1': 9 } }] }),
    ],
    [
      'ids that are none',
      JSON.stringify({
        bindings: [{ ...row, identity: { ...row.identity, vendorId: '1A86' } }],
        settings: [],
      }),
    ],
  ])('with %s is set aside, said, and kept', async (_what, text) => {
    const first = await open();
    await first.bind('x', ch340('S9'));
    await first.unbind('x');
    writeFileSync(file, text);
    const bindings = await open();
    expect(bindings.bindings).toEqual([]);
    expect(said).toHaveLength(1);
    const aside = `${BINDINGS_FILE}.damaged-2026-01-05T01-00-00-000Z`;
    expect(said[0]).toContain(`is kept as ${join(file, '..', aside)}`);
    expect(readFileSync(join(file, '..', aside), 'utf8')).toBe(text);
    await bindings.bind('b', ch340('S2'));
    expect((await open()).bindings.map(({ device }) => device)).toEqual(['b']);
  });

  it('beside a running agent costs nothing of what the agent knows', async () => {
    const bindings = await open();
    await bindings.bind('a', ch340('S1'));
    writeFileSync(file, 'x');
    expect(await bindings.changed()).toBe(false);
    expect(said).toHaveLength(1);
    expect(onDisk().bindings.map(({ device }) => device)).toEqual(['a']);
    // Found damaged only when something is to be written.
    writeFileSync(file, 'xx');
    await bindings.bind('b', ch340('S2'));
    expect(said).toHaveLength(2);
    expect(onDisk().bindings.map(({ device }) => device)).toEqual(['a', 'b']);
  });
});

describe('a file that another process writes', () => {
  it('is read again when it has changed, and only then', async () => {
    const agent = await open();
    const command = await open();
    expect(await agent.changed()).toBe(false);
    await command.bind('a', ch340('S1'));
    expect(agent.bindings).toEqual([]);
    expect(await agent.changed()).toBe(true);
    expect(agent.bindings.map(({ device }) => device)).toEqual(['a']);
    expect(await agent.changed()).toBe(false);
    // Written anew with the same content: nothing has changed.
    writeFileSync(file, readFileSync(file));
    utimesSync(file, new Date(), new Date(Date.now() + 5_000));
    expect(await agent.changed()).toBe(false);
    // What was written meanwhile is not overwritten by who has not looked.
    await command.bind('b', ch340('S2'));
    await agent.bind('c', ch340('S3'));
    expect(onDisk().bindings.map(({ device }) => device)).toEqual(['a', 'b', 'c']);
    rmSync(file);
    expect(await agent.changed()).toBe(true);
    expect(agent.bindings).toEqual([]);
  });

  it('loses no change of two processes that write at once', async () => {
    const bindings = await open();
    const child = spawn(process.execPath, [join(import.meta.dirname, 'bind-child.ts'), file, 'child', '25'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = once(child, 'exit');
    let n = 0;
    // Goes on as long as the other writes, so that they do meet.
    let running = true;
    void ended.then(() => (running = false));
    while (running) {
      await bindings.bind(`agent-${n}`, ch340(`agent-${n}`));
      n += 1;
    }
    expect(await ended).toEqual([0, null]);
    await bindings.changed();
    const names = new Set(bindings.bindings.map(({ device }) => device));
    expect([...names].filter((name) => name.startsWith('child-'))).toHaveLength(25);
    expect([...names].filter((name) => name.startsWith('agent-'))).toHaveLength(n);
    expect(readdirSync(join(file, '..'))).toEqual([BINDINGS_FILE]);
  });

  it('is not held up for ever by the lock of a process that died', async () => {
    const bindings = await open();
    await bindings.bind('a', ch340('S1'));
    writeFileSync(`${file}.lock`, '');
    const old = new Date(Date.now() - 60_000);
    utimesSync(`${file}.lock`, old, old);
    await bindings.bind('b', ch340('S2'));
    expect(onDisk().bindings).toHaveLength(2);
  });
});
