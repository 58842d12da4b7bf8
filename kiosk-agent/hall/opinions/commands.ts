/** What can be asked of the ledger. */
import type { EventData } from '../../contract/events.ts';

type Filed = EventData<'hall.opinion.filed'>;
export type OpinionCommand =
  | ({ name: 'opinion.file' } & Pick<
      Filed,
      'kind' | 'channel' | 'text' | 'window' | 'session' | 'codeHash' | 'staff' | 'idempotencyKey'
    >)
  | { name: 'opinion.assign'; opinion: string; to: string; by: string }
  | { name: 'opinion.answer'; opinion: string; text: string; by: string }
  | {
      name: 'opinion.close';
      opinion: string;
      outcome: EventData<'hall.opinion.closed'>['outcome'];
      reason: string;
      by: string;
    }
  | { name: 'opinion.reopen'; opinion: string; reason: string; by: string };
