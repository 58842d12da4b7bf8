import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { filled, newFolder, openIn } from './folder.ts';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));

test('a second agent on the same folder is refused with the folder and the holder, until the first is gone, even by SIGKILL', async () => {
  const { folder } = newFolder();
  const child = spawn(process.execPath, [CHILD, folder, 'serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  expect(line).toBe('open 0');
  const refused = openIn(folder);
  await expect(refused).rejects.toMatchObject({
    code: 'journal-unwritable',
    facts: { why: 'in-use', folder },
  });
  await expect(refused).rejects.toThrow(new RegExp(`process ${child.pid} on `));
  child.kill('SIGKILL');
  await once(child, 'close');
  expect((await openIn(folder)).repaired).toBeNull();
});

test('two in one process are refused as well, and the first is not disturbed', async () => {
  const { folder } = newFolder();
  const { journal } = await openIn(folder);
  await expect(openIn(folder)).rejects.toMatchObject({ facts: { why: 'in-use' } });
  expect(await journal.probe()).toBe(true);
  await journal.close();
  expect((await openIn(folder)).repaired).toBeNull();
});

test("another agent's journal is refused and left as it is", async () => {
  const { folder } = newFolder();
  const epoch = await filled(folder, 3);
  await expect(openIn(folder, { agentId: 'hub-2' })).rejects.toThrow(/journal of agent hub-1, not of hub-2/);
  const { journal, repaired } = await openIn(folder);
  expect(repaired).toBeNull();
  expect(journal).toMatchObject({ epoch, lastSeq: 3 });
});
