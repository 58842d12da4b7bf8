/** Tickets as a hall prints them: the paper of the golden files. */
import type { TicketPaper } from '../../kiosk-agent/paper/ticket.ts';

const zh: TicketPaper = {
  language: 'zh',
  hall: '威海市不动产登记大厅',
  service: '不动产转移登记',
  number: 'A001',
  marks: [],
  ahead: 12,
  waitMinutes: { from: 10, to: 20 },
  area: '一楼 A 区',
  takenAt: '2026-11-23 10:05',
  qr: 'https://zw.example.gov.cn/t/0190a5c2-5e2f-7cc1-9a53-5e0c6b1d2f3a',
  missedRule: '过号后再叫 3 个号之内，请直接到叫号窗口；逾期作废。',
};

const en: TicketPaper = {
  ...zh,
  language: 'en',
  hall: 'Weihai Real Estate Registration Hall',
  service: 'Transfer of ownership',
  area: 'Ground floor, zone A',
  missedRule:
    'Missed your call? Go to the window that called you before 3 more numbers are called; after that the number is void.',
};

export const samples: Record<string, { ticket: TicketPaper; columns: 48 | 32 }> = {
  'ticket-80-zh': { ticket: zh, columns: 48 },
  'ticket-58-zh': { ticket: zh, columns: 32 },
  'ticket-80-en': { ticket: en, columns: 48 },
  'ticket-58-en': { ticket: en, columns: 32 },
  'ticket-80-zh-marks': {
    ticket: {
      ...zh,
      marks: ['priority', 'appointment', 'reprint', 'offline'],
      ahead: null,
      waitMinutes: null,
      slot: '10:00-10:30',
      holder: '王*',
    },
    columns: 48,
  },
  'ticket-58-en-marks': {
    ticket: { ...en, marks: ['reprint', 'offline'], ahead: 0, waitMinutes: { from: 5, to: 5 }, qr: null },
    columns: 32,
  },
};
