/** Calls to the central server. */
import type {
  AlarmRow,
  BadRating,
  DeviceDown,
  FarEndStatistics,
  HallList,
  HallSort,
  HallState,
  LedgerPage,
  LedgerState,
  Names,
  OpinionEntry,
  RatingExportRefused,
  RatingExportView,
  StatisticsGroup,
} from '../../kiosk-agent/contract/far-end.ts';
import { call } from '../api.ts';

export type HallsQuery = {
  region?: string | undefined;
  q?: string | undefined;
  state?: HallState | 'trouble' | undefined;
  sort?: HallSort;
  order?: 'up' | 'down';
  page?: number;
  size?: number;
};
export type StatisticsQuery = {
  from: string;
  to: string;
  by: StatisticsGroup;
  region?: string | undefined;
  agent?: string | undefined;
  window?: number | undefined;
  service?: string | undefined;
  staff?: string | undefined;
};
export type LedgerQuery = {
  region?: string | undefined;
  agent?: string | undefined;
  state: LedgerState;
  page?: number;
  size?: number;
};

/** A year of a country takes the server a while. */
const longMs = 60_000;

export const farEnd = {
  signedIn: () => call<{ signedIn: boolean }>('GET', '/login'),
  signIn: (token: string) => call<void>('POST', '/login', { token }),
  signOut: () => call<void>('DELETE', '/login'),
  names: () => call<Names>('GET', '/names'),
  halls: (query: HallsQuery) => call<HallList>('GET', `/halls${asked(query)}`),
  statistics: (query: StatisticsQuery) =>
    call<FarEndStatistics>('GET', `/statistics${asked(query)}`, undefined, { limitMs: longMs }),
  badRatings: (query: LedgerQuery) =>
    call<LedgerPage & { ratings: BadRating[] }>('GET', `/ratings/bad${asked(query)}`),
  opinions: (query: LedgerQuery) =>
    call<LedgerPage & { opinions: OpinionEntry[] }>('GET', `/opinions${asked(query)}`),
  ratingExports: () => call<{ time: string; exports: RatingExportView[] }>('GET', '/rating-exports'),
  refusedRatings: (id: string) =>
    call<{ records: RatingExportRefused[] }>('GET', `/rating-exports/${encodeURIComponent(id)}/refused`),
  retryRatings: (id: string) =>
    call<{ again: number }>('POST', `/rating-exports/${encodeURIComponent(id)}/retry`, {}),
  alarms: () => call<AlarmRow[]>('GET', '/alarms?limit=100'),
  devicesDown: (region: string | undefined) =>
    call<{ devices: DeviceDown[] }>('GET', `/devices/down${asked({ region })}`),
};

/** `?a=1&b=2` of what is given; empty for nothing. */
function asked(query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  if (given.length === 0) return '';
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`;
}
