/** One sign of a strip line: what it shows and how it answers. Strict: what a real one would refuse is refused. */
import iconv from 'iconv-lite';
import { crc, replyFrame, type StripRequest } from './strip-frame.ts';

const lines = 2;
const longestText = 200;
const done = 0;
const noSuchCommand = 1;
const wrongData = 2;
const busyNow = 3;
const panelFaulty = 4;
const colours = ['', 'red', 'green', 'yellow'];

type Line = {
  bytes: Uint8Array;
  text: string;
  running: boolean;
  colour: string;
  darkAt: number;
  flashUntil: number;
};

export type StripSignState = {
  power: 'on' | 'off';
  /** Text of line 1, null when it is dark. */
  text: string | null;
  /** All lines from the top. */
  lines: (string | null)[];
  flashing: boolean;
  running: boolean;
  colour: string | null;
  brightness: number;
  /** Every text that line 1 has begun to show, oldest first. */
  history: string[];
  /** Requests it obeyed, refused, and recognised as repeats. */
  obeyed: number;
  refused: number;
  repeats: number;
};

export class StripSign {
  readonly address: number;
  readonly #columns: number;
  readonly #lines: (Line | undefined)[] = Array.from({ length: lines }, () => undefined);
  #brightness = 80;
  #power: 'on' | 'off' = 'on';
  #last: { request: StripRequest; reply: Uint8Array } | undefined;
  readonly #history: string[] = [];
  #obeyed = 0;
  #refused = 0;
  #repeats = 0;
  busy = false;
  panelFaulty = false;
  tooHot = false;

  constructor(address: number, columns: number) {
    this.address = address;
    this.#columns = columns;
  }

  /** Everything but the brightness is forgotten; it comes back dark. */
  setPower(on: boolean) {
    this.#power = on ? 'on' : 'off';
    this.#lines.fill(undefined);
    this.#last = undefined;
  }

  /** Obeys a request and gives the reply, null for a broadcast or without power. */
  take(request: StripRequest, now: number): Uint8Array | null {
    if (this.#power === 'off') return null;
    const everybody = request.address === 0 || request.address === 0xff;
    if (!everybody && request.address !== this.address) return null;
    if (!everybody && this.#last && same(this.#last.request, request)) {
      this.#repeats++;
      return this.#last.reply;
    }
    const answer = this.#obey(request, now);
    if (everybody) return null;
    const reply = replyFrame(this.address, request.seq, request.command, answer);
    // A busy sign has done nothing: asked again with the same words it must try again.
    this.#last = answer[0] === busyNow ? undefined : { request, reply };
    return reply;
  }

  state(now: number): StripSignState {
    this.#age(now);
    const [first] = this.#lines;
    const texts = this.#lines.map((line) => (this.#power === 'on' && line ? line.text : null));
    return {
      power: this.#power,
      text: texts[0] ?? null,
      lines: texts,
      flashing: (first?.flashUntil ?? 0) > now,
      running: first?.running ?? false,
      colour: first?.colour ?? null,
      brightness: this.#brightness,
      history: [...this.#history],
      obeyed: this.#obeyed,
      refused: this.#refused,
      repeats: this.#repeats,
    };
  }

  #obey({ command, data }: StripRequest, now: number): Uint8Array {
    if (this.busy) return Uint8Array.of(busyNow);
    this.#age(now);
    const answer = this.#act(command, data, now);
    if (answer[0] === done) this.#obeyed++;
    else this.#refused++;
    return answer;
  }

  #act(command: number, data: Uint8Array, now: number): Uint8Array {
    const code = (value: number) => Uint8Array.of(value);
    const [first = 0, second = 0, third = 0, fourth = 0] = data;
    const lineExists = first >= 1 && first <= lines;
    switch (command) {
      case 1: {
        const bytes = data.slice(4);
        const good = data.length >= 4 && lineExists && second <= 1 && third >= 1 && third <= 3;
        if (!good || bytes.length > longestText || !hasGlyphs(bytes)) return code(wrongData);
        if (this.panelFaulty) return code(panelFaulty);
        this.#show(
          first - 1,
          bytes,
          { running: second === 1, colour: colours[third] ?? '', stay: fourth },
          now,
        );
        return code(done);
      }
      case 2:
        if (data.length !== 1 || first > lines) return code(wrongData);
        if (first === 0) this.#lines.fill(undefined);
        else this.#lines[first - 1] = undefined;
        return code(done);
      case 3:
        if (data.length !== 1 || first > 100) return code(wrongData);
        this.#brightness = first;
        return code(done);
      case 4: {
        if (data.length !== 2 || !lineExists) return code(wrongData);
        const line = this.#lines[first - 1];
        if (line) line.flashUntil = now + second * 1000;
        return code(done);
      }
      case 5: {
        if (data.length !== 0) return code(wrongData);
        const faults = (this.panelFaulty ? 1 : 0) + (this.tooHot ? 2 : 0);
        const shown = crc(this.#lines[0]?.bytes ?? new Uint8Array());
        return Uint8Array.of(done, lines, this.#columns, this.#brightness, faults, shown % 256, shown >> 8);
      }
      default:
        return code(noSuchCommand);
    }
  }

  #show(at: number, bytes: Uint8Array, how: { running: boolean; colour: string; stay: number }, now: number) {
    const text = iconv.decode(Buffer.from(bytes), 'gb18030');
    if (at === 0) this.#history.push(text);
    const darkAt = how.stay === 0 ? Number.POSITIVE_INFINITY : now + how.stay * 1000;
    this.#lines[at] =
      bytes.length === 0
        ? undefined
        : { bytes, text, running: how.running, colour: how.colour, darkAt, flashUntil: 0 };
  }

  #age(now: number) {
    this.#lines.forEach((line, at) => {
      if (line && (line.darkAt <= now || this.panelFaulty)) this.#lines[at] = undefined;
    });
  }
}

function same(one: StripRequest, other: StripRequest) {
  return (
    one.address === other.address &&
    one.seq === other.seq &&
    one.command === other.command &&
    Buffer.compare(one.data, other.data) === 0
  );
}

/** One-byte characters 20–7E, two-byte characters 81–FE with 40–7E or 80–FE; no four-byte ones. */
function hasGlyphs(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x20 && byte <= 0x7e) continue;
    const next = bytes[++at] ?? 0;
    if (byte < 0x81 || byte > 0xfe || next < 0x40 || next === 0x7f || next > 0xfe) return false;
  }
  return true;
}
