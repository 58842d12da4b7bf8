/** Linux only: which processes have a device file open, and as whom a process runs. Elsewhere there is no answer. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

export type Holder = { pid: number; program: string };
/** `unseen`: processes of other users could not be looked into, so that nobody found may still be somebody. */
export type Holders = { known: true; holders: Holder[]; unseen: boolean } | { known: false };

/** Programs that open serial ports without being asked. */
export const SUSPECTS: readonly string[] = ['ModemManager', 'brltty'];

/** Looks through /proc; `path` without links in it. Never rejects. */
export async function holdersOf(path: string, proc = '/proc'): Promise<Holders> {
  if (process.platform !== 'linux') return { known: false };
  const holders: Holder[] = [];
  let unseen = false;
  for (const pid of await pids(proc)) {
    const folder = join(proc, String(pid), 'fd');
    try {
      for (const name of await readdir(folder)) {
        const target = await readlink(join(folder, name)).catch(() => '');
        if (target !== path) continue;
        holders.push({ pid, program: await programOf(pid, proc) });
        break;
      }
    } catch (error) {
      // ENOENT, ESRCH: it has just ended.
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES' || code === 'EPERM') unseen = true;
    }
  }
  return { known: true, holders, unseen };
}

/** Those of the usual suspects that run. */
export async function suspectsRunning(proc = '/proc'): Promise<Holder[]> {
  if (process.platform !== 'linux') return [];
  const running = await Promise.all(
    (await pids(proc)).map(async (pid) => ({ pid, program: await nameOf(pid, proc) })),
  );
  return running.filter(({ program }) => SUSPECTS.includes(program));
}

export type ProcessUser = { uid: number; gids: readonly number[] };

/** As whom a process runs, its supplementary groups included; null when nobody can tell. */
export async function userOfProcess(pid: number, proc = '/proc'): Promise<ProcessUser | null> {
  const status = await readFile(join(proc, String(pid), 'status'), 'utf8').catch(() => '');
  const numbers = (name: string): number[] =>
    (new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '').split(/\s+/).filter(Boolean).map(Number);
  // Real, effective, saved, file system.
  const uid = numbers('Uid')[1];
  const gid = numbers('Gid')[1];
  return uid === undefined || gid === undefined ? null : { uid, gids: [gid, ...numbers('Groups')] };
}

async function pids(proc: string): Promise<number[]> {
  const names = await readdir(proc).catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** The kernel cuts the name at 15 characters; a script is called by what runs it. */
async function nameOf(pid: number, proc: string): Promise<string> {
  return (await readFile(join(proc, String(pid), 'comm'), 'utf8').catch(() => '')).trim();
}

async function programOf(pid: number, proc: string): Promise<string> {
  const name = await nameOf(pid, proc);
  const words = (await readFile(join(proc, String(pid), 'cmdline'), 'utf8').catch(() => ''))
    .split('\0')
    .filter(Boolean);
  const script = /^(node|python3?|MainThread)/.test(name)
    ? words.slice(1).find((word) => !word.startsWith('-'))
    : undefined;
  return script === undefined
    ? name || 'unknown'
    : `${words[0]?.split('/').at(-1) ?? name} ${script.slice(0, 120)}`;
}
