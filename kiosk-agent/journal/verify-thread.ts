/** The thread of verify-beside.ts: reads its own view of the files, so that neither the hall nor the journal waits. */
import { parentPort, workerData } from 'node:worker_threads';
import { verifyJournal } from './verify.ts';

if (!parentPort) throw new Error('verify-thread.ts runs as a worker thread of verify-beside.ts');
const port = parentPort;
for (const path of workerData as string[]) {
  const verdict = verifyJournal(path, { progress: (records, of) => port.postMessage({ records, of }) });
  port.postMessage({ path, verdict });
}
