/** Calls to the central server. */
import type {
  AlarmRow,
  AlertDelivery,
  AlertList,
  BadRating,
  Comparison,
  DeviceDown,
  FarEndStatistics,
  HallConfiguration,
  HallList,
  HallSort,
  HallState,
  HallSurge,
  LedgerPage,
  LedgerState,
  Names,
  OfficeNotice,
  OpinionEntry,
  RatingExportRefused,
  RatingExportView,
  StatisticsGroup,
} from '../../kiosk-agent/contract/far-end.ts';
import type { Bilingual } from '../../kiosk-agent/contract/live.ts';
import type { NoticePlace } from '../../kiosk-agent/contract/office.ts';
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

export type NoticeWish = ({ regions: string[] } | { agents: string[] }) & {
  text: Bilingual;
  until: string;
  where: NoticePlace[];
  idempotencyKey: string;
};
export type SurgeStep = {
  step: 'start' | 'end';
  reason: string;
  measures?: { notice: Bilingual };
  idempotencyKey: string;
};

/** A year of a country takes the server a while. */
const longMs = 60_000;

export const farEnd = {
  signedIn: () => call<{ signedIn: boolean; operates: boolean }>('GET', '/login'),
  signIn: (token: string) => call<void>('POST', '/login', { token }),
  signOut: () => call<void>('DELETE', '/login'),
  notices: () => call<{ notices: OfficeNotice[] }>('GET', '/notices?limit=50'),
  postNotice: (wish: NoticeWish) => call<OfficeNotice>('POST', '/notices', wish),
  withdrawNotice: (notice: string) => call<OfficeNotice>('DELETE', `/notices/${notice}`),
  configurations: (region: string | undefined) =>
    call<{ halls: HallConfiguration[] }>('GET', `/configurations${asked({ region })}`),
  surge: (agent: string) => call<HallSurge>('GET', `/halls/${agent}/surge`),
  putSurge: (agent: string, wish: SurgeStep) => call<HallSurge>('POST', `/halls/${agent}/surge`, wish),
  names: () => call<Names>('GET', '/names'),
  halls: (query: HallsQuery) => call<HallList>('GET', `/halls${asked(query)}`),
  statistics: (query: StatisticsQuery) =>
    call<FarEndStatistics>('GET', `/statistics${asked(query)}`, undefined, { limitMs: longMs }),
  comparison: (query: { region: string | undefined; from: string; to: string }) =>
    call<Comparison>('GET', `/comparison${asked(query)}`, undefined, { limitMs: longMs }),
  alerts: (region: string | undefined) => call<AlertList>('GET', `/alerts${asked({ region })}`),
  alertDeliveries: () => call<{ deliveries: AlertDelivery[] }>('GET', '/alerts/deliveries'),
  alertSeen: (id: string) => call<void>('POST', `/alerts/${encodeURIComponent(id)}/seen`, {}),
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
