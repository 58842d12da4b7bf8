/** The hub's calls for the ledger of opinions. */
import type {
  OPINION_CHANNELS,
  OPINION_OUTCOMES,
  OpinionKind,
} from '../../../kiosk-agent/contract/opinions.ts';
import { call } from '../../api.ts';

export type Kind = OpinionKind;
export type Channel = (typeof OPINION_CHANNELS)[number];
export type OpinionOutcome = (typeof OPINION_OUTCOMES)[number];
export type Opinion = {
  opinion: string;
  kind: Kind;
  channel: Channel;
  text: string;
  window?: number;
  /** the bad rating that it came from */
  session?: number;
  filedAt: string;
  dueDay: string;
  state: 'filed' | 'assigned' | 'answered' | 'closed';
  assignedTo: string | null;
  answer: { text: string; by: string; at: string } | null;
  closed: { outcome: OpinionOutcome; reason: string; by: string; at: string } | null;
  reopened: { times: number; reason: string; by: string; at: string } | null;
  overdue: boolean;
  workingDaysLeft: number;
};
export type Opinions = { opinions: Opinion[]; leftOpen: number };
export type Filing = {
  kind: Kind;
  channel: Channel;
  text: string;
  window?: number;
  session?: number;
  idempotencyKey: string;
};
export type Filed = { opinion: string; code: string; dueDay: string };

const path = (opinion: string, action: string): string =>
  `/opinions/${encodeURIComponent(opinion)}/${action}`;
type By = { staff?: string };
export const opinions = {
  list: () => call<Opinions>('GET', '/opinions'),
  file: (filing: Filing) => call<Filed>('POST', '/opinions', filing),
  assign: (opinion: string, wish: { to: string } & By) =>
    call<Opinion>('POST', path(opinion, 'assign'), wish),
  answer: (opinion: string, wish: { text: string } & By) =>
    call<Opinion>('POST', path(opinion, 'answer'), wish),
  close: (opinion: string, wish: { outcome: OpinionOutcome; reason: string } & By) =>
    call<Opinion>('POST', path(opinion, 'close'), wish),
  reopen: (opinion: string, wish: { reason: string } & By) =>
    call<Opinion>('POST', path(opinion, 'reopen'), wish),
};
