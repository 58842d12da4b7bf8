/** The ledger: open opinions, and those struck off lately. */
import type { OpinionKind } from '../../contract/opinions.ts';

export type OpinionRules = {
  /** to be answered within so many working days */
  dueWorkingDays: number;
  /** a struck-off one is kept in the state for so many days */
  keepDays: number;
};

export type Opinion = {
  opinion: string;
  kind: OpinionKind;
  channel: string;
  text: string;
  window?: number;
  session?: number;
  codeHash: string;
  filedAt: string;
  dueDay: string;
  state: 'filed' | 'assigned' | 'answered' | 'closed';
  assignedTo: string | null;
  answer: { text: string; by: string; at: string } | null;
  closed: { outcome: string; reason: string; by: string; at: string } | null;
};

export type OpinionState = {
  known: Record<string, Opinion>;
  /** idempotency key → ledger number, of this day */
  keys: Record<string, string>;
  /** of this day */
  running: number;
};

export function noOpinions(): OpinionState {
  return { known: {}, keys: {}, running: 0 };
}
