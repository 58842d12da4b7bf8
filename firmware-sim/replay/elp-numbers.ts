/** ELP/1: the number n of a command and the session are the host's own (evaluators §1); the CRC changes with them. */
import { crc16, encodeLine } from '../evaluator-line/frame.ts';
import type { CaptureLine } from './capture.ts';
import { compareBytes, createNumberMap, madeUpSerial, type Comparison, type Numbers } from './numbers.ts';

const line = /^\$([\x20-\x7e]*)\*([0-9A-F]{4})\r\n/;
const longestLine = 128;
/** Where n and the session stand in a host's body. */
const withNumber = new Set(['WHO', 'OPEN', 'SHUT', 'SHOW', 'SAY']);
const withSession = new Set(['OPEN', 'SHUT']);

function bodyOf(text: string): { body: string; length: number } | undefined {
  const [whole, body = '', crc = ''] = line.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const right = crc16(Buffer.from(body, 'latin1')).toString(16).toUpperCase().padStart(4, '0');
  return crc === right ? { body, length: whole.length } : undefined;
}

/** `lines`: all of the capture. */
export function createElpNumbers(lines: readonly CaptureLine[]): Numbers {
  const numbers = createNumberMap();
  const sessions = createNumberMap();
  const session = (text: string | undefined) =>
    /^\d+$/.test(text ?? '') ? String(sessions.of(Number(text))) : text;

  /** A body of the device with the numbers of now; one without any is not touched. */
  function renumbered(body: string): string {
    const fields = body.split(',');
    if (fields[0] === 'OK' || fields[0] === 'NO') fields[1] = String(numbers.of(Number(fields[1])));
    if (fields[0] === 'KEY' || fields[0] === 'ST') fields[3] = session(fields[3]) ?? '';
    return fields.join(',');
  }

  /** A capture that was begun beside a running agent has neither question nor greeting; the boot stands in every message. */
  function greetingOf(): Pick<Numbers, 'greeting'> {
    const bodies = lines.flatMap(({ bytes }) => bodyOf(Buffer.from(bytes).toString('latin1'))?.body ?? []);
    if (bodies.some((body) => /^(HI|WHO),/.test(body))) return {};
    const boot = bodies
      .map((body) => /^(?:KEY|ST|ACK),([0-9A-F]{8}),/.exec(body)?.[1])
      .find((found) => found);
    return {
      greeting(heard) {
        const asked = bodyOf(Buffer.from(heard).toString('latin1'));
        if (!asked || !/^WHO,\d+$/.test(asked.body)) return undefined;
        const answer = encodeLine(`HI,1,${madeUpSerial},${madeUpSerial},${boot ?? '00000000'},0`);
        return { length: asked.length, answer };
      },
    };
  }

  return {
    ...greetingOf(),
    compare({ bytes }, heard): Comparison {
      const plain = compareBytes(bytes, heard);
      if (heard.length > 0 && heard[0] !== bytes[0]) return plain;
      const recorded = bodyOf(Buffer.from(bytes).toString('latin1'));
      if (!recorded || recorded.length !== bytes.length) return plain;
      const text = Buffer.from(heard.subarray(0, longestLine)).toString('latin1');
      const different: Comparison = { is: 'different', at: plain.is === 'different' ? plain.at : 0 };
      if (!text.includes('\n'))
        return text === '' || (text.startsWith('$') && heard.length < longestLine)
          ? { is: 'more' }
          : different;
      const said = bodyOf(text);
      if (!said) return different;
      const then = recorded.body.split(',');
      const now = said.body.split(',');
      const name = then[0] ?? '';
      const own = withSession.has(name) ? 3 : withNumber.has(name) ? 2 : 1;
      const same =
        then.length === now.length && then.every((field, at) => (at > 0 && at < own) || field === now[at]);
      const fits =
        (own < 2 || numbers.fits(Number(then[1]), Number(now[1]))) &&
        (own < 3 || sessions.fits(Number(then[2]), Number(now[2])));
      if (!same || !fits) return different;
      return {
        is: 'same',
        length: said.length,
        learn() {
          if (own >= 2) numbers.learn(Number(then[1]), Number(now[1]));
          if (own >= 3) sessions.learn(Number(then[2]), Number(now[2]));
        },
      };
    },
    /** What came damaged is said damaged again. */
    answer({ bytes }) {
      const text = Buffer.from(bytes).toString('latin1');
      const now = text.replace(/\$[^$\r\n]*\r\n/g, (whole) => {
        const read = bodyOf(whole);
        return read ? Buffer.from(encodeLine(renumbered(read.body))).toString('latin1') : whole;
      });
      return Buffer.from(now, 'latin1');
    },
  };
}
