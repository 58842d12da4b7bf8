import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { verifyJournal } from '../../kiosk-agent/journal/verify.ts';
import { newFolder, openIn } from './folder.ts';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));
const KILLS = 20;

test('after every SIGKILL each record that was acknowledged is there, without a gap, in an unbroken chain', async () => {
  const { folder, file } = newFolder();
  const acknowledged = new Map<number, string>();
  const delays = Array.from({ length: KILLS }, () => Math.floor(Math.random() ** 2 * 150));
  const seen = `killed after ${delays.join(', ')} ms`;
  for (const [round, delay] of delays.entries()) {
    // Every fifth one is killed at a moment counted from its start, so that opening and creating are hit as well.
    for (const line of await killed(folder, delay, round % 5 === 0 ? 'start' : 'open')) {
      const [word, seq, prev] = line.split(' ');
      if (word !== 'ack') continue;
      expect(acknowledged.has(Number(seq)), `${line} twice; ${seen}`).toBe(false);
      acknowledged.set(Number(seq), prev!);
    }
    if (!existsSync(file)) continue;
    const verdict = verifyJournal(file);
    expect(verdict, seen).toMatchObject({ ok: true });
    expect(verdict.ok && verdict.last, seen).toBeGreaterThanOrEqual(Math.max(0, ...acknowledged.keys()));
  }
  const { journal, repaired } = await openIn(folder);
  expect(repaired, seen).toBeNull();
  const events = await journal.read(0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  expect(acknowledged.size, seen).toBeGreaterThan(100);
  for (const [seq, prev] of acknowledged) expect(events[seq - 1]?.prev, seen).toBe(prev);
});

/** Runs a writer, kills it `delay` ms after its start or its first line, and returns the whole lines it has printed. */
function killed(folder: string, delay: number, since: 'start' | 'open'): Promise<string[]> {
  return new Promise((settle, refuse) => {
    const child = spawn(process.execPath, [CHILD, folder, 'write'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    let timer: NodeJS.Timeout | null = null;
    const soon = (wait: number): void => void (timer ??= setTimeout(() => child.kill('SIGKILL'), wait));
    // A journal opens some 200 ms after the start of its process.
    if (since === 'start') soon(100 + delay * 2);
    child.stdout.on('data', (chunk) => {
      text += String(chunk);
      soon(delay);
    });
    child.once('error', refuse);
    child.once('close', (code) => {
      if (timer) clearTimeout(timer);
      if (code === null) settle(text.slice(0, text.lastIndexOf('\n') + 1).split('\n'));
      else refuse(new Error(`the writer ended by itself with ${code}`));
    });
  });
}
