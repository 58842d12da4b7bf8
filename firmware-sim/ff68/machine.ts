import { encodeFf68, type Ff68Message } from './frame.ts';

const padKey = 0x01;
const evaluatorKey = 0x11;
const blank = 0x0a;
const startEvaluation = 0x0b;

type Common = {
  /** Data bytes of the key that the host has not acknowledged, the key last. */
  waiting: number[] | null;
  /** How often a finger has made contact. */
  pressed: number;
  acknowledged: number;
  /** Frames of the host to this address that the page does not know. */
  unknown: number;
};
export type Ff68PadState = Common & {
  role: 'pad';
  /** What the six digits show; blank as a space. */
  display: { waiting: string; ticket: string };
  beeps: number;
};
export type Ff68EvaluatorState = Common & {
  role: 'evaluator';
  /** An evaluation was started and no key has been taken since. */
  evaluating: boolean;
  stars: number;
  evaluations: number;
};

/** One address on the bus as a pure machine. It has no press memory: a new key takes the place of one that waits. */
export function createFf68Device(address: number, role: 'pad' | 'evaluator') {
  const common: Common = { waiting: null, pressed: 0, acknowledged: 0, unknown: 0 };
  const pad = { display: { waiting: '   ', ticket: '   ' }, beeps: 0 };
  const evaluator = { evaluating: false, stars: 0, evaluations: 0 };

  function frame(): Uint8Array | null {
    if (!common.waiting) return null;
    return encodeFf68({
      address,
      command: role === 'pad' ? padKey : evaluatorKey,
      data: common.waiting,
    });
  }
  function isAnswer(data: number[]) {
    const { waiting } = common;
    return (
      waiting !== null && waiting.length === data.length && waiting.every((byte, at) => byte === data[at])
    );
  }
  function taken() {
    common.waiting = null;
    common.acknowledged++;
  }
  function asPad({ command, data }: Ff68Message) {
    if (command === 0x01) {
      // The host echoes the frame: anything else in its place acknowledges nothing.
      if (isAnswer(data)) return taken();
    } else if (command === 0x02 && data.length === 6 && data.every((digit) => digit <= blank)) {
      const text = data.map((digit) => (digit === blank ? ' ' : String(digit))).join('');
      pad.display = { waiting: text.slice(0, 3), ticket: text.slice(3) };
      return;
    } else if (command === 0x03 && data.length === 0) {
      pad.beeps++;
      return;
    }
    common.unknown++;
  }
  function asEvaluator({ command, data }: Ff68Message) {
    if (command === 0x01 && data.length === 1 && data[0] === startEvaluation) {
      evaluator.evaluating = true;
      evaluator.evaluations++;
    } else if (command === 0x01 && isAnswer(data)) {
      taken();
      evaluator.evaluating = false;
    } else if (command === 0x02 && data.length === 1) evaluator.stars = data[0] ?? 0;
    else common.unknown++;
  }

  return {
    address,
    role,
    /** A finger on a key; returns the frame to send. `data`: the digit typed before it, if any, and the key. */
    press(data: number[]): Uint8Array | null {
      common.waiting = data;
      common.pressed++;
      return frame();
    },
    /** The frame to repeat; null when nothing waits. */
    frame,
    /** Without power all is dark and forgotten. */
    powerDown() {
      common.waiting = null;
      pad.display = { waiting: '   ', ticket: '   ' };
      evaluator.evaluating = false;
      evaluator.stars = 0;
    },
    /** A frame of the host to this address. */
    receive(message: Ff68Message) {
      if (role === 'pad') asPad(message);
      else asEvaluator(message);
    },
    state: (): Ff68PadState | Ff68EvaluatorState =>
      role === 'pad'
        ? { role, ...common, ...pad, display: { ...pad.display } }
        : { role, ...common, ...evaluator },
  };
}
export type Ff68Device = ReturnType<typeof createFf68Device>;
