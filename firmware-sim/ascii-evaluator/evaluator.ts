/** An evaluator that sends one ASCII character for a key and hears nothing (evaluators.md, "Other evaluators seen"). */
import { asciiFaults } from '../faults/faults.ts';
import { createLineEnd, type LineEndOptions } from '../key-line/line-end.ts';

export type AsciiEvaluatorOptions = Partial<Omit<LineEndOptions, 'port'>> & {
  port: LineEndOptions['port'];
  /** What keys 1…5 send, left to right; default '1' to '5'. */
  characters?: string;
};

const stuckEveryMs = 120;
const bounceMs = 12;

/** Starts one on a real port; rejects with a PortError when it cannot be opened. */
export async function startAsciiEvaluator(options: AsciiEvaluatorOptions) {
  const id = options.id ?? 'ascii-evaluator';
  const characters = options.characters ?? '12345';
  if (!/^[\x20-\x7e]{5}$/.test(characters))
    throw new RangeError(`${id}: characters "${characters}" must be five printable ASCII characters`);
  let ignored = 0;
  let pressed = 0;
  let stuck: NodeJS.Timeout | undefined;
  const bounces = new Set<NodeJS.Timeout>();
  const end = createLineEnd<(typeof asciiFaults)[number]>(
    { ...options, id, baud: options.baud ?? 9600 },
    {
      faultNames: asciiFaults,
      receive(bytes) {
        ignored += bytes.length;
        return 'it takes no commands';
      },
      describe: (bytes) => `key "${Buffer.from(bytes).toString('latin1')}"`,
      apply(fault, on, { key = 1 }) {
        if (fault !== 'stuck-key') return;
        clearInterval(stuck);
        if (on && characters[key - 1] === undefined) line.mark(fault, false);
        if (on) send(key);
        if (on) stuck = setInterval(() => send(key), stuckEveryMs);
      },
    },
  );
  const { line } = end;

  /** A finger on a key. */
  function press(key: number) {
    send(key);
    if (!line.isFault('bounce')) return;
    const wait = setTimeout(() => {
      bounces.delete(wait);
      send(key);
    }, bounceMs);
    bounces.add(wait);
  }
  function send(key: number) {
    const character = characters[key - 1];
    if (character === undefined) throw new RangeError(`${id}: key ${key} is not there; keys are 1 to 5`);
    if (line.isFault('power-off')) return;
    pressed++;
    end.send(id, Buffer.from(character, 'latin1'));
  }

  await line.plug();
  return {
    id,
    kind: 'ascii-evaluator' as const,
    get port() {
      return line.address;
    },
    get plugged() {
      return line.plugged;
    },
    /** Presses key 1…5, left to right. */
    press,
    plug: line.plug,
    unplug: line.unplug,
    setFault: line.setFault,
    /** What `setFault` takes. */
    faultNames: line.faultNames,
    faults: line.faults,
    inject: end.inject,
    state: () => ({ pressed, ignored, hostPresent: line.hostPresent }),
    wire: line.wire,
    /** Ends it; may be called twice. */
    async close() {
      clearInterval(stuck);
      for (const wait of bounces) clearTimeout(wait);
      bounces.clear();
      await end.close();
    },
  };
}
export type AsciiEvaluatorHandle = Awaited<ReturnType<typeof startAsciiEvaluator>>;
