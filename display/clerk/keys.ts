/**
 * One key for each action. F5, F11, F12 and all that goes with Ctrl or Alt stay with the browser, Shift+F10 too: it is
 * the menu key. Letters and digits are the beginning of a ticket's number. Pure.
 */
import type { WindowView } from '../../kiosk-agent/contract/live.ts';
import { whyNot, type ClerkAction, type Situation } from './actions.ts';

/** One button with its key; of two actions on it one is shown, by the state of the window. */
export type Slot = { key: string; shift: boolean; actions: readonly [ClerkAction, ...ClerkAction[]] };
const slot = (key: string, ...actions: Slot['actions']): Slot => ({ key, shift: false, actions });
const shifted = (key: string, action: ClerkAction): Slot => ({ key, shift: true, actions: [action] });

/** The buttons of the desk, in the order of the keyboard's groups: F2 F3 F4, F6 F7 F8, F9 F10. */
export const DESK_SLOTS: readonly Slot[] = [
  slot('F2', 'call-next', 'open'),
  slot('F3', 'recall'),
  slot('F4', 'start'),
  slot('F6', 'transfer'),
  slot('F7', 'park'),
  slot('F8', 'finish'),
  slot('F9', 'missed'),
  slot('F10', 'pause', 'resume'),
  shifted('F3', 'take-back'),
  slot('/', 'find'),
  shifted('F6', 'check-in'),
  shifted('F2', 'close'),
];
/** Keys of what stands elsewhere on the page. */
export const OTHER_SLOTS: readonly Slot[] = [
  shifted('F4', 'confirm-priority'),
  shifted('F8', 'deny-priority'),
  shifted('F7', 'mine'),
  slot('F1', 'keys'),
];
const ALL = [...DESK_SLOTS, ...OTHER_SLOTS];

/** As it stands on the button: `F3`, `⇧F3`. */
export const keyName = ({ key, shift }: Pick<Slot, 'key' | 'shift'>): string => (shift ? `⇧${key}` : key);

/** The key of an action, as it stands on its button. */
export function keyOf(action: ClerkAction): string {
  const found = ALL.find((one) => one.actions.includes(action));
  return found ? keyName(found) : '';
}

/** The one action of a slot that is shown: open before the window is open, resume while it is paused. */
export function shownAction({ actions }: Slot, window: WindowView | undefined): ClerkAction {
  if (actions.includes('open') && window?.state === 'closed') return 'open';
  if (actions.includes('resume') && window?.state === 'paused') return 'resume';
  return actions[0];
}

/** What a pressed key means: an action, the beginning of a ticket's number, or nothing of ours (null). */
export function meaningOf(
  { key, shiftKey }: Pick<KeyboardEvent, 'key' | 'shiftKey'>,
  situation: Situation,
): { action: ClerkAction } | { typed: string } | null {
  // Where it stands on a keyboard differs, and with it whether Shift is held.
  if (key === '?' || key === '？') return { action: 'keys' };
  if (key === '/') return { action: 'find' };
  const found = ALL.find((one) => one.key === key && one.shift === shiftKey);
  if (found) {
    const possible = found.actions.find((action) => whyNot(action, situation) === null);
    return { action: possible ?? shownAction(found, situation.window) };
  }
  return /^[0-9A-Za-z]$/.test(key) ? { typed: key.toUpperCase() } : null;
}
