/** The hub's calls for a surge and for what would help. */
import type { ServedToday, WindowState } from '../../../kiosk-agent/contract/live.ts';
import type { SurgeMeasures } from '../../../kiosk-agent/contract/surge.ts';
import { call } from '../../api.ts';

export type Measures = SurgeMeasures;
export type SurgeState = {
  current: {
    surge: string;
    by: 'staff' | 'forecast' | 'central';
    startedAt: string;
    reason: string;
    measures: Measures;
    /** begun by the forecast and touched by nobody since */
    automatic: boolean;
  } | null;
  /** RFC 3339, longer hours counted; null where nothing is published */
  closesAt: string | null;
  lastServedAt: string | null;
  services: {
    service: string;
    waiting: number;
    afterClosing: number;
    moreToday: number | null;
    wait: { minS: number; maxS: number } | null;
    expectedEnd: string | null;
    servedToday: ServedToday;
  }[];
  /** what each window takes now */
  windows: { number: number; services: string[] }[];
};
export type Suggestion = {
  service: string;
  window: number;
  state: Extract<WindowState, 'idle' | 'paused' | 'closed'>;
  /** the window does not take it now: a surge can give it */
  diverted: boolean;
  waiting: number;
  waitBeforeS: number | null;
  waitAfterS: number;
};
export type Suggestions = {
  suggestions: Suggestion[];
  services: {
    service: string;
    waiting: number;
    windowsOpen: number;
    workPerWindowS: number | null;
    waitS: number | null;
  }[];
  windows: unknown[];
};
export type SurgeStep = 'start' | 'change' | 'end';

export const surge = {
  state: () => call<SurgeState>('GET', '/surge'),
  suggestions: () => call<Suggestions>('GET', '/suggestions'),
  start: (reason: string, measures: Measures) => call<SurgeState>('POST', '/surge', { reason, measures }),
  change: (reason: string, measures: Measures) =>
    call<SurgeState>('POST', '/surge/change', { reason, measures }),
  end: (reason: string) => call<SurgeState>('POST', '/surge/end', { reason }),
};
