/** The central office's configuration on this computer: whether it fits the hall's file, and what was refused. */
import { openOffice, type ReadConfig } from '../../office/office.ts';
import type { Check } from './check.ts';

/** None where no central office has ever sent one. */
export function officeConfiguration(state: string, read: ReadConfig): Check[] {
  const opened = openOffice(state, read);
  if (!opened.ok) return [];
  const head = { check: 'office', subject: 'office.json' } as const;
  if (opened.damaged !== undefined)
    return [
      {
        ...head,
        state: 'trouble',
        sentence: { zh: `读不出：${opened.damaged}`, en: `cannot be read: ${opened.damaged}` },
        advice: {
          zh: '大厅只按本机配置文件运行；请上级以更高版本号重新下发。',
          en: 'The hall runs by its own file alone; have the central office send it again under a higher version.',
        },
      },
    ];
  const { kept, unfit } = opened.office;
  const wrong = unfit && kept.taken ? { version: kept.taken.version, ...unfit } : kept.refused;
  if (wrong)
    return [
      {
        ...head,
        state: 'trouble',
        sentence: {
          zh: `版本 ${wrong.version} 不适用：${wrong.path}: ${wrong.why}`,
          en: `version ${wrong.version} does not fit: ${wrong.path}: ${wrong.why}`,
        },
        advice: {
          zh: '大厅保持原有配置；请上级改正后以更高版本号下发，或改正本机配置文件。',
          en: 'The hall keeps what it has; have the central office correct it under a higher version, or correct the file here.',
        },
      },
    ];
  if (!kept.taken) return [];
  const { version } = kept.taken;
  const waits = kept.inEffect !== version;
  return [
    {
      ...head,
      state: 'good',
      sentence: {
        zh: waits ? `版本 ${version} 已收到，大厅空闲时生效` : `版本 ${version} 已生效`,
        en: waits
          ? `version ${version} is here and takes effect when the hall is at rest`
          : `version ${version} is in effect`,
      },
    },
  ];
}
