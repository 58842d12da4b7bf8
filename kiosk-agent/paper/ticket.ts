/** What stands on a ticket, and where (docs/rules.md, "On paper and in the air"). */
import { Sheet, type Columns, type PaperRemark } from './sheet.ts';
import { paperWords, type Mark, type PaperLanguage } from './texts.ts';

/** A ticket as plain data; every text is already in the ticket's language. */
export type TicketPaper = {
  language: PaperLanguage;
  hall: string;
  service: string;
  /** prefix and running number, e.g. A001 */
  number: string;
  marks: Mark[];
  /** people before it in line; null when nobody knows (cut off from the hub) */
  ahead: number | null;
  /** minutes, an interval; null when no honest estimate can be given */
  waitMinutes: { from: number; to: number } | null;
  /** where to wait */
  area: string | null;
  /** the booked slot, e.g. 10:00-10:30 */
  slot?: string;
  /** masked, never a full name or number */
  holder?: string;
  /** yyyy-MM-dd HH:mm in the hall's time zone */
  takenAt: string;
  /** an address without anything personal in it; up to 213 bytes */
  qr: string | null;
  /** what happens to a missed number: the same text as on kiosk and board */
  missedRule: string;
};

/**
 * The bytes of a whole ticket with its cut, for paper of `columns`. `onRemark` hears what could not be printed as
 * given (rare characters, an over-long QR content); composing never fails for a text.
 */
export function composeTicket(
  ticket: TicketPaper,
  columns: Columns,
  onRemark?: (remark: PaperRemark) => void,
): Uint8Array {
  const words = paperWords[ticket.language];
  const sheet = new Sheet(columns);
  sheet.centre(ticket.hall, 2);
  const marks = ticket.marks.map((mark) => `[${words.marks[mark]}]`).join(' ');
  if (marks !== '') sheet.centre(marks, 2);
  sheet.centre(ticket.service, 2);
  sheet.centre(ticket.number, 8);

  if (ticket.ahead !== null) sheet.left(words.ahead(ticket.ahead));
  sheet.left(ticket.waitMinutes ? words.wait(ticket.waitMinutes) : words.waitUnknown);
  const labelled = (label: string, text: string | null | undefined) => {
    if (text) sheet.left(ticket.language === 'zh' ? `${label}：${text}` : `${label}: ${text}`);
  };
  labelled(words.area, ticket.area);
  labelled(words.slot, ticket.slot);
  labelled(words.holder, ticket.holder);
  labelled(words.takenAt, ticket.takenAt);
  sheet.left(ticket.missedRule);

  if (ticket.qr) sheet.qr(ticket.qr).centre(words.scan);
  const { bytes, remarks } = sheet.cut().finish();
  if (onRemark) remarks.forEach(onRemark);
  return bytes;
}

/** The reference ticket that byte counts and times are compared with; 80 mm. */
export function composeReference(): Uint8Array {
  return new Sheet(48)
    .centre('市政务服务中心', 2)
    .centre('A001', 4)
    .left('业务：企业开办综合服务')
    .left('前面等候：12 人')
    .left('时间：2026-11-23 10:05:33')
    .qr('https://zw.example.gov.cn/pj?h=XZSP01&n=A001&k=7Qm2x9LfT4bRz')
    .left('请留意叫号屏和语音提示，过号请重新取号。')
    .left('办理时请携带身份证原件及相关申请材料。')
    .left('扫描二维码可查看排队进度并评价本次服务。')
    .feed(4)
    .cut()
    .finish().bytes;
}
