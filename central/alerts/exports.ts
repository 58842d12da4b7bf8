/** Rating exports that nobody answers, as facts. They are of no one region: a rule that names regions does not tell of them. */
import { exportTrouble } from '../rating-exports/standing.ts';
import type { FactSource } from './facts.ts';

export const unansweredExports: FactSource = async (database, now) =>
  (await exportTrouble(database, now)).map(({ exportId, oldestAt }) => ({
    ...{ kind: 'export-unanswered', agentId: '', hall: '', region: '000000000000', subject: exportId },
    ...{ since: oldestAt.getTime(), measure: null, once: null },
  }));
