/** What a message says, in Chinese and English: rule, region, how many, which halls. Pure. */
import type { AlertKind, Names } from '../../kiosk-agent/contract/far-end.ts';
import { localTime } from '../overview.ts';
import type { MessageData } from './message.ts';

type Tongue = 'zh' | 'en';
export type Language = Tongue | 'both';
const KINDS: Record<AlertKind, Record<Tongue, string>> = {
  'hall-silent': { zh: '大厅失联', en: 'Hall silent' },
  'device-down': { zh: '设备故障', en: 'Device down' },
  'paper-out': { zh: '打印机缺纸', en: 'Printer out of paper' },
  'chain-alarm': { zh: '日志对不上', en: 'Log does not fit' },
  'totals-differ': { zh: '日结合计不符', en: 'Day totals differ' },
  'wait-above': { zh: '等候过长', en: 'Long wait' },
  'bad-rating-due': { zh: '差评即将到期', en: 'Bad rating due within a day' },
  'bad-rating-overdue': { zh: '差评逾期', en: 'Bad rating overdue' },
  'opinion-overdue': { zh: '意见逾期', en: 'Opinion overdue' },
  'backlog-above': { zh: '记录积压', en: 'Records still to come' },
  'export-unanswered': { zh: '评价上报无应答', en: 'Rating export unanswered' },
  'configuration-refused': { zh: '配置被大厅拒绝', en: 'Configuration refused' },
};
const UNITS: Partial<Record<AlertKind, Record<Tongue, string>>> = {
  'chain-alarm': { zh: '处', en: 'places' },
  'wait-above': { zh: '分钟', en: 'min' },
  'bad-rating-due': { zh: '件', en: 'ratings' },
  'bad-rating-overdue': { zh: '件', en: 'ratings' },
  'opinion-overdue': { zh: '件', en: 'opinions' },
  'backlog-above': { zh: '条', en: 'records' },
};
const PHASES: Record<MessageData['phase'], Record<Tongue, string>> = {
  raised: { zh: '报警', en: 'Alert' },
  repeated: { zh: '仍在报警', en: 'Still' },
  resolved: { zh: '已恢复', en: 'Over' },
  test: { zh: '测试', en: 'Test' },
};
const ENDED: Record<'seen' | 'lapsed', Record<Tongue, string>> = {
  seen: { zh: '已有人处理', en: 'seen to' },
  lapsed: { zh: '三天后不再提示', en: 'not shown any more after three days' },
};
const WHOLE = { zh: '全部区划', en: 'all regions' };

/** What a region or hall is called; its code where the server knows no name. */
function named(of: Names['regions'], key: string, tongue: Tongue): string {
  return Object.hasOwn(of, key) ? of[key]![tongue] : key;
}
function regionNamed(names: Names, region: string, tongue: Tongue): string {
  return /^0*$/.test(region) ? WHOLE[tongue] : named(names.regions, region, tongue);
}

/** One line: `[报警] 大厅失联：山东省 12 / [Alert] Hall silent: Shandong, 12`. */
export function subjectOf(message: MessageData, names: Names, language: Language): string {
  const line = (tongue: Tongue): string => {
    const head = `[${PHASES[message.phase][tongue]}]`;
    if (message.phase === 'test')
      return `${head} ${{ zh: '测试消息，无需处理', en: 'test message, nothing to do' }[tongue]}`;
    const kind = KINDS[message.kind][tongue];
    const where = regionNamed(names, message.region, tongue);
    return tongue === 'zh'
      ? `${head} ${kind}：${where} ${message.count}`
      : `${head} ${kind}: ${where}, ${message.count}`;
  };
  return language === 'both' ? `${line('zh')} / ${line('en')}` : line(language);
}

/** The whole text: the line above, one line a hall, and where more is found. `mostBytes`: what does not fit is left out, and how much said. */
export function textOf(
  message: MessageData,
  names: Names,
  language: Language,
  { page, mostBytes = Infinity }: { page?: string | undefined; mostBytes?: number } = {},
): string {
  const tongues: Tongue[] = language === 'both' ? ['zh', 'en'] : [language];
  for (let shown = message.alerts.length; ; shown = Math.floor(shown * 0.7)) {
    const text = [
      ...tongues.map((tongue) => partOf(message, names, tongue, shown)),
      ...(page ? [`${page.replace(/\/$/, '')}/#alarms`] : []),
    ].join('\n\n');
    if (shown === 0 || Buffer.byteLength(text) <= mostBytes) return text;
  }
}

function partOf(message: MessageData, names: Names, tongue: Tongue, shown: number): string {
  const { kind, alerts, count } = message;
  const lines = alerts.slice(0, shown).map(({ hall, agentId, region, subject, since, count: n, ended }) => {
    const place = hall ? named(names.halls, hall, tongue) : agentId || regionNamed(names, region, tongue);
    const unit = UNITS[kind]?.[tongue];
    const parts = [
      `${place}${hall || agentId ? ` (${regionNamed(names, region, tongue)})` : ''}`,
      ...(subject && kind !== 'chain-alarm' ? [subject] : []),
      ...(n !== null && unit ? [`${n} ${unit}`] : []),
      tongue === 'zh' ? `自 ${clock(since)}` : `since ${clock(since)}`,
      ...(ended === 'seen' || ended === 'lapsed' ? [ENDED[ended][tongue]] : []),
    ];
    return `- ${parts.join(tongue === 'zh' ? '，' : ', ')}`;
  });
  const more = count - lines.length;
  if (more > 0 && message.phase !== 'test')
    lines.push(tongue === 'zh' ? `- 另有 ${more} 个` : `- and ${more} more`);
  return [subjectOf(message, names, tongue), ...lines].join('\n');
}

const clock = (at: string): string => at.slice(0, 16).replace('T', ' ');

/** An instant on the clock of a time zone, RFC 3339 with its offset. */
export function inZone(instant: Date, timeZone: string): string {
  const name = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(instant)
    .find(({ type }) => type === 'timeZoneName')?.value;
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT([+-])(\d\d):(\d\d)/.exec(name ?? '') ?? [];
  return localTime(instant, (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)));
}
