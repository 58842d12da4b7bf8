import { describe, expect, it } from 'vitest';
import { Hall } from './hall.ts';

describe('a window', () => {
  it('opens for one clerk; the same clerk again changes nothing', () => {
    const hall = new Hall().open(1);
    expect(hall.do({ name: 'window.open', window: 1, staff: 's1' })).toEqual([]);
    const other = hall.refusal({ name: 'window.open', window: 1, staff: 's2' });
    expect(other).toMatchObject({ code: 'window-taken', facts: { staff: 's1' } });
    expect(hall.refusal({ name: 'window.open', window: 9, staff: 's2' }).code).toBe('unknown-window');
  });

  it('is the only one of its clerk', () => {
    const hall = new Hall().open(1);
    const second = { name: 'window.open', window: 2, staff: 's1' } as const;
    expect(hall.refusal(second)).toMatchObject({ code: 'window-taken', facts: { window: 1 } });
    hall.do({ name: 'window.close', window: 1 });
    expect(hall.types(second)).toEqual(['hall.window.opened']);
  });

  it('pauses with a reason and a trace, and goes on', () => {
    const hall = new Hall().open(1);
    expect(hall.do({ name: 'window.pause', window: 1, reason: 'lunch' })).toMatchObject([
      { type: 'hall.window.paused', data: { reason: 'lunch' } },
      { type: 'hall.trace.recorded', data: { action: 'pause', reason: 'lunch', staff: 's1', window: 1 } },
    ]);
    expect(hall.state.windows[1]?.pausedReason).toBe('lunch');
    hall.do({ name: 'window.resume', window: 1 });
    expect(hall.state.windows[1]).toMatchObject({ state: 'idle', pausedReason: null });
  });

  it('closes without a word when nobody is left waiting for it', () => {
    const hall = new Hall().open(1).open(2);
    hall.waiting('transfer');
    hall.waiting('mortgage');
    expect(hall.types({ name: 'window.close', window: 1 })).toEqual(['hall.window.closed']);
    expect(hall.state.windows[1]).toMatchObject({ state: 'closed', staff: null });
  });

  it('needs a reason, and leaves a trace, when only it serves somebody who waits', () => {
    const hall = new Hall().open(1).open(2);
    hall.waiting('mortgage');
    const close = { name: 'window.close', window: 2 } as const;
    expect(hall.refusal(close).code).toBe('reason-needed');
    expect(hall.refusal({ ...close, reason: ' ' }).code).toBe('reason-needed');
    expect(hall.types({ ...close, reason: 'ill' })).toEqual(['hall.window.closed', 'hall.trace.recorded']);
    expect(hall.log.at(-1)?.data).toMatchObject({ action: 'close-early', reason: 'ill' });
  });

  it('leaves the evaluation open when it closes; the next clerk does not see a closed one', () => {
    const hall = new Hall();
    hall.evaluating(7);
    hall.do({ name: 'window.close', window: 1 });
    expect(hall.state.sessions[7]?.state).toBe('open');
    hall.do({ name: 'window.open', window: 1, staff: 's5' });
    expect(hall.state.windows[1]?.session).toBe(7);
    hall.do({ name: 'rating.lapse', session: 7, why: 'timeout' });
    hall.do({ name: 'window.close', window: 1 });
    hall.do({ name: 'window.open', window: 1, staff: 's6' });
    expect(hall.state.windows[1]?.session).toBeNull();
  });
});
