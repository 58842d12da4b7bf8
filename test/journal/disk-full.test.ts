/** The disk's refusal is real: the operating system lets a process write files up to a size and no further. */
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { verifyJournal } from '../../kiosk-agent/journal/verify.ts';
import { edit, filled, newFolder, openIn } from './folder.ts';
import { draft } from './records.ts';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));
/** In the shell's blocks of 512 or 1024 bytes: room for some hundred records. */
const FILE_BLOCKS = 400;

const children: { kill(): void }[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill();
});

async function limitedJournal(folder: string) {
  const child = spawn(
    'sh',
    ['-c', `ulimit -S -f ${FILE_BLOCKS}; exec "$0" "$@"`, process.execPath, CHILD, folder, 'serve'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  children.push({ kill: () => child.kill('SIGKILL') });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  expect(await next()).toBe('open 0');
  return {
    ask: (line: string) => {
      child.stdin.write(`${line}\n`);
      return next();
    },
    /** gives the space back */
    lift: () => execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:']),
  };
}

// Windows has no such limit; the code that answers a refusal is the same there.
test.runIf(process.platform === 'linux')(
  'a full disk refuses the work that does not fit, leaves no gap, and work goes on when there is space',
  async () => {
    const { folder, file } = newFolder();
    const child = await limitedJournal(folder);
    let last = 0;
    let refusal = '';
    while (refusal === '') {
      const answer = await child.ask('append 20');
      if (answer.startsWith('ok:')) last = Number(answer.slice(3));
      else refusal = answer;
    }
    expect(last).toBeGreaterThan(0);
    expect(refusal).toBe(`journal-unwritable:${last}/${last}/false`);
    expect(await child.ask('append 1')).toBe(`journal-unwritable:${last}/${last}/false`);
    expect(await child.ask('probe')).toBe(`false ${last}/${last}/false`);
    expect(verifyJournal(file)).toMatchObject({ ok: true, last });
    child.lift();
    expect(await child.ask('append 1')).toBe(`journal-unwritable:${last}/${last}/false`);
    expect(await child.ask('probe')).toBe(`true ${last}/${last}/true`);
    expect(await child.ask('append 1')).toBe(`ok:${last + 1}`);
    expect(await child.ask('close')).toBe('closed');
    expect(verifyJournal(file)).toMatchObject({ ok: true, first: 1, last: last + 1 });
  },
);

test.runIf(process.platform === 'linux')(
  'everything that waits behind a refused record is refused with it',
  async () => {
    const { folder, file } = newFolder();
    const child = await limitedJournal(folder);
    const outcomes = (await child.ask('burst 200')).split(' ');
    const done = outcomes.filter((outcome) => outcome.startsWith('ok:'));
    const last = done.length * 20;
    expect(done.length).toBeLessThan(200);
    // Those that are on disk come first, then nothing more.
    expect(done).toEqual(outcomes.slice(0, done.length));
    expect(outcomes.slice(done.length).every((outcome) => outcome.startsWith('journal-unwritable:'))).toBe(
      true,
    );
    child.lift();
    expect(await child.ask('probe')).toBe(`true ${last}/${last}/true`);
    expect(await child.ask('append 1')).toBe(`ok:${last + 1}`);
    await child.ask('close');
    expect(verifyJournal(file)).toMatchObject({ ok: true, last: last + 1 });
  },
);

test('a refusal by SQLite itself is told with its reason, and probing finds out when it is over', async () => {
  const { folder, file } = newFolder();
  await filled(folder, 1);
  edit(file, "CREATE TRIGGER refuse BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no room'); END");
  const { journal } = await openIn(folder);
  const { durable } = journal.append([draft(2), draft(3)]);
  const behind = journal.append([draft(4)]).durable;
  await expect(durable).rejects.toMatchObject({
    code: 'journal-unwritable',
    message: expect.stringMatching(/cannot be written: no room/),
  });
  await expect(behind).rejects.toMatchObject({ code: 'journal-unwritable' });
  expect(journal).toMatchObject({ writable: false, lastSeq: 1, durableSeq: 1 });
  expect(() => journal.append([draft(2)])).toThrow(
    expect.objectContaining({ code: 'journal-unwritable', facts: expect.objectContaining({ folder }) }),
  );
  expect((await journal.read(0, 10)).map((event) => event.seq)).toEqual([1]);
  edit(file, 'DROP TRIGGER refuse');
  expect(await journal.probe()).toBe(true);
  expect((await journal.append([draft(2)]).durable)[0]?.seq).toBe(2);
  expect(verifyJournal(file)).toMatchObject({ ok: true, last: 2 });
});
