/** What systemd hears of an agent; systemd-notify is a script that writes down how it was called. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { watchdogOf, type Watchdog } from '../../kiosk-agent/cli/watchdog.ts';
import { temporaryFolder, until } from '../harness/programs.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

/** systemd's side: a folder in front of PATH with a systemd-notify that does `then` after writing down its arguments. */
function systemd(then = ''): { env: NodeJS.ProcessEnv; heard: () => string[] } {
  const folder = temporaryFolder('watchdog');
  undo.push(() => folder[Symbol.dispose]());
  const log = join(folder.path, 'heard');
  writeFileSync(join(folder.path, 'systemd-notify'), `#!/bin/sh\necho "$@" >> "${log}"\n${then}\n`, {
    mode: 0o755,
  });
  return {
    env: {
      PATH: `${folder.path}${delimiter}${process.env['PATH'] ?? ''}`,
      NOTIFY_SOCKET: join(folder.path, 'notify'),
    },
    heard: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  };
}
type Said = { why: unknown; sentence: string };
function start(
  env: NodeJS.ProcessEnv,
  progress: () => boolean | Promise<boolean>,
): { watchdog: Watchdog; said: Said[] } {
  const said: Said[] = [];
  const watchdog = watchdogOf({
    env,
    progress,
    log: { warn: ({ why }, sentence) => said.push({ why, sentence }) },
  });
  undo.push(() => watchdog.stopping());
  return { watchdog, said };
}
const fed = (heard: string[]): number => heard.filter((line) => line === 'WATCHDOG=1').length;

describe.skipIf(process.platform === 'win32')('systemd', () => {
  it('hears that the agent is ready, then that it lives, then that it ends; each in its turn', async () => {
    const { env, heard } = systemd();
    const { watchdog, said } = start({ ...env, WATCHDOG_USEC: '100000' }, () => true);
    expect(heard()).toEqual([]);
    await watchdog.ready('http://127.0.0.1:8480/');
    expect(heard()[0]).toBe('READY=1 STATUS=http://127.0.0.1:8480/ WATCHDOG=1');
    await until('the watchdog to be fed', () => fed(heard()) >= 3);
    await watchdog.stopping();
    await watchdog.stopping();
    await until('the end', () => heard().includes('STOPPING=1'));
    const after = heard().length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(heard().length).toBe(after);
    expect(heard().filter((line) => line === 'STOPPING=1')).toHaveLength(1);
    expect(said).toEqual([]);
  });

  it('hears nothing more of an agent that makes no progress, and hears again when it does', async () => {
    const { env, heard } = systemd();
    let asked = 0;
    let progress = false;
    const { watchdog } = start({ ...env, WATCHDOG_USEC: '40000' }, () => (asked++, progress));
    await watchdog.ready('');
    await until('some questions', () => asked >= 5);
    expect(fed(heard())).toBe(0);
    progress = true;
    await until('the watchdog to be fed', () => fed(heard()) >= 1);
  });

  it('hears nothing of an agent whose journal never answers, and the question is asked only once', async () => {
    const { env, heard } = systemd();
    let asked = 0;
    const { watchdog } = start({ ...env, WATCHDOG_USEC: '20000' }, () => {
      asked += 1;
      return new Promise(() => {});
    });
    await watchdog.ready('');
    await until('the first question', () => asked === 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(asked).toBe(1);
    expect(fed(heard())).toBe(0);
  });

  it('is told that the agent is ready where it wants no watchdog, or means another process', async () => {
    for (const more of [{}, { WATCHDOG_USEC: '20000', WATCHDOG_PID: '1' }]) {
      const { env, heard } = systemd();
      let asked = 0;
      const { watchdog } = start({ ...env, ...more }, () => (asked++, true));
      await watchdog.ready('ready');
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(heard()).toEqual(['READY=1 STATUS=ready']);
      expect(asked).toBe(0);
    }
  });

  it('is not asked for at all where NOTIFY_SOCKET is not set', async () => {
    const { env, heard } = systemd();
    const { watchdog } = start({ PATH: env['PATH'], WATCHDOG_USEC: '20000' }, () => true);
    await watchdog.ready('');
    await watchdog.stopping();
    expect(heard()).toEqual([]);
  });
});

describe('what goes wrong with systemd', () => {
  it.skipIf(process.platform === 'win32')('is said once, and the agent goes on', async () => {
    const { env, heard } = systemd('echo "no such socket" >&2; exit 1');
    const { watchdog, said } = start({ ...env, WATCHDOG_USEC: '40000' }, () => true);
    await watchdog.ready('');
    await until('several attempts', () => fed(heard()) >= 2);
    await watchdog.stopping();
    expect(said).toEqual([
      { why: 'systemd-notify ended with 1: no such socket', sentence: 'systemd could not be told' },
    ]);
  });

  it('is said once where systemd-notify does not exist', async () => {
    const { watchdog, said } = start({ PATH: '/nowhere', NOTIFY_SOCKET: '/nowhere/notify' }, () => true);
    await watchdog.ready('');
    await watchdog.stopping();
    expect(said).toHaveLength(1);
    expect(said[0]?.why).toContain('ENOENT');
  });

  it.skipIf(process.platform === 'win32')(
    'is no harm when the agent cannot say whether it makes progress',
    async () => {
      const { env, heard } = systemd();
      let asked = 0;
      const { watchdog, said } = start({ ...env, WATCHDOG_USEC: '20000' }, () => {
        asked += 1;
        throw new Error('the journal is closed');
      });
      await watchdog.ready('');
      await until('two questions', () => asked >= 2);
      expect(said).toEqual([
        { why: 'the journal is closed', sentence: 'the agent could not say whether it makes progress' },
      ]);
      expect(fed(heard())).toBe(0);
    },
  );
});

const real =
  spawnSync('systemd-notify', ['--version']).status === 0 && spawnSync('python3', ['--version']).status === 0;
describe.runIf(real)('the real systemd-notify', () => {
  it('brings READY, WATCHDOG and STOPPING to the socket', async () => {
    const folder = temporaryFolder('notify');
    undo.push(() => folder[Symbol.dispose]());
    const path = join(folder.path, 'notify');
    const receiver = spawn('python3', ['-u', '-c', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    undo.push(() => receiver.kill());
    let heard = '';
    receiver.stdout.on('data', (bytes: Buffer) => (heard += bytes.toString()));
    await once(receiver, 'spawn');
    await until('the socket', () => existsSync(path));
    const { watchdog, said } = start(
      { ...process.env, NOTIFY_SOCKET: path, WATCHDOG_USEC: '400000', WATCHDOG_PID: '' },
      () => true,
    );
    await watchdog.ready('http://127.0.0.1:8480/');
    await until('the watchdog', () => /^WATCHDOG=1$/m.test(heard));
    await watchdog.stopping();
    await until('the end', () => heard.includes('STOPPING=1'));
    expect(heard).toContain('READY=1');
    expect(heard).toContain('STATUS=http://127.0.0.1:8480/');
    expect(said).toEqual([]);
  });
});

/** Prints every datagram; closes the descriptors that come with it, which is what systemd-notify waits for. */
const RECEIVER = `
import array, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    text, extra, _, _ = s.recvmsg(4096, socket.CMSG_SPACE(64))
    for level, kind, data in extra:
        if kind == socket.SCM_RIGHTS:
            fds = array.array('i')
            fds.frombytes(data[:len(data) - len(data) % fds.itemsize])
            for fd in fds: os.close(fd)
    print(text.decode())
`;
