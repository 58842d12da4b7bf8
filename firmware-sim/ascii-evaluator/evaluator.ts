/** An evaluator that sends one ASCII character for a key and hears nothing (evaluators.md, "Other evaluators seen"). */
import { createLineEnd, type LineEndOptions } from '../key-line/line-end.ts';

export type AsciiEvaluatorOptions = Partial<Omit<LineEndOptions, 'port'>> & {
  port: string;
  /** What keys 1…5 send, left to right; default '1' to '5'. */
  characters?: string;
};

/** Starts one on a real port; rejects with a PortError when it cannot be opened. */
export async function startAsciiEvaluator(options: AsciiEvaluatorOptions) {
  const id = options.id ?? 'ascii-evaluator';
  const characters = options.characters ?? '12345';
  let ignored = 0;
  let pressed = 0;
  const line = createLineEnd({ ...options, id, baud: options.baud ?? 9600 }, (bytes) => {
    ignored += bytes.length;
  });
  await line.plug();
  return {
    id,
    kind: 'ascii-evaluator' as const,
    get port() {
      return line.port;
    },
    get plugged() {
      return line.plugged;
    },
    /** Presses key 1…5, left to right. */
    press(key: number) {
      const character = characters[key - 1];
      if (character === undefined) throw new RangeError(`${id}: key ${key} is not there`);
      pressed++;
      line.send(id, Buffer.from(character, 'latin1'));
    },
    plug: line.plug,
    unplug: line.unplug,
    setFault: line.setFault,
    faults: line.faults,
    inject: line.inject,
    state: () => ({ pressed, ignored, hostPresent: line.hostPresent }),
    wire: line.wire,
    /** Ends it; may be called twice. */
    close: line.close,
  };
}
export type AsciiEvaluatorHandle = Awaited<ReturnType<typeof startAsciiEvaluator>>;
