/**
 * A ruler for composed paper: reads the bytes as the command table of the protocol page says and tells what is drawn.
 * Written for the tests; neither the composer nor the simulated printer uses it. Anything it does not know is an error.
 */
import iconv from 'iconv-lite';

export type Drawn = {
  /** in the order on paper */
  lines: { text: string; scale: [width: number, height: number]; columns: number; align: number }[];
  qr: { content: string; module: number; ecc: number; model: number }[];
  cuts: number;
  /** what was drawn and where, for people */
  dump: string;
};

export function measure(bytes: Uint8Array): Drawn {
  const drawn: Drawn = { lines: [], qr: [], cuts: 0, dump: '' };
  const dump: string[] = [];
  let at = 0;
  let scale: [number, number] = [1, 1];
  let align = 0;
  let chinese = false;
  let text: number[] = [];
  let columns = 0;
  let code = { model: 2, module: 3, ecc: 0x30, content: '' };

  const take = () => {
    const byte = bytes[at];
    if (byte === undefined) throw new Error(`the paper ends inside a command, at byte ${at}`);
    at += 1;
    return byte;
  };
  const fail = (...command: number[]): never => {
    throw new Error(`not on the page: ${Buffer.from(command).toString('hex')} at byte ${at}`);
  };
  const lineStart = (what: string) => {
    if (text.length > 0) throw new Error(`${what} in the middle of a line, at byte ${at}`);
  };
  const endLine = () => {
    const words = iconv.decode(Buffer.from(text), 'gb18030');
    drawn.lines.push({ text: words, scale, columns, align });
    dump.push(`${scale[0]}x${scale[1]} ${'LCR'[align]} ${String(columns).padStart(2)} | ${words}`);
    text = [];
    columns = 0;
  };

  const groupK = () => {
    const length = take() + take() * 256;
    const data = Array.from({ length }, take);
    if (data[0] !== 0x31) fail(0x1d, 0x28, 0x6b, data[0]!);
    switch (data[1]) {
      case 0x41:
        code.model = data[2]! - 0x30;
        return;
      case 0x43:
        code.module = data[2]!;
        return;
      case 0x45:
        code.ecc = data[2]!;
        return;
      case 0x50:
        code.content = Buffer.from(data.slice(3)).toString('utf8');
        return;
      case 0x51:
        lineStart('a QR code');
        drawn.qr.push({ ...code });
        dump.push(
          `QR  ${'LCR'[align]}    | ${code.content} (module ${code.module}, ECC ${'LMQH'[code.ecc - 0x30]})`,
        );
        return;
      default:
        fail(0x1d, 0x28, 0x6b, data[1]!);
    }
  };

  while (at < bytes.length) {
    const byte = take();
    switch (byte) {
      case 0x0a:
        endLine();
        break;
      case 0x1b: {
        const command = take();
        if (command === 0x40) {
          scale = [1, 1];
          align = 0;
          chinese = false;
          text = [];
          columns = 0;
          code = { model: 2, module: 3, ecc: 0x30, content: '' };
        } else if (command === 0x61) {
          lineStart('ESC a');
          align = take() % 48;
        } else if (command === 0x64) dump.push(`feed ${take()}`);
        else fail(0x1b, command);
        break;
      }
      case 0x1c:
        if (take() !== 0x26) fail(0x1c);
        chinese = true;
        break;
      case 0x1d: {
        const command = take();
        if (command === 0x21) {
          const size = take();
          scale = [(size >> 4) + 1, (size & 15) + 1];
        } else if (command === 0x28) {
          const group = take();
          if (group !== 0x6b) fail(0x1d, 0x28, group);
          groupK();
        } else if (command === 0x56) {
          lineStart('a cut');
          if (take() !== 0x42 || take() !== 0) fail(0x1d, 0x56);
          drawn.cuts += 1;
          dump.push('cut');
        } else fail(0x1d, command);
        break;
      }
      default:
        if (byte < 0x20 || byte === 0x7f) fail(byte);
        text.push(byte);
        if (byte < 0x80) columns += scale[0];
        else {
          // In Chinese mode two bytes are one character of double width; a digit as second byte would be the four-byte area.
          const second = take();
          if (!chinese || byte > 0xfe || second < 0x40 || second === 0x7f || second > 0xfe)
            fail(byte, second);
          text.push(second);
          columns += 2 * scale[0];
        }
    }
  }
  lineStart('the end of the paper');
  drawn.dump = `${dump.join('\n')}\n`;
  return drawn;
}
