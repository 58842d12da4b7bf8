/**
 * Lives one history: every command is decided and applied, judged by the witness, with crashes (the state is made again from a
 * snapshot and the rest of the log). Then: the log gives the state, and so does each snapshot with the rest.
 */
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import type { EventDraft } from '../../kiosk-agent/contract/events.ts';
import { apply } from '../../kiosk-agent/hall/apply.ts';
import { decide } from '../../kiosk-agent/hall/decide.ts';
import { emptyState, type HallState } from '../../kiosk-agent/hall/state.ts';
import { checkAgainstContract } from './hall.ts';
import { Crowd, type History } from './histories.ts';
import { Witness } from './witness.ts';

export type Lived = {
  commands: number;
  events: number;
  crashes: number;
  stateBytes: number;
  state: HallState;
};

/** `meet` is told every event type, refusal, flag and trace that came. Throws at the first broken promise. */
export function live(
  { rules, start, steps, cut }: Pick<History, 'rules' | 'start' | 'steps' | 'cut'>,
  meet: (what: string) => void,
  crashEvery = Number.POSITIVE_INFINITY,
): Lived {
  let state = emptyState();
  const log: (EventDraft & { seq: number })[] = [];
  const witness = new Witness(rules);
  const crowd = new Crowd();
  let now = start;
  let saved = JSON.stringify(state);
  let restored: HallState | null = null;
  let snapshot = { text: saved, events: 0 };
  let crashes = 0;
  let commands = 0;
  let largest = 0;

  for (const [index, step] of steps.entries()) {
    if (index === cut) restored = JSON.parse(saved) as HallState;
    if (index % crashEvery === crashEvery - 1) {
      // The power goes: what was in memory is lost, the journal and its last snapshot are not.
      const again = JSON.parse(snapshot.text) as HallState;
      for (const event of log.slice(snapshot.events)) apply(again, event);
      deepStrictEqual(again, state, 'after a crash the hall is where it was');
      state = again;
      snapshot = { text: saved, events: log.length };
      crashes += 1;
    }
    now = new Date(now.getTime() + step.laterMs);
    const command = crowd.command(step, state, rules, now);
    if (command === null) continue;
    commands += 1;
    const decision = decide(state, command, now, rules);
    strictEqual(JSON.stringify(state), saved, 'deciding changes nothing');
    if (!decision.ok) {
      meet(decision.refusal.code);
      continue;
    }
    for (const draft of decision.events) {
      meet(draft.type === 'hall.rating.ignored' ? `ignored ${draft.data.why}` : draft.type);
      if (draft.type === 'hall.rating.given') for (const flag of draft.data.flags) meet(flag);
      if (draft.type === 'hall.trace.recorded') meet(`trace ${draft.data.action}`);
      if (draft.type === 'hall.ticket.reserved' && draft.data.offline) meet('offline ticket');
      if (draft.type === 'hall.ticket.cancelled') meet(`cancelled by ${draft.data.by}`);
      checkAgainstContract(draft);
      strictEqual(Date.parse(draft.time), now.getTime());
    }
    witness.seeAll(decision.events, command.name === 'window.call-next');
    for (const draft of decision.events) {
      const event = deepFreeze({ ...draft, seq: state.seq + 1 });
      log.push(event);
      apply(state, event);
      if (restored) apply(restored, event);
    }
    if (decision.events.length > 0) saved = JSON.stringify(state);
    largest = Math.max(largest, saved.length);
    agrees(state, witness);
    if (command.name === 'satellite.take') {
      // Once is enough: the same record again has no effect, whatever came between.
      const again = decide(state, command, now, rules);
      if (!again.ok || again.events.length > 0) throw new Error(`taken twice: ${JSON.stringify(command)}`);
    }
  }

  const replayed = emptyState();
  for (const event of log) apply(replayed, event);
  deepStrictEqual(replayed, state, 'the log gives the state');
  deepStrictEqual(JSON.parse(saved), state, 'the state is plain data');
  if (restored) deepStrictEqual(restored, state, 'a snapshot and the rest of the log give the state');
  return { commands, events: log.length, crashes, stateBytes: largest, state };
}

/** The state says of every ticket and window what the witness has seen. */
function agrees(state: HallState, witness: Witness): void {
  for (const [ticketId, { state: seen, number }] of witness.tickets) {
    strictEqual(state.tickets[ticketId]?.state, seen, ticketId);
    strictEqual(state.tickets[ticketId]?.number, number);
  }
  strictEqual(Object.keys(state.tickets).length, witness.tickets.size);
  for (const window of Object.values(state.windows)) {
    strictEqual(window.ticketId, witness.holds.get(window.number) ?? null);
    strictEqual(window.state !== 'closed', witness.openWindows.has(window.number));
  }
  for (const [name, { through }] of Object.entries(state.satellites.known))
    strictEqual(through, witness.satellites.through.get(name) ?? 0, name);
  for (const { beyond } of state.presses) strictEqual(beyond.length <= 256, true);
  strictEqual(state.calls.length <= 8, true);
}

/** The executor applies one event to two states: neither may write into it. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
