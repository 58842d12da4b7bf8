/** What comes out on paper: widths, characters, and the tickets as they have been agreed (test/golden). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { centre, pair, widthOf, wrap } from '../../kiosk-agent/paper/columns.ts';
import { paperBytes, paperText } from '../../kiosk-agent/paper/encode.ts';
import { composeNotice, composeStatus } from '../../kiosk-agent/paper/notice.ts';
import type { PaperRemark } from '../../kiosk-agent/paper/sheet.ts';
import { missedRule } from '../../kiosk-agent/hall/missed-rule.ts';
import { composeReference, composeTicket, type TicketPaper } from '../../kiosk-agent/paper/ticket.ts';
import { measure } from './measure.ts';
import { samples } from './samples.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 80 });
const hallText = fc.string({
  unit: fc.constantFrom(...'请到３号窗口办理，。《》（）ABC abc 0123456789-.,¥é𠮷\n\u001b\u0010\u0004'),
  maxLength: 120,
});
const columnsOf = fc.constantFrom<48 | 32>(48, 32);
const rounds = { seed: 20_261_123, numRuns: 1_000 };

describe('characters on paper', () => {
  const vectors = JSON.parse(readFileSync(new URL('../vectors/escpos.json', import.meta.url), 'utf8')) as {
    text: { text: string; hex: string }[];
  };
  it.each(vectors.text)('$text is $hex', ({ text, hex }) => {
    expect(paperBytes(paperText(text).text).toString('hex')).toBe(hex.replaceAll(' ', '').toLowerCase());
  });

  it.each([
    ['价格 ¥100', '价格 ￥100'],
    ['Café Ångström ß', 'Café Angstrom ss'],
    ['m² ½ ﬁ №', 'm2 1/2 fi №'],
    ['“引号”—破折……', '“引号”—破折……'],
    ['👍好', '〓好'],
    ['\u{1F468}\u200D\u{1F469}', '〓〓'],
    ['王\u{2A6A5}', '王〓'],
    ['\uE000\uD800', '〓〓'],
    ['a\tb\r\nc', 'a b c'],
    ['零\u200B宽\uFEFF', '零宽'],
    ['', ''],
  ])('%j is drawn as %j', (given, drawn) => {
    expect(paperText(given).text).toBe(drawn);
  });

  it('says what it has replaced', () => {
    expect(paperText('¥1 𠮷').substituted).toEqual([
      { from: '¥', to: '￥' },
      { from: '𠮷', to: '〓' },
    ]);
  });

  it('is never a command and never outside the two-byte area, whatever the text', () => {
    fc.assert(
      fc.property(anyText, (given) => {
        const { text } = paperText(given);
        const bytes = paperBytes(text);
        expect(bytes.length).toBe(widthOf(text));
        for (let at = 0; at < bytes.length; at++) {
          const byte = bytes[at]!;
          expect(byte >= 0x20 && byte !== 0x7f && byte !== 0x80 && byte !== 0xff).toBe(true);
          if (byte < 0x80) continue;
          const second = bytes[(at += 1)]!;
          expect(second >= 0x40 && second !== 0x7f && second <= 0xfe).toBe(true);
        }
        expect(iconv.decode(bytes, 'gb18030')).toBe(text);
      }),
      rounds,
    );
  });

  it('leaves every character of GB 2312 as it is', () => {
    // Rows 16–87 of the standard: the 6 763 ideographs every Chinese printer has.
    const missing: string[] = [];
    for (let row = 0xb0; row <= 0xf7; row++) {
      for (let cell = 0xa1; cell <= (row === 0xd7 ? 0xf9 : 0xfe); cell++) {
        const character = iconv.decode(Buffer.from([row, cell]), 'gb18030');
        if (paperText(character).text !== character) missing.push(character);
      }
    }
    expect(missing).toEqual([]);
  });
});

describe('layout in columns', () => {
  it('counts a Chinese character as two', () => {
    expect(widthOf('A001号')).toBe(6);
  });

  it('breaks at blanks, keeps words, numbers and punctuation together', () => {
    expect(wrap('Please go to window 12 now.', 12)).toEqual(['Please go to', 'window 12', 'now.']);
    expect(wrap('请到12号窗口，谢谢。', 10)).toEqual(['请到12号窗', '口，谢谢。']);
    expect(wrap('请到窗口办理，谢谢', 12)).toEqual(['请到窗口办', '理，谢谢']);
    expect(wrap('电话（0631）5231234', 8)).toEqual(['电话', '（0631）', '5231234']);
    expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrap('', 10)).toEqual(['']);
  });

  it('never exceeds the line and never loses a character that is not a blank', () => {
    fc.assert(
      fc.property(hallText, fc.integer({ min: 2, max: 48 }), (given, columns) => {
        const { text } = paperText(given);
        const lines = wrap(text, columns);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
      rounds,
    );
  });

  it('does not begin a line with a full stop where there is another way', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('请', '办', '理', '窗', '口，', '号。', '（一）'), { maxLength: 60 }),
        fc.integer({ min: 8, max: 48 }),
        (pieces, columns) => {
          for (const line of wrap(pieces.join(''), columns)) expect(line).not.toMatch(/^[，。）]|（$/);
        },
      ),
      rounds,
    );
  });

  it('sets a pair at both edges, below each other when it does not fit, and centres', () => {
    expect(pair('窗口', '3', 10)).toEqual(['窗口     3']);
    expect(pair('很长的名称', '12 人', 12)).toEqual(['很长的名称', '       12 人']);
    expect(centre('号', 6)).toBe('  号');
    expect(centre('太长了', 4)).toBe('太长了');
  });
});

describe('the reference ticket', () => {
  it('takes no more than 340 bytes and says all that it must', () => {
    const bytes = composeReference();
    expect(bytes.length).toBeLessThanOrEqual(340);
    const { lines, qr, cuts } = measure(bytes);
    expect(lines.map(({ text, scale }) => `${scale.join('x')} ${text}`)).toEqual([
      '2x2 市政务服务中心',
      '4x4 A001',
      '1x1 业务：企业开办综合服务',
      '1x1 前面等候：12 人',
      '1x1 时间：2026-11-23 10:05:33',
      '1x1 请留意叫号屏和语音提示，过号请重新取号。',
      '1x1 办理时请携带身份证原件及相关申请材料。',
      '1x1 扫描二维码可查看排队进度并评价本次服务。',
    ]);
    expect(qr).toEqual([
      {
        content: 'https://zw.example.gov.cn/pj?h=XZSP01&n=A001&k=7Qm2x9LfT4bRz',
        module: 6,
        ecc: 0x31,
        model: 2,
      },
    ]);
    expect(cuts).toBe(1);
  });
});

/** `GOLDEN=write` writes the files anew; look at the difference before it is committed. */
function sameAsGolden(name: string, actual: Uint8Array | string): void {
  const file = new URL(`../golden/${name}`, import.meta.url);
  if (process.env['GOLDEN'] === 'write') writeFileSync(file, actual);
  expect(existsSync(file), `test/golden/${name} is missing`).toBe(true);
  const golden = readFileSync(file);
  if (typeof actual === 'string') expect(actual).toBe(golden.toString('utf8'));
  else expect(Buffer.from(actual).toString('hex')).toBe(golden.toString('hex'));
}

describe('tickets', () => {
  it.each(Object.entries(samples))('%s is what was agreed', (name, { ticket, columns }) => {
    const bytes = composeTicket(ticket, columns);
    const drawn = measure(bytes);
    sameAsGolden(`${name}.txt`, drawn.dump);
    sameAsGolden(`${name}.bin`, bytes);
    expect(drawn.cuts).toBe(1);
  });

  it('draws the number as large as the paper allows', () => {
    const scaleOf = (number: string, columns: 48 | 32) =>
      measure(composeTicket({ ...samples['ticket-80-zh']!.ticket, number }, columns)).lines.find(
        (line) => line.text === number,
      )?.scale;
    expect(scaleOf('A001', 48)).toEqual([8, 8]);
    expect(scaleOf('A001', 32)).toEqual([8, 8]);
    expect(scaleOf('AB12345', 32)).toEqual([4, 4]);
    expect(scaleOf('预约0012', 32)).toEqual([4, 4]);
  });

  const paper: fc.Arbitrary<TicketPaper> = fc.record({
    language: fc.constantFrom('zh', 'en'),
    hall: hallText,
    service: hallText,
    number: fc.stringMatching(/^[A-Z]{1,3}[0-9]{3,5}$/),
    marks: fc.subarray(['priority', 'appointment', 'reprint', 'offline'] as const),
    ahead: fc.option(fc.nat(999)),
    waitMinutes: fc.option(fc.record({ from: fc.nat(300), to: fc.nat(300) })),
    area: fc.option(anyText),
    slot: fc.constantFrom('', '10:00-10:30'),
    holder: fc.constantFrom('', '王*'),
    takenAt: fc.constant('2026-11-23 10:05'),
    qr: fc.option(fc.oneof(fc.webUrl({ withQueryParameters: true }), anyText)),
    missedRule: hallText,
  });

  it('keeps within the line, is one sheet, and carries no real-time command, whatever is in its texts', () => {
    fc.assert(
      fc.property(paper, columnsOf, (ticket, columns) => {
        const bytes = composeTicket(ticket, columns);
        const { lines, cuts } = measure(bytes);
        for (const line of lines) expect(line.columns).toBeLessThanOrEqual(columns);
        expect(lines.some((line) => line.text === ticket.number)).toBe(true);
        expect(cuts).toBe(1);
        // DLE EOT, DLE ENQ, DLE DC4 are obeyed anywhere in the stream (§1.8).
        expect(Buffer.from(bytes).toString('latin1')).not.toMatch(/\u0010[\u0004\u0005\u0014]/);
      }),
      { ...rounds, numRuns: 500 },
    );
  });

  it('leaves an over-long QR code out and says so, and prints the rest', () => {
    const remarks: PaperRemark[] = [];
    const ticket = { ...samples['ticket-80-zh']!.ticket, qr: `https://x/${'a'.repeat(300)}`, area: '𠮷区' };
    const { qr, lines } = measure(composeTicket(ticket, 48, (remark) => remarks.push(remark)));
    expect(qr).toEqual([]);
    expect(lines.some(({ text }) => text === '等候区域：〓区')).toBe(true);
    expect(remarks).toEqual([
      { kind: 'substituted', characters: [{ from: '𠮷', to: '〓' }] },
      { kind: 'qr-left-out', bytes: 310 },
    ]);
  });
});

describe('other sheets', () => {
  it('a notice has a title, its lines and a cut', () => {
    const bytes = composeNotice(
      { title: '一次性告知单', lines: ['1. 身份证原件', '2. 不动产权证书'], qr: 'https://x/' },
      48,
    );
    const { lines, qr, cuts } = measure(bytes);
    expect(lines.map(({ text }) => text)).toEqual(['一次性告知单', '1. 身份证原件', '2. 不动产权证书']);
    expect([qr.length, cuts]).toEqual([1, 1]);
  });

  it.each([48, 32] as const)('the test page fits %i columns and tells the state of the agent', (columns) => {
    const bytes = composeStatus(
      {
        language: 'zh',
        hall: '威海市不动产登记大厅',
        agent: 'kiosk-1',
        version: '0.1.0',
        address: 'http://192.168.1.20:8480/',
        link: 'central connected',
        backlog: 7,
        clock: '2026-11-23 10:05:33 +08:00',
        devices: [
          { id: 'printer-1', state: 'ready' },
          { id: 'evaluator-window-12', state: 'faulted stuck-key' },
        ],
      },
      columns,
    );
    const { lines, dump, cuts } = measure(bytes);
    for (const line of lines) expect(line.columns).toBeLessThanOrEqual(columns);
    expect(cuts).toBe(1);
    sameAsGolden(`status-${columns === 48 ? 80 : 58}-zh.txt`, dump);
  });

  it.each([
    { policy: 'void' },
    { policy: 'back', places: 3 },
    { policy: 'keep-calls', calls: 3 },
    { policy: 'keep-minutes', minutes: 15 },
  ] as const)('the rule for a missed number is said in both languages: $policy', (rule) => {
    const { zh, en } = missedRule(rule);
    const figure = Object.values(rule).find((value) => typeof value === 'number');
    for (const text of [zh, en]) {
      expect(text.length).toBeGreaterThan(8);
      if (figure !== undefined) expect(text).toContain(String(figure));
      expect(paperText(text).substituted).toEqual([]);
    }
  });
});
