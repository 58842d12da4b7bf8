/** The words on paper that are not the hall's own, in the visitor's language. */

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
