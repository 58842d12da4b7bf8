/** The check of the whole log while the hall goes on: on a thread of its own, with its own view of the files. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { JOURNAL_NAME, sealedFiles } from './repair.ts';
import type { Progress, Verdict } from './verify.ts';

export type FileVerdict = { path: string; verdict: Verdict };

/**
 * Verifies the sealed epochs and the running one of the journal in `folder`, oldest first. Rejects when the thread fails or
 * `signal` is aborted.
 */
export function verifyBeside(
  folder: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<FileVerdict[]> {
  const paths = [...sealedFiles(folder).map((file) => file.path), join(folder, JOURNAL_NAME)];
  const worker = new Worker(new URL('./verify-thread.ts', import.meta.url), { workerData: paths });
  const verdicts: FileVerdict[] = [];
  const stop = (): void => void worker.terminate();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  return new Promise<FileVerdict[]>((settle, refuse) => {
    worker.on('message', (said: FileVerdict | { records: number; of: number }) => {
      if ('verdict' in said) verdicts.push(said);
      else progress(said.records, said.of);
    });
    worker.once('error', refuse);
    worker.once('exit', () =>
      verdicts.length === paths.length ? settle(verdicts) : refuse(new Error('the check was stopped')),
    );
  }).finally(() => signal.removeEventListener('abort', stop));
}
