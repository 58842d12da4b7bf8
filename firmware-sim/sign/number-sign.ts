/** A Xunpeng number display (window-sign.md §2): `3A` colour low high info SUM `0A`, answered with `2A` and the same. */

const colours = ['green', 'yellow', 'red'];
const length = 7;

export type NumberRequest = { colour: number; number: number; info: number; bytes: Uint8Array };

function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = (sum + byte) % 256;
  return sum;
}

/** The reply to a request. */
export function numberReply({ bytes }: NumberRequest): Uint8Array {
  const reply = Uint8Array.from(bytes);
  reply[0] = 0x2a;
  reply[5] = sumOf(reply.slice(0, 5));
  return reply;
}

/** Cuts a byte stream into requests. */
export function createNumberReceiver() {
  const drops = { stray: 0, crc: 0, form: 0, unfinished: 0 };
  let line: number[] = [];
  return {
    drops,
    receive(bytes: Uint8Array): NumberRequest[] {
      const requests: NumberRequest[] = [];
      line.push(...bytes);
      while (line.length > 0) {
        if (line[0] !== 0x3a) {
          drops.stray++;
          line.shift();
          continue;
        }
        if (line.length < length) break;
        const frame = Uint8Array.from(line.slice(0, length));
        const [, colour = 0, low = 0, high = 0, info = 0, sum, end] = frame;
        if (end !== 0x0a || colour > 2) drops.form++;
        else if (sum !== sumOf(frame.slice(0, 5))) drops.crc++;
        else {
          requests.push({ colour, number: low + 256 * high, info, bytes: frame });
          line = line.slice(length);
          continue;
        }
        line.shift();
      }
      return requests;
    },
    silence() {
      if (line.length > 0) drops.unfinished++;
      line = [];
    },
  };
}

export class NumberSign {
  readonly address: number;
  #power: 'on' | 'off' = 'on';
  #shown: { number: number; colour: string } | undefined;
  readonly #history: string[] = [];
  #obeyed = 0;
  /** What can be read on it. */
  #lit: string | null = null;
  #panelFaulty = false;

  constructor(address: number) {
    this.address = address;
  }

  setPower(on: boolean) {
    this.#power = on ? 'on' : 'off';
    this.#shown = undefined;
    this.#light();
  }

  /** Its lights are dark. It does not know: it has no word for that. */
  set panelFaulty(on: boolean) {
    this.#panelFaulty = on;
    this.#light();
  }

  take(request: NumberRequest): Uint8Array | null {
    if (this.#power === 'off' || request.info !== this.address) return null;
    this.#shown = { number: request.number, colour: colours[request.colour] ?? '' };
    this.#light();
    this.#obeyed++;
    return numberReply(request);
  }

  #light() {
    const lit = this.#shown && !this.#panelFaulty ? String(this.#shown.number) : null;
    if (lit !== null && lit !== this.#lit) this.#history.push(lit);
    this.#lit = lit;
  }

  state() {
    const text = this.#lit;
    return {
      power: this.#power,
      text,
      lines: [text],
      flashing: false,
      running: false,
      colour: this.#shown?.colour ?? null,
      brightness: 100,
      history: [...this.#history],
      obeyed: this.#obeyed,
      refused: 0,
      repeats: 0,
    };
  }
}
