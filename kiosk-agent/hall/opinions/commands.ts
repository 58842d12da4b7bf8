/** What can be asked of the ledger. Texts come masked (mask.ts), the visitor's code as its hash. */
import type { Filed, OpinionOutcome } from './state.ts';

export type OpinionCommand =
  | ({ name: 'opinion.file' } & Pick<
      Filed,
      'kind' | 'channel' | 'text' | 'window' | 'session' | 'codeHash' | 'staff' | 'idempotencyKey'
    >)
  | { name: 'opinion.assign'; opinion: string; to: string; by: string }
  | { name: 'opinion.answer'; opinion: string; text: string; by: string }
  | { name: 'opinion.close'; opinion: string; outcome: OpinionOutcome; reason: string; by: string }
  | { name: 'opinion.reopen'; opinion: string; reason: string; by: string };
