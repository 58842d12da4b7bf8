import iconv from 'iconv-lite';
import jsqr from 'jsqr';
import { describe, expect, it } from 'vitest';
import { PrinterMachine } from '../../firmware-sim/printer/machine.ts';
import { type PaperLine, paperText } from '../../firmware-sim/printer/paper.ts';
import { paperSvg } from '../../firmware-sim/printer/svg.ts';

// The package is CommonJS: its function is the module itself or its `default`, by who loads it.
const readQr = (jsqr.default ?? jsqr) as typeof jsqr.default;
const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex');
const chinese = (text: string) => iconv.encode(text, 'gb18030');

/** A printer without a port; `speed` Infinity prints at once. Its clock is the second argument of `send`. */
function printer(
  settings: { width?: number; speed?: number; chineseAfterInit?: 'on' | 'off'; fourByteArea?: boolean } = {},
) {
  const replies: string[] = [];
  const machine = new PrinterMachine({
    width: settings.width ?? 576,
    serial: 'P1',
    chineseAfterInit: settings.chineseAfterInit ?? 'off',
    fourByteArea: settings.fourByteArea ?? false,
    now: () => 0,
    reply: (bytes) => replies.push(Buffer.from(bytes).toString('hex').toUpperCase()),
    onPaper: () => {},
  });
  machine.speed = settings.speed ?? Number.POSITIVE_INFINITY;
  const send = (data: Uint8Array | string, now = 0) =>
    machine.receive(typeof data === 'string' ? hex(data) : data, now);
  const said = () => replies.splice(0);
  const lines = () => machine.roll.current.lines;
  const texts = () => lines().flatMap((line) => (line.kind === 'text' ? [line.text] : []));
  return { machine, send, said, lines, texts };
}
const allStatus = '100401 100402 100403 100404';

describe('real-time status', () => {
  it('is 12 12 12 12 when all is well', () => {
    const { send, said } = printer();
    send(allStatus);
    expect(said()).toEqual(['12', '12', '12', '12']);
  });

  it('names near end, paper end, open cover and cutter error by the table', () => {
    const { machine, send, said } = printer();
    machine.setNearEnd(true, 0);
    send(allStatus);
    expect(said()).toEqual(['12', '12', '12', '1E']);
    machine.setPaper('out', 0);
    send(allStatus);
    expect(said()).toEqual(['1A', '32', '12', '7E']);
    machine.setNearEnd(false, 0);
    send('100404');
    expect(said()).toEqual(['72']);
    machine.setPaper('in', 0);
    machine.setCover('open', 0);
    send(allStatus);
    expect(said()).toEqual(['1A', '16', '12', '12']);
    machine.setCover('closed', 0);
    machine.setCutterBlocked(true, 0);
    send(allStatus);
    expect(said()).toEqual(['1A', '52', '1A', '12']);
  });

  it('is answered at once inside QR data, and the bytes still belong to the data', () => {
    const { send, said, lines } = printer();
    send('1D286B 0800 315030 41 100404 42');
    expect(said()).toEqual(['12']);
    send('1D286B0300315130');
    expect(lines().map((line) => line.kind === 'qr' && line.data)).toEqual(['A\u0010\u0004\u0004B']);
  });

  it('is answered when the request comes byte by byte, and numbers out of range are not', () => {
    const { send, said } = printer();
    for (const byte of ['10', '04', '01', '10', '04', '00', '10', '04', '05']) send(byte);
    expect(said()).toEqual(['12']);
  });

  it('is answered while the printer is offline with a full buffer', () => {
    const { machine, send, said } = printer();
    machine.setPaper('out', 0);
    send(Buffer.alloc(5000, 0x41));
    expect(machine.counts.dropped).toBe(5000 - 4096);
    send('100402');
    expect(said()).toEqual(['32']);
  });
});

describe('answers in order', () => {
  it('a process id comes when what was before it has printed', () => {
    const { machine, send, said } = printer({ speed: 100 });
    send(Buffer.concat([Buffer.from('one\ntwo\n'), hex('1D2848 0600 3030 30303037')]), 0);
    expect(said()).toEqual([]);
    // Two lines of 34 dots are 8.5 mm: 85 ms at 100 mm/s.
    machine.advance(84);
    expect(said()).toEqual([]);
    machine.advance(85);
    expect(said()).toEqual(['37223030303700']);
  });

  it('a model without process ids steps over the request and prints on', () => {
    const { machine, send, said, texts } = printer();
    machine.processId = false;
    send(Buffer.concat([hex('1D2848 0600 3030 30303037'), Buffer.from('on\n')]));
    expect(said()).toEqual([]);
    expect(texts()).toEqual(['on']);
    expect(machine.errors).toEqual([]);
  });

  it('GS r 1, GS I and automatic status answer by the tables', () => {
    const { machine, send, said } = printer();
    send('1D7201 1D4943 1D4945');
    expect(said()).toEqual([
      '00',
      `5F${Buffer.from('HS-80').toString('hex').toUpperCase()}00`,
      `5F${Buffer.from('CHINA GB18030').toString('hex').toUpperCase()}00`,
    ]);
    send('1D610E');
    expect(said()).toEqual(['1000000F']);
    machine.setPaper('out', 0);
    expect(said()).toEqual(['18000C0F']);
    machine.setPaper('in', 0);
    machine.setCover('open', 0);
    expect(said()).toEqual(['1000000F', '3800000F']);
  });
});

describe('paper trouble', () => {
  it('stops in mid job when the paper ends, keeps the rest, and goes on after loading', () => {
    const { machine, send, said, texts } = printer({ speed: 100 });
    send(Buffer.concat([Buffer.from('one\ntwo\nthree\n'), hex('1D2848 0600 3030 30303039')]), 0);
    machine.advance(50);
    machine.setPaper('out', 60);
    machine.advance(10_000);
    expect(texts()).toEqual(['one', 'two']);
    machine.loadPaper(80_000, 20_000);
    machine.advance(30_000);
    for (let time = 30_000; machine.nextDue() < Number.POSITIVE_INFINITY; time += 1000) machine.advance(time);
    expect(texts()).toEqual(['one', 'two', 'three']);
    expect(said()).toEqual(['37223030303900']);
  });

  it('waits for both paper and cover', () => {
    const { machine, send, texts } = printer();
    machine.setPaper('out', 0);
    machine.setCover('open', 0);
    send(Buffer.from('late\n'));
    machine.setPaper('in', 0);
    expect(texts()).toEqual([]);
    machine.setCover('closed', 0);
    expect(texts()).toEqual(['late']);
  });

  it('power off loses what was in the buffer', () => {
    const { machine, send, texts } = printer();
    machine.setPaper('out', 0);
    send(Buffer.from('lost\n'));
    machine.setPower('off', 0);
    machine.setPower('on', 0);
    machine.setPaper('in', 0);
    expect(texts()).toEqual([]);
  });

  it('a cutter error stays until its cause is gone and a recovery command comes', () => {
    const { machine, send, said } = printer();
    machine.setCutterBlocked(true, 0);
    send('100501 100401');
    expect(said()).toEqual(['1A']);
    machine.setCutterBlocked(false, 0);
    send('100401');
    expect(said()).toEqual(['1A']);
    send('100501 100401');
    expect(said()).toEqual(['12']);
  });

  it('DLE DC4 8 clears the buffers also offline and drops the process id silently', () => {
    const { machine, send, said, texts } = printer();
    machine.setCover('open', 0);
    send(
      Buffer.concat([
        Buffer.from('gone\n'),
        hex('1D2848 0600 3030 30303031'),
        hex('10 14 08 01 03 14 01 06 02 08'),
      ]),
    );
    expect(said()).toEqual(['372500']);
    machine.setCover('closed', 0);
    send(Buffer.from('next\n'));
    expect(texts()).toEqual(['next']);
    expect(said()).toEqual([]);
  });
});

describe('text', () => {
  it('is Chinese at power-up; after ESC @ only when FS & has come', () => {
    const { send, texts } = printer();
    send(Buffer.concat([chinese('你好\n'), hex('1B40'), chinese('你好\n'), hex('1C26'), chinese('你好\n')]));
    // C4 E3 BA C3 as single bytes of code page 437.
    expect(texts()).toEqual(['你好', '─π║├', '你好']);
  });

  it('a model that keeps Chinese mode over ESC @ prints on', () => {
    const { send, texts } = printer({ chineseAfterInit: 'on' });
    send(Buffer.concat([hex('1B40'), chinese('好\n')]));
    expect(texts()).toEqual(['好']);
  });

  it('a four-byte character comes out as garbage: ¥ is □0□6', () => {
    const { send, texts } = printer();
    send('81308436 0A');
    expect(texts()).toEqual(['□0□6']);
  });

  it('a font with the four-byte area prints it', () => {
    const { send, texts } = printer({ fourByteArea: true });
    // U+20BB7 − 10000h = 68535 = 5·12600 + 4·1260 + 49·10 + 5 from 90 30 81 30.
    send('9534B235 0A');
    expect(texts()).toEqual(['𠮷']);
  });

  it('wraps at 48 columns on 80 mm and 32 on 58 mm; a Chinese character takes two', () => {
    const wide = printer();
    wide.send(Buffer.concat([Buffer.alloc(50, 0x41), hex('0A'), chinese('汉'.repeat(25)), hex('0A')]));
    expect(wide.texts().map((text) => text.length)).toEqual([48, 2, 24, 1]);
    const narrow = printer({ width: 384 });
    narrow.send(
      Buffer.concat([Buffer.alloc(33, 0x41), hex('0A'), hex('1D2111'), chinese('汉'.repeat(9)), hex('0A')]),
    );
    expect(narrow.texts().map((text) => text.length)).toEqual([32, 1, 8, 1]);
  });

  it('places, sizes and thickens as it is told', () => {
    const { send, lines } = printer();
    send(
      Buffer.concat([
        hex('1B6101 1B4501 1D2121'),
        chinese('号A\n'),
        hex('1B6102 1B4500 1D2100'),
        Buffer.from('end\n'),
      ]),
    );
    const [first, second] = lines() as Extract<PaperLine, { kind: 'text' }>[];
    // 号 is 24 × 3 = 72 dots, A 12 × 3 = 36: the line starts at (576 − 108) / 2 = 234.
    expect(first).toMatchObject({ text: '号A', w: 3, h: 2, height: 48, bold: true, align: 'center' });
    expect(first?.cells.map((cell) => [cell.x, cell.width])).toEqual([
      [234, 72],
      [306, 36],
    ]);
    expect(second?.cells.map((cell) => cell.x)).toEqual([540, 552, 564]);
  });
});

describe('what a real device would refuse', () => {
  it('is named with its place', () => {
    const { machine, send } = printer();
    send(Buffer.concat([Buffer.from('ab\n'), hex('1B7A')]));
    expect(machine.errors).toEqual([{ offset: 3, hex: '1B 7A', reason: 'unknown command' }]);
  });

  it('cut, alignment and QR in mid line do nothing', () => {
    const { machine, send } = printer();
    send(Buffer.concat([Buffer.from('ab'), hex('1D564200 1B6101 1D286B0400315030 41 1D286B0300315130')]));
    expect(machine.roll.papers).toEqual([]);
    expect(machine.errors.map((error) => error.reason)).toHaveLength(3);
  });

  it('a drawer command is an error: a kiosk printer has none', () => {
    const { machine, send } = printer();
    send('1B700019FA');
    expect(machine.errors[0]?.hex).toBe('1B 70 00 19 FA');
  });
});

describe('the paper', () => {
  /** The drawn modules as a picture with a quiet zone, four points a module. */
  function decode(rows: string[]) {
    const scale = 4;
    const side = (rows.length + 8) * scale;
    const points = new Uint8ClampedArray(side * side * 4).fill(255);
    for (const [y, row] of rows.entries()) {
      for (const [x, module] of [...row].entries()) {
        if (module !== '1') continue;
        for (let dot = 0; dot < scale * scale; dot++) {
          const at = ((y + 4) * scale + Math.floor(dot / scale)) * side + (x + 4) * scale + (dot % scale);
          points.fill(0, at * 4, at * 4 + 3);
        }
      }
    }
    return readQr(points, side, side)?.data;
  }

  it('carries a QR code that a reader reads', () => {
    const data = Buffer.from('https://大厅.example/t/8f3k');
    const { send, lines } = printer();
    send(
      Buffer.concat([
        hex('1B6101 1D286B0400 31413200 1D286B0300314306 1D286B0300314532'),
        hex('1D286B'),
        Buffer.of(data.length + 3, 0),
        hex('315030'),
        data,
        hex('1D286B0300315130'),
      ]),
    );
    const [code] = lines();
    if (code?.kind !== 'qr') throw new Error('no QR code was printed');
    expect(decode(code.rows)).toBe(data.toString());
    expect(code.height).toBe(code.rows.length * 6);
    expect(code.x).toBe(Math.floor((576 - code.height) / 2));
  });

  it('carries CODE128 with the bars of the standard', () => {
    const { send, lines } = printer();
    send('1D7702 1D6B49 03 7B42 41');
    const [bars] = lines();
    if (bars?.kind !== 'barcode') throw new Error('no barcode was printed');
    // Start B 211214, A 111323, checksum (104 + 33) mod 103 = 34: 131123, stop 2331112. Bars are every other width.
    expect(bars.bars.map(([, width]) => width / 2)).toEqual([2, 1, 1, 1, 1, 2, 1, 1, 2, 2, 3, 1, 2]);
    expect(bars.data).toBe('A');
  });

  it('is cut after what was printed when it is fed to the knife, and through it when it is not', () => {
    const { machine, send } = printer();
    send(Buffer.concat([Buffer.from('one\n'), hex('1D564200'), Buffer.from('two\n'), hex('1D5600')]));
    const [first, second] = machine.roll.papers;
    expect(first && paperText(first)).toBe('one');
    expect(first?.cut).toBe('partial');
    expect(second && paperText(second)).toBe('');
    expect(paperText(machine.roll.current)).toBe('two');
    expect(machine.errors[0]?.reason).toContain('cut through');
  });

  it('is drawn with every character in its column', () => {
    const { machine, send } = printer();
    send(Buffer.concat([chinese('a<号\n'), hex('1D564200')]));
    const svg = paperSvg(machine.roll.papers[0] as never);
    expect(svg).toContain('x="6 18"');
    expect(svg).toContain('>a&lt;</text>');
    expect(svg).toContain('x="36"');
  });
});
