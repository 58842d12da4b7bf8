/** The one-time notice (一次性告知单): everything that a service needs, said once, to take home. */
import type { NoticePaper } from './notice.ts';
import type { PaperLanguage } from './texts.ts';

export type MaterialsPaper = {
  hall: string;
  service: string;
  materials: readonly string[];
  timeLimit: string | null;
  fee: string | null;
  /** the law that the fee stands on */
  feeBasis: string | null;
  /** yyyy-MM-dd: what is asked may change */
  day: string;
};

const words = {
  zh: {
    title: '一次性告知单',
    bring: '请带齐以下材料：',
    nothing: '这项业务没有必带的材料。',
    timeLimit: '办理时限',
    fee: '收费标准',
    asOf: (day: string) => `告知日期：${day}`,
    enough: '除以上材料外，不再要求其他证明。',
  },
  en: {
    title: 'What to bring',
    bring: 'Please bring all of these:',
    nothing: 'No papers are required for this service.',
    timeLimit: 'Time limit',
    fee: 'Fee',
    asOf: (day: string) => `As of ${day}`,
    enough: 'Nothing else will be asked for.',
  },
};

/** The notice in the visitor's language. */
export function materialsNotice(of: MaterialsPaper, language: PaperLanguage): NoticePaper {
  const word = words[language];
  const colon = language === 'zh' ? '：' : ': ';
  return {
    title: word.title,
    lines: [
      of.hall,
      of.service,
      ...(of.materials.length === 0
        ? [word.nothing]
        : [word.bring, ...of.materials.map((each, index) => `${index + 1}. ${each}`), word.enough]),
      ...(of.timeLimit === null ? [] : [`${word.timeLimit}${colon}${of.timeLimit}`]),
      ...(of.fee === null ? [] : [`${word.fee}${colon}${of.fee}`]),
      ...(of.feeBasis === null ? [] : [of.feeBasis]),
      word.asOf(of.day),
    ],
  };
}
