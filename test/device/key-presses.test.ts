/** Which frames of a device that numbers nothing are one press: told by time, acknowledgements, and where the port was. */
import { describe, expect, it } from 'vitest';
import { KeyPresses } from '../../kiosk-agent/device/driver/key-presses.ts';

const REPEAT_MS = 400;
const NEXT = '0C';
const EVALUATE = '0B';

/** A pad that repeats until it is acknowledged; `at` in ms. */
function pad() {
  const presses = new KeyPresses<null>(REPEAT_MS, true);
  return {
    presses,
    frame: (code: string, at: number) => {
      const { news, press } = presses.frame(code, at, null);
      return `${news} ${press.seq}`;
    },
  };
}

describe('a key that is repeated until it is acknowledged', () => {
  it('is one press, told again with its repeats, and once more acknowledged when the pad has not heard it', () => {
    const { presses, frame } = pad();
    expect(frame(NEXT, 0)).toBe('new 1');
    expect(frame(NEXT, 300)).toBe('again 1');
    presses.acknowledge(1, 310);
    expect(frame(NEXT, 600)).toBe('unheard 1');
    expect(frame(NEXT, 1100)).toBe('new 2');
  });

  it('is the same press when the port was away in the moment of its acknowledgement', () => {
    const { presses, frame } = pad();
    frame(NEXT, 0);
    presses.acknowledge(1, 10);
    presses.portGone(100);
    presses.portBack(60_000);
    expect(frame(NEXT, 60_300)).toBe('unheard 1');
  });

  it('is a new press once another key has come, however short ago the port came back', () => {
    const { presses, frame } = pad();
    frame(EVALUATE, 0);
    presses.acknowledge(1, 10);
    presses.portGone(100);
    // Pulled with the evaluation just taken; the clerk presses "next" meanwhile, and then "evaluate" for the next visitor.
    presses.portBack(3_000);
    expect(frame(NEXT, 3_050)).toBe('new 2');
    presses.acknowledge(2, 3_060);
    expect(frame(EVALUATE, 3_600)).toBe('new 3');
  });

  it('is forgotten when it was given up without an acknowledgement', () => {
    const { frame } = pad();
    frame(NEXT, 0);
    expect(frame(NEXT, 4_900)).toBe('again 1');
    expect(frame(NEXT, 10_000)).toBe('new 2');
  });
});
