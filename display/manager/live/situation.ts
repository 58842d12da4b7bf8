/** What a supervisor sees of the hall as it is now, reckoned from the live view. Pure; times in ms, durations in s. */
import type { Bilingual, ServiceView, StaffView, WindowState } from '../../../kiosk-agent/contract/live.ts';

export type ServiceNow = {
  service: ServiceView;
  /** how long the first in line has waited, s; null when nobody waits */
  oldestS: number | null;
};

/** The hall's services in its own order, with the longest wait of those who stand in line. */
export function servicesNow(view: StaffView, now: number): ServiceNow[] {
  const oldest = new Map<string, number>();
  for (const { service, state, reservedAt } of Object.values(view.tickets)) {
    if (state !== 'waiting' && state !== 'transferred') continue;
    const at = Date.parse(reservedAt);
    if (at < (oldest.get(service) ?? Infinity)) oldest.set(service, at);
  }
  return Object.values(view.services).map((service) => {
    const at = oldest.get(service.service);
    return { service, oldestS: at === undefined ? null : Math.max(0, Math.round((now - at) / 1000)) };
  });
}

export type WindowNow = {
  window: number;
  state: WindowState;
  staff: string | null;
  /** since when, ms; null when the hub does not know */
  since: number | null;
  number: string | null;
  reason: string | null;
  /** so many wait for what this window takes, and it calls nobody */
  neglected: number;
};

/** A window that has just become free is not idle yet, s. */
const BREATH_S = 60;

export function windowsNow(view: StaffView, now: number): WindowNow[] {
  return Object.values(view.windows)
    .map((window): WindowNow => {
      const told =
        window.state === 'serving'
          ? (window.ticket?.startedAt ?? window.since)
          : window.state === 'called'
            ? (window.ticket?.calledAt ?? window.since)
            : window.since;
      const since = told === undefined ? null : Date.parse(told);
      const waiting = window.services.reduce((sum, id) => sum + (view.services[id]?.waiting ?? 0), 0);
      const rests = window.state === 'idle' && (since === null || now - since > BREATH_S * 1000);
      return {
        window: window.window,
        state: window.state,
        staff: window.staff,
        since,
        number:
          window.state === 'called' || window.state === 'serving' ? (window.ticket?.number ?? null) : null,
        reason: window.state === 'paused' ? (window.pausedReason ?? null) : null,
        neglected: rests ? waiting : 0,
      };
    })
    .sort((a, b) => a.window - b.window);
}

/** How many windows are in each state. */
export function windowCounts(windows: WindowNow[]): Record<WindowState, number> {
  const counts: Record<WindowState, number> = { serving: 0, called: 0, idle: 0, paused: 0, closed: 0 };
  for (const { state } of windows) counts[state]++;
  return counts;
}

/** Something that needs a hand, the worse ones first. */
export type Hand =
  | {
      kind: 'device';
      bad: boolean;
      id: string;
      window: number | null;
      state: string;
      advice: Bilingual | null;
    }
  | { kind: 'paper'; bad: false; id: string; window: number | null }
  | { kind: 'link'; bad: boolean; id: string; state: string; behind: number }
  | { kind: 'satellite'; bad: true; id: string; since: number; setBack: boolean }
  | { kind: 'tickets'; bad: boolean; id: 'unconfirmed' | 'print-failed'; count: number };

export function handsNeeded(view: StaffView): Hand[] {
  const hands: Hand[] = [];
  for (const { id, window, state, advice, notes } of Object.values(view.devices)) {
    if (state !== 'ready' && state !== 'opening')
      hands.push({ kind: 'device', bad: true, id, window, state, advice: advice ?? null });
    else if (notes.includes('paper-near-end')) hands.push({ kind: 'paper', bad: false, id, window });
  }
  for (const { name, state, lagEvents } of Object.values(view.links))
    if (state === 'away' || state === 'refused')
      hands.push({ kind: 'link', bad: true, id: name, state, behind: lagEvents });
  for (const [id, { connected, since, trouble }] of Object.entries(view.satellites ?? {}))
    if (!connected || trouble)
      hands.push({
        kind: 'satellite',
        bad: true,
        id,
        since: Date.parse(since),
        setBack: trouble === 'set-back',
      });
  const tickets = Object.values(view.tickets);
  for (const state of ['unconfirmed', 'print-failed'] as const) {
    const count = tickets.filter((ticket) => ticket.state === state).length;
    if (count > 0) hands.push({ kind: 'tickets', bad: true, id: state, count });
  }
  return hands.sort((a, b) => Number(b.bad) - Number(a.bad));
}
