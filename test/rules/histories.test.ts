import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventData, type EventDraft } from '../../kiosk-agent/contract/events.ts';
import { apply } from '../../kiosk-agent/hall/apply.ts';
import { decide } from '../../kiosk-agent/hall/decide.ts';
import { emptyState, type HallState } from '../../kiosk-agent/hall/state.ts';
import { checkAgainstContract } from './hall.ts';
import { Crowd, history, type History } from './histories.ts';
import { Witness } from './witness.ts';

const SEED = 20261123;
const HISTORIES = 220;

/** What the run has really met; a property that never met the interesting states has proved nothing. */
const met = new Map<string, number>();
function meet(what: string): void {
  met.set(what, (met.get(what) ?? 0) + 1);
}

function live({ rules, start, steps, cut }: History): void {
  const state = emptyState();
  const log: (EventDraft & { seq: number })[] = [];
  const witness = new Witness();
  const crowd = new Crowd();
  let now = start;
  let saved = JSON.stringify(state);
  let restored: HallState | null = null;

  for (const [index, step] of steps.entries()) {
    if (index === cut) restored = JSON.parse(saved) as HallState;
    now = new Date(now.getTime() + step.laterMs);
    const command = crowd.command(step, state, rules, now);
    const decision = decide(state, command, now, rules);
    strictEqual(JSON.stringify(state), saved, 'deciding changes nothing');
    if (!decision.ok) {
      meet(decision.refusal.code);
      continue;
    }
    for (const draft of decision.events) {
      meet(draft.type === 'hall.rating.ignored' ? `ignored ${draft.data.why}` : draft.type);
      if (draft.type === 'hall.rating.given') for (const flag of draft.data.flags) meet(flag);
      checkAgainstContract(draft);
      strictEqual(Date.parse(draft.time), now.getTime());
      witness.see(draft);
      if (draft.type === 'hall.ticket.called' && command.name === 'window.call-next')
        nobodyWasBefore(state, draft.data.ticketId, command.window, rules);
      const event = deepFreeze({ ...draft, seq: state.seq + 1 });
      log.push(event);
      apply(state, event);
      if (restored) apply(restored, event);
    }
    if (decision.events.length > 0) saved = JSON.stringify(state);
    agrees(state, witness);
  }

  const replayed = emptyState();
  for (const event of log) apply(replayed, event);
  deepStrictEqual(replayed, state, 'the log gives the state');
  deepStrictEqual(JSON.parse(saved), state, 'the state is plain data');
  if (restored) deepStrictEqual(restored, state, 'a snapshot and the rest of the log give the state');
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
  for (const { beyond } of state.presses) strictEqual(beyond.length <= 256, true);
  strictEqual(state.calls.length <= 8, true);
}

/** Whoever is called in turn had the earliest place of all whom that window may call, told without the program's own line. */
function nobodyWasBefore(state: HallState, ticketId: string, window: number, rules: History['rules']): void {
  const place = (id: string): number => {
    const ticket = state.tickets[id];
    if (!ticket) throw new Error(id);
    return (
      Date.parse(ticket.arrivedAt) - (ticket.class === 'priority' ? rules.priorityHeadStartMin * 60_000 : 0)
    );
  };
  const services = rules.windows.find(({ number }) => number === window)?.services ?? [];
  for (const other of Object.values(state.tickets)) {
    const mine = other.onlyWindow === null ? services.includes(other.service) : other.onlyWindow === window;
    if (other.state === 'waiting' && mine && place(other.ticketId) < place(ticketId))
      throw new Error(`${other.ticketId} was before ${ticketId} at window ${window}`);
  }
}

/** The executor applies one event to two states: neither may write into it. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}

describe('whatever happens in a hall', () => {
  it('no number twice, one window wins, one rating a service, refusals change nothing, the log gives the state', () => {
    // Shrinking long histories takes many minutes: the failure names its seed and path, shrink by hand with these.
    fc.assert(fc.property(history, live), { seed: SEED, numRuns: HISTORIES, endOnFailure: true });
  });

  it('and these histories met every event, every refusal and every flag that the rules know', () => {
    const types = Object.keys(eventData).filter(
      (type) => !type.startsWith('hall.device.') && type !== 'hall.rating.ignored',
    );
    const whys = ['no-session', 'already-rated', 'unknown-session', 'unknown-key', 'outside-session'];
    const refusals = [
      'bad-request',
      'unknown-service',
      'unknown-ticket',
      'unknown-window',
      'wrong-state',
      'window-closed',
      'window-taken',
      'nobody-waiting',
      'ticket-taken',
      'recall-too-soon',
      'recall-limit',
      'reason-needed',
      'not-this-window',
      'key-reused',
      'no-evaluation',
    ];
    const wanted = [
      ...types,
      ...whys.map((why) => `ignored ${why}`),
      ...refusals,
      'arrived-late',
      'pressed-at-once',
    ];
    const notMet = wanted.filter((what) => (met.get(what) ?? 0) < 5);
    expect(notMet).toEqual([]);
  });
});
