import type zh from './manager.zh-CN.ts';

const manager: typeof zh = {
  title: 'Hall management',
  sections: 'Sections',
  late: '{n} late',
  section: {
    live: 'Now',
    numbers: 'Statistics',
    ratings: 'Bad ratings',
    opinions: 'Opinions',
    callbacks: 'Call-backs',
    trace: 'Traces',
    surge: 'Surge',
  },
};
export default manager;
