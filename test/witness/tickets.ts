/** Every printer model of the agent, and the sheets it can print: what the witnesses read. */
import { MODELS } from '../../kiosk-agent/device/models.ts';
import { composeNotice, composeStatus } from '../../kiosk-agent/paper/notice.ts';
import { composeReference, composeTicket, type TicketPaper } from '../../kiosk-agent/paper/ticket.ts';
import { samples } from '../paper/samples.ts';

export const printerModels = MODELS.flatMap((row) =>
  row.kind === 'printer' ? [{ id: row.id, columns: row.columns as 48 | 32 }] : [],
);

export type SheetSample = { name: string; columns: 48 | 32; bytes: Uint8Array };

const base = (name: string): TicketPaper => {
  const sample = samples[name];
  if (!sample) throw new Error(`no sample ${name}`);
  return sample.ticket;
};
const long = '不动产登记中心自然资源确权登记和抵押权变更登记综合业务（含预告登记、异议登记）';
/** Characters of every kind that somebody may write into a configuration. */
const odd = '¥£€ “引号”—…①Ⅷ㎡ é½ 𠮷龘\u3400 👍 \u001b@\u0010\u0004\u0001\u001d\t\r\n\u200b‮ÿ\ud800';

/** `code`: what the QR code must say; null for none. */
export type TicketSample = { name: string; ticket: TicketPaper; code: string | null };

/** The tickets of one paper width: both languages, first print and reprint, all marks, long and odd texts, QR codes up to the longest. */
export function ticketsOf(columns: 48 | 32): TicketSample[] {
  return (['zh', 'en'] as const).flatMap((language) => {
    const ticket = base(columns === 48 ? `ticket-80-${language}` : `ticket-58-${language}`);
    const address = 'https://zw.example.gov.cn/t/';
    const coded = (name: string, qr: string | null, code = qr) => ({
      name: `${language} ${name}`,
      ticket: { ...ticket, qr },
      code,
    });
    const plain = [
      { name: `${language} first print`, ticket },
      { name: `${language} reprint`, ticket: { ...ticket, marks: ['reprint' as const] } },
      {
        name: `${language} all marks`,
        ticket: {
          ...ticket,
          marks: ['priority' as const, 'appointment' as const, 'reprint' as const, 'offline' as const],
          ahead: null,
          waitMinutes: null,
          slot: '10:00-10:30',
          holder: '王*',
        },
      },
      {
        name: `${language} long`,
        ticket: {
          ...ticket,
          hall: long,
          service: long.repeat(3),
          number: 'ABC12345',
          missedRule: long.repeat(8),
        },
      },
      {
        name: `${language} odd`,
        ticket: {
          ...ticket,
          hall: odd,
          service: odd.repeat(5),
          area: odd,
          holder: odd,
          slot: odd,
          missedRule: odd,
        },
      },
    ];
    return [
      ...plain.map((each) => ({ ...each, code: ticket.qr })),
      coded('longest QR', address.padEnd(213, 'k')),
      coded('Chinese QR', `${address}大厅?号=A001`),
      // A real-time question in it would be answered in the middle of the ticket.
      coded('QR with control characters', `${address}\u0010\u0004\u0001A\u0000`, `${address}A`),
      coded('QR too long', address.padEnd(214, 'k'), null),
      coded('no QR', null),
    ];
  });
}

/** Every sheet the agent can print on `columns`. */
export function sheetsOf(columns: 48 | 32): SheetSample[] {
  const status = (language: 'zh' | 'en', text: string) =>
    composeStatus(
      {
        language,
        hall: `威海市${text}`,
        agent: `kiosk-1${text}`,
        version: '0.1.0',
        address: 'http://192.168.1.20:8480/',
        link: `central connected${text}`,
        backlog: 7,
        clock: '2026-11-23 10:05:33 +08:00',
        devices: Array.from({ length: 40 }, (_, index) => ({
          id: `evaluator-window-${index}${text}`,
          state: 'faulted stuck-key',
        })),
      },
      columns,
    );
  const sheets: Omit<SheetSample, 'columns'>[] = [
    ...ticketsOf(columns).map(({ name, ticket }) => ({
      name: `ticket ${name}`,
      bytes: composeTicket(ticket, columns),
    })),
    ...(['zh', 'en'] as const).flatMap((language) => [
      { name: `test sheet ${language}`, bytes: status(language, '') },
      { name: `test sheet ${language} odd`, bytes: status(language, odd) },
    ]),
    {
      name: 'notice',
      bytes: composeNotice(
        { title: '一次性告知单', lines: ['1. 身份证原件', long, odd], qr: 'https://x/' },
        columns,
      ),
    },
    { name: 'notice without anything', bytes: composeNotice({ title: '', lines: [] }, columns) },
    ...(columns === 48 ? [{ name: 'reference ticket', bytes: composeReference() }] : []),
  ];
  return sheets.map((sheet) => ({ ...sheet, columns }));
}
