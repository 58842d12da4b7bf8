/**
 * A process of its own with a journal, for tests that kill it or take its disk away.
 *   node child.ts FOLDER write   appends without end with several writers and prints `ack SEQ ID` when a record is on disk
 *   node child.ts FOLDER serve   obeys lines on stdin: `append N`, `burst N`, `probe`, `close`; one answer a line
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openJournal } from '../../kiosk-agent/journal/journal.ts';
import { draft, drafts } from './records.ts';

const [folder, mode] = process.argv.slice(2);
// A killed process must not take printed acknowledgements with it: written at once, not through a stream.
function say(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      // The pipe is full: the parent is slower than this disk.
      if ((error as { code: string }).code !== 'EAGAIN') throw error;
    }
  }
}

const { journal } = await openJournal({
  folder: folder!,
  agentId: 'hub-1',
  hall: 'weihai-01',
  region: '371000000000',
});
say(`open ${journal.lastSeq}`);

if (mode === 'write') {
  const writers = Array.from({ length: 8 }, async () => {
    for (;;) {
      for (const event of await journal.append(drafts(3)).durable) say(`ack ${event.seq} ${event.prev}`);
    }
  });
  await Promise.all(writers);
}

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, count] = line.split(' ');
  if (verb === 'append') say(await append(Number(count)));
  // Several calls in the same turn: those behind the refused one are in the thread's queue when it happens.
  if (verb === 'burst')
    say((await Promise.all(Array.from({ length: Number(count) }, () => append(20)))).join(' '));
  if (verb === 'probe') say(`${await journal.probe()} ${places()}`);
  if (verb === 'close') {
    await journal.close();
    say('closed');
    break;
  }
}

async function append(count: number): Promise<string> {
  try {
    const events = await journal.append(Array.from({ length: count }, (_, index) => draft(index))).durable;
    return `ok:${events.at(-1)?.seq}`;
  } catch (error) {
    return `${(error as { code: string }).code}:${places()}`;
  }
}

function places(): string {
  return `${journal.lastSeq}/${journal.durableSeq}/${journal.writable}`;
}
