import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventData } from '../../kiosk-agent/contract/events.ts';
import { history } from './histories.ts';
import { live } from './live-history.ts';

const SEED = 20261124;
const HISTORIES = 180;

/** What the run has really met; a property that never met the interesting states has proved nothing. */
const met = new Map<string, number>();
function meet(what: string): void {
  met.set(what, (met.get(what) ?? 0) + 1);
}

describe('whatever happens in a hall', () => {
  it('no number twice, one window wins, one rating a service, refusals change nothing, the log gives the state', () => {
    // Shrinking long histories takes many minutes: the failure names its seed and path, shrink by hand with these.
    fc.assert(
      fc.property(history, (one) => void live(one, meet)),
      { seed: SEED, numRuns: HISTORIES, endOnFailure: true },
    );
  });

  it('and these histories met every event, every trace, every refusal and every flag that the rules know', () => {
    // These stand in a satellite's journal only: the hub's has what follows from them.
    const elsewhere = ['press', 'key', 'scan', 'card'].map((what) => `hall.${what}.kept`);
    // Recorded beside the rules: what became of the office's configuration, and the waits as they were told.
    const beside = (type: string) => type.startsWith('hall.configuration.') || type === 'hall.waits.told';
    const types = Object.keys(eventData).filter(
      (type) =>
        !elsewhere.includes(type) &&
        !beside(type) &&
        !type.startsWith('hall.sheet.') &&
        !['hall.device.attached', 'hall.device.faulted', 'hall.device.recovered'].includes(type) &&
        type !== 'hall.rating.ignored',
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
      'identity-needed',
      'already-has-ticket',
      'unknown-appointment',
      'no-such-slot',
      'wrong-day',
      'too-early',
      'too-late',
      'not-this-person',
      'surge-running',
      'no-surge',
      'not-found',
    ];
    const traces = [
      'call-out-of-turn',
      'call-taken-back',
      'transfer',
      'park',
      'cancel',
      'pause',
      'close-early',
      'confirm-paper',
      'priority-given',
      'priority-denied',
      'match-failed',
      'take-and-cancel',
      'second-live-ticket',
      'appointment-overbooked',
      'appointment-cancelled',
      'surge',
      'callback-sample',
      'opinion-closed',
      'satellite-chain-broken',
      'late-key',
    ];
    const wordsFromAfar = ['offline ticket', 'cancelled by superseded', 'cancelled by day-end'];
    const wanted = [
      ...types,
      ...whys.map((why) => `ignored ${why}`),
      ...refusals,
      ...traces.map((action) => `trace ${action}`),
      ...wordsFromAfar,
      'arrived-late',
      'pressed-at-once',
      'time-doubtful',
    ];
    const notMet = wanted.filter((what) => (met.get(what) ?? 0) < 1);
    expect(notMet).toEqual([]);
  });
});
