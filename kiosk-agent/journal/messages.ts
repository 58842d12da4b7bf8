/** What the journal's face and its thread say to each other. Records travel as the text that lies on the disk. */
import type { ProblemCode } from '../contract/problem.ts';
import type { Link, Row } from './chain.ts';
import type { Snapshot } from './file.ts';
import type { Repair } from './repair.ts';
import type { JournalStat } from './stat.ts';

export type OpenOptions = { folder: string; agentId: string; newEpoch: string; now: string };
/** A sealed file: the part of an earlier epoch that was saved from a damaged journal. */
export type Sealed = { epoch: string; generation: number; baseSeq: number; lastSeq: number };
export type Opened = {
  epoch: string;
  generation: number;
  last: Link;
  baseSeq: number;
  sealed: Sealed[];
  repaired: Repair | null;
};

/** `epoch` names the file: the running journal's own epoch, or a sealed one's. */
export type Requests = {
  append: { ask: { rows: Row[] }; answer: Link };
  setCursor: { ask: { epoch: string; link: string; seq: number }; answer: null };
  saveSnapshot: { ask: { snapshot: Snapshot }; answer: null };
  cursor: { ask: { epoch: string; link: string }; answer: number };
  read: { ask: { epoch: string; after: number; limit: number; maxBytes: number }; answer: string[] };
  /** records `after` < seq ≤ `through` of one type: bounded by the numbers, so that appends have their turn */
  find: { ask: { epoch: string; type: string; after: number; through: number }; answer: Row[] };
  loadSnapshot: { ask: { epoch: string; version: number }; answer: Snapshot | null };
  retain: { ask: { before: number; links: string[] }; answer: { removed: number; sealedLeft: Sealed[] } };
  stat: { ask: Record<string, never>; answer: JournalStat };
  probe: { ask: Record<string, never>; answer: Link };
  close: { ask: Record<string, never>; answer: null };
};
export type Kind = keyof Requests;
export type Ask = { [K in Kind]: { id: number; kind: K } & Requests[K]['ask'] }[Kind];
/** What may share one transaction; a cursor does when it is the running epoch's. */
export type Write = Extract<Ask, { kind: 'append' | 'setCursor' | 'saveSnapshot' }>;

export type Failure = { code: ProblemCode; detail: string; facts: Record<string, unknown> };
export type Answer = { id: number; value: unknown } | { id: number; failure: Failure };
/** `refusing`: why nothing can be appended until a probe has succeeded; the thread alone decides that. */
export type FromWorker =
  { opened: Opened } | { notOpened: Failure } | { answers: Answer[]; refusing: Failure | null };
