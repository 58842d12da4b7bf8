/** The surge that holds now, if any, and what the forecast has seen. */
import type { SurgeMeasures } from '../../contract/surge.ts';

export type SurgeRules = {
  /** by forecast: when the last visitor of today would wait beyond closing by more than this, minutes; null: by hand only */
  auto: { beyondClosingMin: number; measures: SurgeMeasures } | null;
};

export type Surge = {
  surge: string;
  by: 'staff' | 'forecast' | 'central';
  startedAt: string;
  reason: string;
  measures: SurgeMeasures;
  /** started by the forecast and touched by nobody since: only such a one the forecast ends */
  automatic: boolean;
};

export type SurgeState = {
  current: Surge | null;
  /** when the forecast went beyond closing at the latest check; a second time in a row starts a surge */
  foreseenAt: string | null;
  /** local day on which a person ended a surge: the forecast starts none any more that day */
  endedByHandOn: string | null;
};

export function noSurge(): SurgeState {
  return { current: null, foreseenAt: null, endedByHandOn: null };
}
