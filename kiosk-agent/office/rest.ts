/** When a new configuration can take effect without hurting anybody: the hall is at rest. */
import type { Executor } from '../executor.ts';
import type { HallState } from '../hall/state.ts';
import type { Office } from './office.ts';

/** Somebody may have tapped at the kiosk in this moment; and a clerk may have closed a window to open it again. */
const QUIET_MS = 30_000;
const LOOK_MS = 5_000;

/** All windows closed, nobody in line or at a window, no evaluation open. Who is parked or missed is kept over a start. */
export function isAtRest(state: HallState): boolean {
  const quiet = new Set(['finished', 'cancelled', 'parked', 'missed']);
  return (
    Object.values(state.windows).every((window) => window.state === 'closed') &&
    Object.values(state.tickets).every((ticket) => quiet.has(ticket.state)) &&
    Object.values(state.sessions).every((session) => session.state !== 'open')
  );
}

/** Calls `restart` once, when a configuration waits and the hall has been at rest for `quietMs`. Runs until the returned function is called. */
export function restartAtRest(
  office: Office,
  executor: Executor,
  restart: () => void,
  { quietMs = QUIET_MS, lookMs = LOOK_MS } = {},
): () => void {
  let since: number | null = null;
  let seq = -1;
  const timer = setInterval(() => {
    const { state } = executor;
    if (!office.waits || !isAtRest(state) || !executor.writable) {
      since = null;
      return;
    }
    const now = performance.now();
    if (since === null || seq !== state.seq) {
      since = now;
      seq = state.seq;
    }
    if (now - since < quietMs) return;
    clearInterval(timer);
    restart();
  }, lookMs);
  return () => clearInterval(timer);
}
