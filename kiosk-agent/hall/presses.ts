/** Which presses have been taken: (serial, boot, seq) names a press for ever, and a repeat is never a second rating. */
import type { HallState, PressMemory } from './state.ts';

export type PressId = { serial: string; boot: string; seq: number };
/** What is known of presses: the hall's state, or what a satellite remembers. */
export type PressKnowledge = Pick<HallState, 'presses'> & { sessions: Record<number, { state: string }> };

/** A device that is repaired or loses power draws a new boot; older ones than these are gone from every device. */
const BOOTS_KEPT = 8;
/** Presses known beyond a gap. A device repeats what is not acknowledged and keeps some 32 of them: a longer gap is lost for good. */
const BEYOND_KEPT = 256;

/** The latest presses of a device are known with the session that they named. */
const RECENT_KEPT = 64;

/**
 * Whether this press has been taken before; `session` is the one that it names. A poor device draws the same boot number at
 * every power-up and counts from 1 again: what names another session than the press of that number did is another press.
 */
export function isKnownPress(
  state: PressKnowledge,
  { serial, boot, seq }: PressId,
  session: number | null,
): boolean {
  const memory = state.presses.find((each) => each.serial === serial && each.boot === boot);
  if (!memory) return false;
  const same = memory.recent.filter((press) => press.seq === seq);
  if (same.some((press) => press.session === session)) return true;
  if (!isCounted(memory, seq)) return false;
  if (session === null) return true;
  // Longer ago than is known: a session that is still open has heard nothing of it.
  return same.length === 0 && state.sessions[session]?.state !== 'open';
}

function isCounted(memory: PressMemory, seq: number): boolean {
  return seq <= memory.through || memory.beyond.includes(seq);
}

/** Notes a press as taken at `time`. Changes `state.presses`, which stands in order of use, latest last. */
export function rememberPress(
  state: Pick<HallState, 'presses'>,
  { serial, boot, seq }: PressId,
  session: number | null,
  time: string,
): void {
  const index = state.presses.findIndex((each) => each.serial === serial && each.boot === boot);
  const memory: PressMemory = (index >= 0 ? state.presses.splice(index, 1)[0] : undefined) ?? {
    serial,
    boot,
    through: 0,
    beyond: [],
    recent: [],
    lastAt: time,
  };
  memory.lastAt = time;
  // Counted once more, and not a repeat: the device counts from 1 again under the same boot number.
  if (isCounted(memory, seq)) Object.assign(memory, { through: 0, beyond: [] });
  memory.recent.push({ seq, session });
  if (memory.recent.length > RECENT_KEPT) memory.recent.shift();
  if (seq > memory.through && !memory.beyond.includes(seq)) {
    memory.beyond.push(seq);
    memory.beyond.sort((a, b) => a - b);
  }
  while (memory.beyond[0] === memory.through + 1 || memory.beyond.length > BEYOND_KEPT)
    memory.through = memory.beyond.shift() ?? memory.through;
  state.presses.push(memory);
  const ofDevice = state.presses.filter((each) => each.serial === serial);
  const oldest = ofDevice[0];
  if (ofDevice.length > BOOTS_KEPT && oldest) state.presses.splice(state.presses.indexOf(oldest), 1);
}

/** The highest press number of a device since its power-up that has been taken; 0 for none. */
export function lastPress(state: Pick<HallState, 'presses'>, serial: string, boot: string): number {
  const memory = state.presses.find((each) => each.serial === serial && each.boot === boot);
  return memory ? Math.max(memory.through, ...memory.beyond) : 0;
}
