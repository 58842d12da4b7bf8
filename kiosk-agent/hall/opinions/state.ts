/** The ledger: open opinions, and those struck off lately. */
import type { EventData } from '../../contract/events.ts';
import type { OPINION_CHANNELS, OPINION_OUTCOMES, OpinionKind } from '../../contract/opinions.ts';

export type OpinionRules = {
  /** to be answered within so many working days */
  dueWorkingDays: number;
  /** a struck-off one is kept in the state for so many days */
  keepDays: number;
};

export type OpinionChannel = (typeof OPINION_CHANNELS)[number];
export type OpinionOutcome = (typeof OPINION_OUTCOMES)[number];

export type Opinion = {
  opinion: string;
  kind: OpinionKind;
  channel: OpinionChannel;
  text: string;
  window?: number;
  /** the rating that it came from */
  session?: number;
  codeHash: string;
  filedAt: string;
  dueDay: string;
  state: 'filed' | 'assigned' | 'answered' | 'closed';
  assignedTo: string | null;
  answer: { text: string; by: string; at: string } | null;
  closed: { outcome: OpinionOutcome; reason: string; by: string; at: string } | null;
  /** how often it was taken up again, and why the last time */
  reopened: { times: number; reason: string; by: string; at: string } | null;
  /** struck-off ones go after this local day; null while open */
  keepUntil: string | null;
};

export type OpinionState = {
  /** at most {@link OPINIONS_KEPT} */
  known: Record<string, Opinion>;
  /** open ones that had to make room: only the log has them */
  leftOpen: number;
  /** idempotency key → ledger number, of this day */
  keys: Record<string, string>;
  /** of this day */
  running: number;
};

export const OPINIONS_KEPT = 1000;

/** What the event says of a new opinion. */
export type Filed = EventData<'hall.opinion.filed'>;

export function noOpinions(): OpinionState {
  return { known: {}, leftOpen: 0, keys: {}, running: 0 };
}
