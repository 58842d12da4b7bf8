/** The hall of the year: five services, ten windows and two that only a surge opens. */
import type { HallRules } from '../../kiosk-agent/hall/state.ts';

export const OPENS = '08:30';
export const CLOSES = '17:00';
/** A visit takes about so long; the configuration says something else on purpose, as configurations do. */
export const SERVICES = [
  { id: 'transfer', prefix: 'A', minutes: 10, share: 0.25, meanS: 500 },
  { id: 'mortgage', prefix: 'B', minutes: 10, share: 0.2, meanS: 440 },
  { id: 'query', prefix: 'C', minutes: 10, share: 0.3, meanS: 180 },
  { id: 'certificate', prefix: 'D', minutes: 10, share: 0.15, meanS: 300 },
  { id: 'consult', prefix: 'E', minutes: 10, share: 0.1, meanS: 400 },
];
const WINDOWS = [
  { number: 1, services: ['transfer'] },
  { number: 2, services: ['transfer', 'mortgage'] },
  { number: 3, services: ['transfer', 'mortgage'] },
  { number: 4, services: ['mortgage'] },
  { number: 5, services: ['query'] },
  { number: 6, services: ['query', 'certificate'] },
  { number: 7, services: ['certificate', 'query'] },
  { number: 8, services: ['consult', 'transfer'] },
  { number: 9, services: ['consult', 'mortgage'] },
  { number: 10, services: ['transfer', 'query', 'consult'] },
  { number: 11, services: [], temporary: true },
  { number: 12, services: [], temporary: true },
];

/** Its rules: real names, priorities confirmed by staff, appointments, a surge that begins by itself. */
export const HALL: HallRules = {
  timeZone: 'Asia/Shanghai',
  services: SERVICES.map(({ id, prefix, minutes }) => ({
    ...{ id, prefix, minutes },
    realName: 'optional',
    appointments: true,
  })),
  opening: { from: OPENS, to: CLOSES },
  calendar: {
    weekend: [0, 6],
    holidays: [
      '2026-01-01',
      '2026-01-02',
      '2026-02-16',
      '2026-02-17',
      '2026-02-18',
      '2026-02-19',
      '2026-02-20',
    ],
    makeUpDays: ['2026-02-14', '2026-02-28'],
  },
  windows: WINDOWS,
  missed: { policy: 'keep-calls', calls: 3 },
  recall: { coolDownS: 5, limit: 3 },
  priorityHeadStartMin: 30,
  appointmentHeadStartMin: 15,
  priorityCounts: 'confirmed',
  parkMinutes: 10,
  realName: { takeAndCancel: { times: 3, days: 14 } },
  rating: { seconds: 30, flags: { shortServiceS: 10, runLength: 20, burstCount: 8, burstMinutes: 10 } },
  appointments: {
    ...{ slotMinutes: 30, daysAhead: 14, share: 0.3, earlyMin: 60, lateMin: 15 },
    tooLate: 'normal',
    noShow: { limit: 3, withinDays: 90, blockDays: 30 },
  },
  followUp: {
    badThrough: 2,
    clock: { contacted: 1, answered: 15 },
    appealWorkingDays: 5,
    reasonHours: 72,
    options: ['slow', 'rude', 'unclear'],
    keepDays: 60,
  },
  opinions: { dueWorkingDays: 5, keepDays: 60 },
  surge: {
    auto: {
      beyondClosingMin: 15,
      measures: {
        extendUntil: '18:30',
        windows: [
          { window: 11, services: ['transfer', 'mortgage'] },
          { window: 12, services: ['query', 'certificate'] },
        ],
        notice: { zh: '今日办事人数较多，延时服务至18:30', en: 'Open until 18:30 today' },
      },
    },
  },
  offlineNumbers: { from: 701, size: 50, days: 7 },
};
