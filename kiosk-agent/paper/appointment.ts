/** What stands on the notice of an appointment: when, for what, its code, and when the kiosk checks in. */
import type { NoticePaper } from './notice.ts';
import type { PaperLanguage } from './texts.ts';

export type AppointmentPaper = {
  hall: string;
  service: string;
  /** yyyy-MM-dd, HH:mm */
  day: string;
  from: string;
  to: string;
  code: string;
  /** masked ID number, where it has one */
  holder?: string;
  earlyMin: number;
  lateMin: number;
};

const words = {
  zh: {
    title: '预约单',
    when: (day: string, from: string, to: string) => `时间：${day} ${from}～${to}`,
    service: '业务',
    code: '预约码',
    holder: '预约人',
    rule: (early: number, late: number) =>
      `请到场后在自助机签到取号：提前 ${early} 分钟起可签到，时段结束后 ${late} 分钟内仍按预约办理。`,
    how: '凭身份证、下方二维码或预约码签到。',
  },
  en: {
    title: 'Appointment',
    when: (day: string, from: string, to: string) => `When: ${day} ${from}-${to}`,
    service: 'Service',
    code: 'Code',
    holder: 'Holder',
    rule: (early: number, late: number) =>
      `Check in at the kiosk when you come, from ${early} minutes before; up to ${late} minutes after the slot it still counts.`,
    how: 'With your identity card, the QR code below, or the code.',
  },
};

/** The notice in the visitor's language; its QR is the code alone, which the kiosk's scanner knows. */
export function appointmentNotice(of: AppointmentPaper, language: PaperLanguage): NoticePaper {
  const word = words[language];
  const colon = language === 'zh' ? '：' : ': ';
  return {
    title: word.title,
    lines: [
      of.hall,
      word.when(of.day, of.from, of.to),
      `${word.service}${colon}${of.service}`,
      `${word.code}${colon}${of.code}`,
      ...(of.holder === undefined ? [] : [`${word.holder}${colon}${of.holder}`]),
      word.rule(of.earlyMin, of.lateMin),
      word.how,
    ],
    qr: of.code,
  };
}
