/** The limit that durable work is compared with: append and fdatasync of one record, nothing else. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Microseconds of `count` appends of `bytes` with fdatasync each, in a folder beside `near`. */
export function rawAppends(near: string, count: number, bytes: number): number[] {
  const folder = mkdtempSync(join(near, 'raw-'));
  const file = openSync(join(folder, 'log'), 'a');
  const record = Buffer.alloc(bytes, 'x');
  const times: number[] = [];
  try {
    for (let i = 0; i < count; i += 1) {
      const start = performance.now();
      writeSync(file, record);
      fdatasyncSync(file);
      times.push((performance.now() - start) * 1000);
    }
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
  return times;
}

/** The value below which the share `p` [0…1] of the times lies. */
export function quantile(times: readonly number[], p: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

export type Row = { what: string; p50: number; p99: number; unit: string; note: string };

export function row(what: string, times: readonly number[], limitP50: number, note = ''): Row {
  const p50 = quantile(times, 0.5);
  return {
    what,
    p50: Math.round(p50),
    p99: Math.round(quantile(times, 0.99)),
    unit: 'µs',
    note: `${(p50 / limitP50).toFixed(2)} × raw fdatasync${note ? `; ${note}` : ''}`,
  };
}
