/** What processes take of the machine, from /proc: memory and processor time. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const TICKS_A_SECOND = 100;

/** A process's resident memory in MiB: now and at most. */
export function memoryOf(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string) =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return { now: mib('VmRSS'), most: mib('VmHWM') };
}

/** From now on `most` is the most from now on. */
export function forgetMost(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Its processor time in seconds, and that of its children that have ended. */
export function processorOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_A_SECOND;
}

export function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => quiet(() => parentOf(pid)) === parent);
}

/** All of a PostgreSQL server: MiB with its shared memory counted once, and processor seconds. */
export function postgresCosts(postmaster: number): { memory: number; processor: number } {
  const pids = [postmaster, ...childrenOf(postmaster)];
  const sum = (of: (pid: number) => number) =>
    pids.reduce((total, pid) => total + (quiet(() => of(pid)) ?? 0), 0);
  const share = (pid: number) =>
    Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024;
  return { memory: Math.round(sum(share)), processor: sum(processorOf) };
}

/** A process may end while it is looked at. */
function quiet<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
