/** What a check answers, and how the answers look on a terminal. Pure. */
import type { Bilingual } from '../../contract/live.ts';
import type { Language } from '../language.ts';
import { columnsOf } from '../table.ts';

/** In the order in which a technician reads them. */
export const CHECKS = {
  configuration: { zh: '配置', en: 'configuration' },
  office: { zh: '上级配置', en: 'office' },
  node: { zh: 'Node', en: 'node' },
  libraries: { zh: '程序库', en: 'libraries' },
  state: { zh: '状态目录', en: 'state folder' },
  disk: { zh: '磁盘', en: 'disk' },
  journal: { zh: '日志', en: 'journal' },
  agent: { zh: '程序', en: 'agent' },
  backlog: { zh: '待发', en: 'backlog' },
  link: { zh: '上行', en: 'link' },
  clock: { zh: '时钟', en: 'clock' },
  numbers: { zh: '离线号', en: 'numbers' },
  port: { zh: '端口', en: 'port' },
  permission: { zh: '权限', en: 'permission' },
  holder: { zh: '占用', en: 'holder' },
  device: { zh: '设备', en: 'device' },
  paper: { zh: '纸', en: 'paper' },
} as const satisfies Record<string, Bilingual>;
export type CheckName = keyof typeof CHECKS;

export type Check = {
  check: CheckName;
  /** the file, the folder, the device … */
  subject: string;
  /** unknown: it could not be looked at, or it is worth a look and no trouble yet */
  state: 'good' | 'trouble' | 'unknown';
  sentence: Bilingual;
  /** what to do */
  advice?: Bilingual;
};

const MARKS = { good: '✓', trouble: '✗', unknown: '?' } as const;
const COLOURS = { good: '\u001b[32m', trouble: '\u001b[31m', unknown: '\u001b[33m' } as const;
const PLAIN = '\u001b[0m';

/** One line a check, what to do on a line of its own below it, and a count at the end. */
export function checkLines(checks: readonly Check[], language: Language, colours: boolean): string[] {
  const widthOf = (texts: string[]): number => Math.max(0, ...texts.map(columnsOf));
  const names = widthOf(checks.map(({ check }) => CHECKS[check][language]));
  const subjects = Math.min(36, widthOf(checks.map(({ subject }) => subject)));
  const lines = checks.flatMap(({ check, subject, state, sentence, advice }) => {
    const mark = colours ? `${COLOURS[state]}${MARKS[state]}${PLAIN}` : MARKS[state];
    const head = `${mark} ${padded(CHECKS[check][language], names)}  ${padded(subject, subjects)}  `;
    return [
      `${head}${sentence[language]}`,
      ...(advice ? [`${' '.repeat(names + 4)}→ ${advice[language]}`] : []),
    ];
  });
  const count = (state: Check['state']): number => checks.filter((each) => each.state === state).length;
  const [trouble, unknown] = [count('trouble'), count('unknown')];
  const end: Bilingual = {
    zh:
      trouble === 0 ? `没有发现问题（${checks.length} 项` : `发现 ${trouble} 个问题（共 ${checks.length} 项`,
    en:
      trouble === 0
        ? `no trouble (${checks.length} checks`
        : `${trouble} in trouble (of ${checks.length} checks`,
  };
  const seen: Bilingual = { zh: `，${unknown} 项需人工确认）`, en: `, ${unknown} to look at)` };
  return [...lines, '', `${end[language]}${unknown > 0 ? seen[language] : language === 'zh' ? '）' : ')'}`];
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columnsOf(text)));
}
