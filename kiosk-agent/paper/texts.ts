/** The words on paper that are not the hall's own, in the visitor's language. */
import type { Bilingual } from '../contract/live.ts';

export type PaperLanguage = 'zh' | 'en';
export type Mark = 'priority' | 'appointment' | 'reprint' | 'offline';

export type PaperWords = {
  marks: Record<Mark, string>;
  service: string;
  ahead: (people: number) => string;
  wait: (minutes: { from: number; to: number }) => string;
  /** when no honest estimate can be given */
  waitUnknown: string;
  area: string;
  slot: string;
  holder: string;
  takenAt: string;
  scan: string;
};

export const paperWords: Record<PaperLanguage, PaperWords> = {
  zh: {
    marks: { priority: '优先', appointment: '预约', reprint: '补打', offline: '离线' },
    service: '业务',
    ahead: (people) => `前面等候：${people} 人`,
    wait: ({ from, to }) => `预计等候：${from === to ? from : `${from}～${to}`} 分钟`,
    waitUnknown: '等候时间：请留意叫号',
    area: '等候区域',
    slot: '预约时段',
    holder: '取号人',
    takenAt: '取号时间',
    scan: '扫描二维码查看排队进度',
  },
  en: {
    marks: { priority: 'PRIORITY', appointment: 'APPOINTMENT', reprint: 'REPRINT', offline: 'OFFLINE' },
    service: 'Service',
    ahead: (people) => `People ahead: ${people}`,
    wait: ({ from, to }) => `Estimated wait: ${from === to ? from : `${from}-${to}`} min`,
    waitUnknown: 'Waiting time: please listen for your number',
    area: 'Waiting area',
    slot: 'Appointment',
    holder: 'Holder',
    takenAt: 'Time',
    scan: 'Scan to follow the queue',
  },
};

/** What the hall does with a number that was called and did not come. */
export type MissedPolicy =
  | { policy: 'void' }
  | { policy: 'back'; places: number }
  | { policy: 'keep-calls'; calls: number }
  | { policy: 'keep-minutes'; minutes: number };

/** The rule for a missed number, for visitors: one text for ticket, kiosk and board. */
export function missedRule(missed: MissedPolicy): Bilingual {
  switch (missed.policy) {
    case 'void':
      return {
        zh: '过号作废，请重新取号。',
        en: 'A missed number is void. Please take a new one.',
      };
    case 'back':
      return {
        zh: `过号请到导办台，可在当前 ${missed.places} 人之后办理。`,
        en: `Missed your call? Ask at the information desk: you will be placed behind ${missed.places} people.`,
      };
    case 'keep-calls':
      return {
        zh: `过号后再叫 ${missed.calls} 个号之内，请直接到叫号窗口；逾期作废。`,
        en: `Missed your call? Go to the window that called you before ${missed.calls} more numbers are called; after that the number is void.`,
      };
    case 'keep-minutes':
      return {
        zh: `过号后 ${missed.minutes} 分钟之内，请直接到叫号窗口；逾期作废。`,
        en: `Missed your call? Go to the window that called you within ${missed.minutes} minutes; after that the number is void.`,
      };
  }
}
