/** The hub's calls for the register of traces and the check of the log. */
import type { EventData } from '../../../kiosk-agent/contract/events.ts';
import { call, type Answer } from '../../api.ts';

export type TraceAction = EventData<'hall.trace.recorded'>['action'];
export type Trace = {
  seq: number;
  epoch: string;
  prev: string;
  hash: string;
  time: string;
  action: TraceAction;
  reason: string;
  staff?: string;
  window?: number;
  ticketId?: string;
  number?: string;
  person?: { masked: string };
  /** leads to the recorder */
  playback?: string;
};
export type Verdict =
  | { ok: true; records: number; through: number; hash: string }
  | { ok: false; firstBad: { seq: number; why: string } };
export type Wanted = { from: string; through: string; action: string; window: string; staff: string };

const PAGE = 1000;
/** More than anybody reads; the latest are kept. */
export const TRACES_MOST = 5000;
/** A large log on a slow disk takes minutes. */
const CHECK_LIMIT_MS = 30 * 60_000;

export const traces = {
  days: () => call<{ days: string[] }>('GET', '/trace/days'),
  verify: (signal: AbortSignal) =>
    call<Verdict>('GET', '/trace/verify', undefined, { limitMs: CHECK_LIMIT_MS, signal }),
  progress: () => call<{ running: { records: number; of: number } | null }>('GET', '/trace/verify/progress'),
};

/** Reads page after page, newest first in the answer; `soFar` hears how many there are meanwhile, and says whether to go on. */
export async function readTraces(
  wanted: Wanted,
  soFar: (count: number) => boolean,
): Promise<Answer<{ traces: Trace[]; more: boolean }>> {
  const conditions = Object.entries(wanted)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `&${name}=${encodeURIComponent(value)}`)
    .join('');
  let found: Trace[] = [];
  let more = false;
  let after: number | null = 0;
  while (after !== null) {
    const page: Answer<{ traces: Trace[]; next: number | null }> = await call(
      'GET',
      `/trace?after=${after}&limit=${PAGE}${conditions}`,
    );
    if (!page.ok) return page;
    found = [...found, ...page.value.traces];
    if (found.length > TRACES_MOST) {
      found = found.slice(-TRACES_MOST);
      more = true;
    }
    after = soFar(found.length) ? page.value.next : null;
  }
  return { ok: true, value: { traces: found.reverse(), more } };
}
