/** A window opens, pauses, goes on and closes. What leaves the order needs a reason and leaves a trace. */
import type { EventDraft } from '../contract/events.ts';
import type { Decision, WindowCommand } from './commands.ts';
import { accept, givenReason, happened, NOTHING_NEW, refuse, windowSubject } from './decision.ts';
import { onlyWindowOf } from './line.ts';
import type { HallRules, HallState, Window } from './state.ts';
import { servicesNow, windowsNow } from './surge/windows.ts';

export type DeskCommand = Extract<
  WindowCommand,
  { name: 'window.open' | 'window.pause' | 'window.resume' | 'window.close' }
>;

export const REASON_NEEDED = refuse('reason-needed', 'This needs a reason; it goes into the trace.');

export function unknownWindow(window: number): Decision {
  return refuse('unknown-window', `This hall has no window ${window}.`, { window });
}

/** The refusal of what does not fit the window's state. */
export function windowIs(window: Window): Decision {
  return refuse('wrong-state', `Window ${window.number} is ${window.state}.`, { state: window.state });
}

/** Decides a command about a window itself at `time` (RFC 3339, the hall's offset). */
export function decideWindow(
  state: HallState,
  command: DeskCommand,
  time: string,
  rules: HallRules,
): Decision {
  if (!rules.windows.some(({ number }) => number === command.window)) return unknownWindow(command.window);
  const window = state.windows[command.window];
  if (command.name === 'window.open') return open(state, window, command.window, command.staff, time);
  if (!window || window.state === 'closed' || window.staff === null)
    return refuse('window-closed', `Window ${command.window} is closed.`, { state: 'closed' });
  const who = { window: window.number, staff: window.staff };
  const subject = windowSubject(window.number);
  switch (command.name) {
    case 'window.pause': {
      if (window.state !== 'idle') return windowIs(window);
      const reason = givenReason(command.reason);
      if (reason === null) return REASON_NEEDED;
      return accept(
        happened('hall.window.paused', subject, time, { ...who, reason }),
        trace(who, 'pause', reason, time),
      );
    }
    case 'window.resume':
      if (window.state !== 'paused') return windowIs(window);
      return accept(happened('hall.window.resumed', subject, time, who));
    case 'window.close': {
      if (window.ticketId !== null) return windowIs(window);
      const reason = givenReason(command.reason);
      if (reason === null) {
        if (leavesSomebodyWaiting(state, rules, window.number)) return REASON_NEEDED;
        return accept(happened('hall.window.closed', subject, time, who));
      }
      return accept(
        happened('hall.window.closed', subject, time, { ...who, reason }),
        trace(who, 'close-early', reason, time),
      );
    }
  }
}

function open(
  state: HallState,
  window: Window | undefined,
  number: number,
  staff: string,
  time: string,
): Decision {
  if (window && window.state !== 'closed') {
    if (window.staff === staff) return NOTHING_NEW;
    return refuse('window-taken', `Window ${number} is open by staff ${window.staff}.`, {
      staff: window.staff,
    });
  }
  // One clerk is at one window; a second one left open elsewhere would call visitors to an empty chair.
  const elsewhere = Object.values(state.windows).find(
    (other) => other.state !== 'closed' && other.staff === staff,
  );
  if (elsewhere)
    return refuse('window-taken', `Staff ${staff} has window ${elsewhere.number} open.`, {
      window: elsewhere.number,
    });
  return accept(happened('hall.window.opened', windowSubject(number), time, { window: number, staff }));
}

/** Whether somebody waits whom no other window that is open (or only paused) would call. */
function leavesSomebodyWaiting(state: HallState, rules: HallRules, closing: number): boolean {
  const isOpen = (number: number) => (state.windows[number]?.state ?? 'closed') !== 'closed';
  const here = new Set(servicesNow(state, rules, closing));
  const elsewhere = new Set(
    windowsNow(state, rules)
      .filter(({ number }) => number !== closing && isOpen(number))
      .flatMap(({ services }) => services),
  );
  return Object.values(state.tickets).some((ticket) => {
    if (ticket.state !== 'waiting') return false;
    const only = onlyWindowOf(state, rules, ticket);
    if (only !== null) return only === closing;
    return here.has(ticket.service) && !elsewhere.has(ticket.service);
  });
}

function trace(
  who: { window: number; staff: string },
  action: 'pause' | 'close-early',
  reason: string,
  time: string,
): EventDraft {
  return happened('hall.trace.recorded', windowSubject(who.window), time, { action, reason, ...who });
}
