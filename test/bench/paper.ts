/**
 * What a ticket costs: composing the reference ticket, its bytes and their time on a serial line, beside `escpos` used
 * by itself (text, its own QR command). Rounds of both are interleaved.
 */
import escpos from 'escpos';
import { composeReference } from '../../kiosk-agent/paper/ticket.ts';

const ROUNDS = 7;
const TICKETS = 300;

function byEscposItself(): Uint8Array {
  const pieces: Buffer[] = [];
  const adapter: escpos.Adapter = {
    open: () => adapter,
    write(data) {
      pieces.push(data);
      return adapter;
    },
  };
  const printer = new escpos.Printer(adapter, { encoding: 'GB18030' });
  // Its types know only sizes 1 and 2.
  const four = 4 as 2;
  printer.align('CT').size(2, 2).text('市政务服务中心').size(four, four).text('A001').size(1, 1).align('LT');
  for (const line of ['业务：企业开办综合服务', '前面等候：12 人', '时间：2026-11-23 10:05:33'])
    printer.text(line);
  printer.align('CT');
  printer.qrcode('https://zw.example.gov.cn/pj?h=XZSP01&n=A001&k=7Qm2x9LfT4bRz', 6, 'M', 6);
  printer.align('LT');
  for (const line of [
    '请留意叫号屏和语音提示，过号请重新取号。',
    '办理时请携带身份证原件及相关申请材料。',
    '扫描二维码可查看排队进度并评价本次服务。',
  ]) {
    printer.text(line);
  }
  printer.feed(4).cut().flush();
  return Buffer.concat(pieces);
}

export type PaperFigures = {
  way: string;
  bytes: number;
  composeMs: number;
  /** seconds on a serial line */
  s9600: number;
  s19200: number;
  s115200: number;
  qr: string;
};

/** The reference ticket both ways; the median of rounds. */
export function benchPaper(): PaperFigures[] {
  const ways = { 'composed here': composeReference, 'escpos by itself': byEscposItself };
  const times: Record<string, number[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [way, compose] of Object.entries(ways)) {
      const from = performance.now();
      for (let ticket = 0; ticket < TICKETS; ticket++) compose();
      (times[way] ??= []).push((performance.now() - from) / TICKETS);
    }
  }
  return Object.entries(ways).map(([way, compose]) => {
    const bytes = compose();
    const median = times[way]!.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
    // Ten bits a byte on the line.
    const seconds = (baud: number) => Number(((bytes.length * 10) / baud).toFixed(2));
    return {
      way,
      bytes: bytes.length,
      composeMs: Number(median.toFixed(3)),
      s9600: seconds(9_600),
      s19200: seconds(19_200),
      s115200: seconds(115_200),
      qr: Buffer.from(bytes).includes(Buffer.from([0x1d, 0x28, 0x6b]))
        ? 'GS ( k'
        : 'ESC Z, most printers refuse',
    };
  });
}
