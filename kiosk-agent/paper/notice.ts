/** Sheets that are not tickets: a notice for the visitor (materials, an appointment), and the technician's test page. */
import { pair } from './columns.ts';
import { paperText } from './encode.ts';
import { Sheet, type Columns, type PaperRemark } from './sheet.ts';
import type { PaperLanguage } from './texts.ts';

export type NoticePaper = { title: string; lines: string[]; qr?: string };

/** The bytes of a notice: title large, then every line wrapped, then the QR code. */
export function composeNotice(
  notice: NoticePaper,
  columns: Columns,
  onRemark?: (remark: PaperRemark) => void,
): Uint8Array {
  const sheet = new Sheet(columns).centre(notice.title, 2);
  for (const line of notice.lines) sheet.left(line);
  if (notice.qr) sheet.qr(notice.qr);
  const { bytes, remarks } = sheet.cut().finish();
  if (onRemark) remarks.forEach(onRemark);
  return bytes;
}

/** What a technician wants to know of an agent without a screen. All texts given by the caller. */
export type StatusPaper = {
  language: PaperLanguage;
  hall: string;
  agent: string;
  version: string;
  /** where the agent is reached, e.g. http://192.168.1.20:8480/ */
  address: string;
  /** state of the link to the next agent or the central server */
  link: string;
  /** events that still wait to be sent */
  backlog: number;
  /** the agent's clock in the hall's time zone, yyyy-MM-dd HH:mm:ss ±HH:mm */
  clock: string;
  devices: { id: string; state: string }[];
};

const statusWords = {
  zh: {
    title: '打印测试',
    agent: '终端',
    version: '版本',
    address: '地址',
    link: '上行',
    backlog: '待发',
    clock: '时钟',
    devices: '设备',
  },
  en: {
    title: 'Print test',
    agent: 'Agent',
    version: 'Version',
    address: 'Address',
    link: 'Link',
    backlog: 'Backlog',
    clock: 'Clock',
    devices: 'Devices',
  },
};

/** The bytes of the test page: every size, both scripts, both edges of the paper, a QR code of the address, and the agent's state. */
export function composeStatus(status: StatusPaper, columns: Columns): Uint8Array {
  const words = statusWords[status.language];
  const sheet = new Sheet(columns);
  const row = (left: string, right: string) => {
    for (const line of pair(paperText(left).text, paperText(right).text, columns)) sheet.left(line);
  };
  sheet.centre(status.hall, 2).centre(words.title, 2);
  sheet.left('1234567890'.repeat(5).slice(0, columns));
  for (const scale of [2, 4]) sheet.centre('A1号', scale);
  row(words.agent, status.agent);
  row(words.version, status.version);
  row(words.address, status.address);
  row(words.link, status.link);
  row(words.backlog, String(status.backlog));
  row(words.clock, status.clock);
  sheet.left(`${words.devices} (${status.devices.length})`);
  for (const device of status.devices) row(` ${device.id}`, device.state);
  return sheet.qr(status.address).cut().finish().bytes;
}
