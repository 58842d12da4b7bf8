/** What stands on the slip of an opinion (意见回执): number, code, day of the answer, and how to look at it. */
import type { NoticePaper } from './notice.ts';
import type { PaperLanguage } from './texts.ts';

export type OpinionPaper = {
  hall: string;
  opinion: string;
  code: string;
  /** yyyy-MM-dd */
  dueDay: string;
};

const words = {
  zh: {
    title: '意见回执',
    opinion: '编号',
    code: '查询码',
    due: '答复期限',
    how: '请到查询机“意见与投诉”中，凭编号和查询码查看处理结果。',
    keep: '查询码只在这张回执上，请妥善保管，不要给他人看。',
  },
  en: {
    title: 'Receipt',
    opinion: 'Number',
    code: 'Code',
    due: 'Answer due',
    how: 'See the answer at the query terminal under "Opinions and complaints", with number and code.',
    keep: 'The code stands on this slip only. Please keep it to yourself.',
  },
};

/** The slip in the visitor's language; what was said does not stand on it. */
export function opinionNotice(of: OpinionPaper, language: PaperLanguage): NoticePaper {
  const word = words[language];
  const colon = language === 'zh' ? '：' : ': ';
  return {
    title: word.title,
    lines: [
      of.hall,
      `${word.opinion}${colon}${of.opinion}`,
      `${word.code}${colon}${of.code}`,
      `${word.due}${colon}${of.dueDay}`,
      word.how,
      word.keep,
    ],
  };
}
