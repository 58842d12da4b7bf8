/** How the ledgers say times, levels, services and what went wrong. Loads their texts with it. */
import { useI18n } from 'vue-i18n';
import type { StaffView } from '../../../kiosk-agent/contract/live.ts';
import type { Trouble } from '../../api.ts';
import { addMessages, say } from '../../messages/index.ts';
import en from '../../messages/supervision.en.ts';
import zh from '../../messages/supervision.zh-CN.ts';

addMessages('supervision', { zh, en });

export type Words = ReturnType<typeof useWords>;

/** Words in the page's language; `view` names the services and the hall's zone. */
export function useWords(view: () => StaffView) {
  const { t, te, locale } = useI18n();
  const at = (how: Intl.DateTimeFormatOptions, value: string | number): string =>
    new Intl.DateTimeFormat(locale.value, {
      timeZone: view().hall.timeZone,
      hourCycle: 'h23',
      ...how,
    }).format(typeof value === 'number' ? value : Date.parse(value));
  return {
    /** month, day, hour and minute */
    time: (value: string | number): string =>
      at({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }, value),
    /** `09:12:05` */
    clock: (value: string | number): string =>
      at({ hour: '2-digit', minute: '2-digit', second: '2-digit' }, value),
    /** `09:12` */
    minute: (value: string | number): string => at({ hour: '2-digit', minute: '2-digit' }, value),
    /** month, day and day of the week of a local day yyyy-MM-dd */
    day: (day: string): string =>
      new Intl.DateTimeFormat(locale.value, {
        timeZone: 'UTC',
        month: 'short',
        day: 'numeric',
        weekday: 'short',
      }).format(Date.parse(`${day}T00:00:00Z`)),
    level: (level: number): string => t(`supervision.level.${level}`),
    service: (id: string): string => say(view().services[id]?.name) || id,
    window: (n: number): string => t('common.window', { n }),
    trouble: ({ code }: Trouble): string => {
      const key = `problem.${code}`;
      return t(te(key) ? key : 'problem.unknown');
    },
  };
}
