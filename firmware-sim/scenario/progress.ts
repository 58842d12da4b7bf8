/** What a running scenario tells of itself, and what it answers in the end. */
import type { Comparison } from './compare.ts';
import type { Ledger } from './ledger.ts';

export type ScenarioState = 'idle' | 'running' | 'finished' | 'failed';
/** checking: hall and file fit? day: it goes on; clearing: faults off, waiting for what is under way; comparing: done with arrived. */
export type ScenarioPhase = 'checking' | 'day' | 'clearing' | 'comparing';

export type ScenarioCounts = {
  /** visitors that have come, of those planned */
  arrived: number;
  planned: number;
  /** have a ticket and have neither been served nor gone */
  inHall: number;
  waiting: number;
  served: number;
  missed: number;
  cancelled: number;
  /** keys of evaluators that the device has taken */
  pressed: number;
  faultsOn: number;
};

export type ScenarioProgress = {
  state: ScenarioState;
  phase: ScenarioPhase | null;
  name: string | null;
  seed: number | null;
  speed: number | null;
  /** HH:MM:SS of the hall's day */
  time: string | null;
  /** 0…1 of the day */
  share: number;
  counts: ScenarioCounts;
  /** the last 100 things that happened, oldest first */
  lines: string[];
  /** does-not-fit: nothing was done; no-answer: hub or panel are not there; broke-off: in the middle of the day */
  failure: 'does-not-fit' | 'no-answer' | 'broke-off' | null;
  /** why it failed, a sentence each; also what differs */
  why: string[];
  report: ScenarioReport | null;
};

export type ScenarioReport = {
  report: 1;
  scenario: string;
  seed: number;
  speed: number;
  startedAt: string;
  endedAt: string;
  /** ended before the day was over */
  stopped: boolean;
  /** what was done is what arrived */
  equal: boolean;
  rows: Comparison['rows'];
  differences: Comparison['differences'];
  notes: string[];
  counts: ScenarioCounts;
  done: Ledger;
};

/** What the ledger says so far. */
export function countsOf({ visitors, presses }: Ledger, planned: number, faultsOn: number): ScenarioCounts {
  const of = (outcome: (typeof visitors)[number]['outcome']) =>
    visitors.filter((visitor) => visitor.outcome === outcome).length;
  const waiting = of('waiting');
  return {
    arrived: visitors.length,
    planned,
    inHall: waiting + of('called') + of('arriving'),
    waiting,
    served: of('served'),
    missed: of('missed'),
    cancelled: of('cancelled'),
    pressed: presses.filter(({ taken }) => taken === 'taken').length,
    faultsOn,
  };
}
