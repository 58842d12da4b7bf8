/** Which frames of a device that numbers nothing are one press: told by time, acknowledgements, and where the port was. */
import { describe, expect, it } from 'vitest';
import { KeyPresses } from '../../kiosk-agent/device/driver/key-presses.ts';

const REPEAT_MS = 400;
const NEXT = '0C';
const EVALUATE = '0B';

/** A pad that repeats until it is acknowledged; `at` in ms. */
function pad(patient = false) {
  const presses = new KeyPresses<null>(REPEAT_MS, true, patient);
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
  });

  it('that was heard is a new press after 400 ms', () => {
    const { presses, frame } = pad();
    frame(NEXT, 0);
    presses.acknowledge(1, 10);
    expect(frame(NEXT, 410)).toBe('unheard 1');
    const healthy = pad();
    healthy.frame(NEXT, 0);
    healthy.presses.acknowledge(1, 10);
    expect(healthy.frame(NEXT, 411)).toBe('new 2');
  });

  it('that was repeated behind its acknowledgement is the same press when one repeat is lost, and each is acknowledged', () => {
    const { presses, frame } = pad();
    frame(NEXT, 0);
    presses.acknowledge(1, 10);
    expect(frame(NEXT, 290)).toBe('unheard 1');
    expect(frame(NEXT, 870)).toBe('unheard 1');
    // Where one was lost, more are: 2.5 × 580 ms.
    expect(frame(NEXT, 2_320)).toBe('unheard 1');
    // Two seconds at most.
    expect(frame(NEXT, 4_321)).toBe('new 2');
  });

  it('is a new press when more repeats would be missing than the line has lost so far', () => {
    const { presses, frame } = pad();
    frame(NEXT, 0);
    presses.acknowledge(1, 10);
    frame(NEXT, 290);
    expect(frame(NEXT, 290 + 701)).toBe('new 2');
  });

  it('is a new press half a second behind many repeats of which none was lost', () => {
    const { presses, frame } = pad();
    frame(NEXT, 0);
    presses.acknowledge(1, 10);
    for (const at of [150, 300, 540, 690]) expect(frame(NEXT, at)).toBe('unheard 1');
    expect(frame(NEXT, 1_091)).toBe('new 2');
  });

  it('is a new press behind another key, however short ago it was repeated', () => {
    const { presses, frame } = pad();
    frame(NEXT, 0);
    presses.acknowledge(1, 10);
    frame(NEXT, 290);
    expect(frame(EVALUATE, 500)).toBe('new 2');
    presses.acknowledge(2, 510);
    expect(frame(NEXT, 691)).toBe('new 3');
  });

  it('is pressed by a person when it comes once a second, at the latest the fourth time', () => {
    const { presses, frame } = pad();
    frame(NEXT, 0);
    presses.acknowledge(1, 10);
    frame(NEXT, 300);
    const at = [1_000, 2_000, 3_000, 4_000];
    expect(at.map((ms) => frame(NEXT, ms))).toEqual(['unheard 1', 'unheard 1', 'unheard 1', 'new 2']);
  });

  it('bounces behind its acknowledgement: that says nothing of the line', () => {
    const { presses, frame } = pad();
    frame(NEXT, 0);
    presses.acknowledge(1, 5);
    expect(frame(NEXT, 12)).toBe('unheard 1');
    expect(frame(NEXT, 413)).toBe('new 2');
    presses.acknowledge(2, 420);
    expect(frame(NEXT, 425)).toBe('unheard 2');
    expect(frame(NEXT, 826)).toBe('new 3');
    presses.acknowledge(3, 830);
    expect(frame(NEXT, 929)).toBe('unheard 3');
    expect(frame(NEXT, 1_330)).toBe('new 4');
  });

  it('may be our own echo within 250 ms of an acknowledgement, and is the pad itself afterwards', () => {
    const { presses, frame } = pad();
    frame(NEXT, 0);
    presses.acknowledge(1, 10);
    expect(presses.isEcho(NEXT, 259)).toBe(true);
    expect(presses.isEcho(NEXT, 260)).toBe(false);
  });

  it('is the same press when the port was away in the moment of its acknowledgement', () => {
    const { presses, frame } = pad();
    frame(NEXT, 0);
    presses.acknowledge(1, 10);
    presses.portGone(100);
    presses.portBack(60_000);
    expect(frame(NEXT, 60_300)).toBe('unheard 1');
    // The time without a port was no silence of the pad.
    expect(frame(NEXT, 60_801)).toBe('new 2');
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

describe('a line on which two of the last eight presses were not heard', () => {
  /** Two presses that were repeated 300 ms behind their acknowledgement, and a third one, heard at once, at 20 s. */
  function badLine(patient: boolean) {
    const line = pad(patient);
    for (const [seq, at] of [
      [1, 0],
      [2, 10_000],
    ] as const) {
      line.frame(NEXT, at);
      line.presses.acknowledge(seq, at + 10);
      line.frame(NEXT, at + 300);
    }
    expect(line.frame(NEXT, 20_000)).toBe('new 3');
    line.presses.acknowledge(3, 20_010);
    return line;
  }

  it('bears one lost repeat right behind the acknowledgement', () => {
    expect(badLine(false).frame(NEXT, 20_735)).toBe('unheard 3');
    expect(badLine(false).frame(NEXT, 20_736)).toBe('new 4');
  });

  it('bears two seconds of silence where a press too many is worse than one too few', () => {
    expect(badLine(true).frame(NEXT, 22_010)).toBe('unheard 3');
    expect(badLine(true).frame(NEXT, 22_011)).toBe('new 4');
    expect(badLine(true).frame(EVALUATE, 20_100)).toBe('new 4');
  });

  it('is a healthy one again when those are not among the last eight', () => {
    const { presses, frame } = badLine(true);
    for (let seq = 4; seq <= 9; seq++) {
      const at = seq * 10_000;
      frame(NEXT, at);
      presses.acknowledge(seq, at + 10);
    }
    expect(frame(NEXT, 90_500)).toBe('new 10');
  });
});

describe('a key of a device that is never acknowledged', () => {
  function panel() {
    const presses = new KeyPresses<null>(REPEAT_MS, false, false);
    return (code: string, at: number) => presses.frame(code, at, null).news;
  }

  it('is pressed anew after 400 ms', () => {
    const frame = panel();
    expect(frame(NEXT, 0)).toBe('new');
    expect(frame(NEXT, 400)).toBe('known');
    expect(frame(NEXT, 801)).toBe('new');
  });

  it('that is held down or stuck is pressed anew after a second of silence, though other panels spoil its frames', () => {
    const frame = panel();
    expect([0, 200, 400, 810, 1_600].map((at) => frame(NEXT, at))).toEqual([
      'new',
      'known',
      'known',
      'known',
      'known',
    ]);
    expect(frame(NEXT, 2_601)).toBe('new');
  });

  it('that was held down is pressed anew after 400 ms when another key came between', () => {
    const frame = panel();
    for (const at of [0, 200, 400]) frame(NEXT, at);
    expect(frame(EVALUATE, 500)).toBe('new');
    expect(frame(NEXT, 850)).toBe('new');
  });
});
