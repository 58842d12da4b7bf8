/** What everybody on a running day shares. */
import type { DayClock } from './day-clock.ts';
import type { Hub, HubDevice } from './hub.ts';
import type { DoneVisitor, Ledger } from './ledger.ts';
import type { Panel } from './panel.ts';
import type { PlannedVisitor } from './plan.ts';

/** Whose keys stand at a window. */
export type EvaluatorPlace =
  | { kind: 'numbered'; device: string; hubDevice: string; window: number }
  | { kind: 'line'; device: string; address: number; hubDevice: string; window: number };
export type PadPlace = { device: string; address: number; window: number };

/** The hall as hub and panel describe it before the day begins. */
export type HallPlaces = {
  agentId: string;
  evaluators: ReadonlyMap<number, EvaluatorPlace>;
  pads: ReadonlyMap<number, PadPlace>;
  printers: readonly string[];
  hubDevices: readonly HubDevice[];
};

/** A visitor in the hall. */
export type Visitor = {
  planned: PlannedVisitor;
  done: DoneVisitor;
  /** has gone without a word: will not come when called */
  gone: boolean;
};

export type Day = {
  hub: Hub;
  panel: Panel;
  clock: DayClock;
  places: HallPlaces;
  ledger: Ledger;
  /** aborts everything, now */
  signal: AbortSignal;
  /** by ticket id */
  visitors: Map<string, Visitor>;
  /** told to whoever watches, with the time of the day before it */
  say: (line: string) => void;
  trouble: (trouble: string) => void;
};
