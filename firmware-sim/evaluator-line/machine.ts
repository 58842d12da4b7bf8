import { parseCommand } from './command.ts';
import { EvaluatorHardware, type EvaluatorWords } from '../evaluator/hardware.ts';

export type EvaluatorIdentity = { model: string; serial: string; firmware: string };

/** One ELP/1 evaluator: its messages are bodies of lines (evaluators.md §1, table of messages). */
export class EvaluatorMachine extends EvaluatorHardware<string> {
  constructor(identity: EvaluatorIdentity) {
    super(lineWords(identity));
  }

  /** One body of the host; returns the answer, if the page asks for one. */
  receive(body: string, now: number): string[] {
    return this.take(parseCommand(body), body, now);
  }
}

function lineWords({ model, serial, firmware }: EvaluatorIdentity): EvaluatorWords<string> {
  return {
    hello: ({ boot }) => `HI,1,${model},${serial},${boot},${firmware}`,
    key: (press, ageMs, { boot }) =>
      `KEY,${boot},${press.seq},${press.session || '-'},${press.code},${ageMs}`,
    heartbeat({ boot, uptimeSeconds, session, faultBits }) {
      const faults = faultBits.toString(16).toUpperCase().padStart(2, '0');
      return `ST,${boot},${uptimeSeconds},${session || '-'},${faults}`;
    },
    answer: (n, why) => (why ? `NO,${n},${why}` : `OK,${n}`),
    lastSeq: 0xffffffff,
  };
}
