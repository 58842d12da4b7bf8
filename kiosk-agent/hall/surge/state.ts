/** The surge that holds now, if any. */
import type { SurgeMeasures } from '../../contract/surge.ts';

export type SurgeRules = {
  /** by forecast: when the last visitor of today would wait beyond closing by more than this, minutes; null: by hand only */
  auto: { beyondClosingMin: number; measures: SurgeMeasures } | null;
};

export type SurgeState = {
  current: {
    surge: string;
    by: 'staff' | 'forecast' | 'central';
    startedAt: string;
    reason: string;
    measures: SurgeMeasures;
  } | null;
};

export function noSurge(): SurgeState {
  return { current: null };
}
