/** The live hall as tables to take away. */
import type { StaffView } from '../../../kiosk-agent/contract/live.ts';
import type { Table } from '../../exports/table.ts';
import { say } from '../../messages/index.ts';
import type { ServiceNow, WindowNow } from './situation.ts';

type Words = (key: string, values?: Record<string, unknown>) => string;

export function liveTables(
  t: Words,
  view: StaffView,
  services: ServiceNow[],
  windows: WindowNow[],
  now: number,
): Table[] {
  const ratings = view.ratings;
  return [
    {
      title: t('manager.live.services'),
      columns: [
        { name: t('manager.live.service'), kind: 'text' },
        { name: t('manager.live.waiting'), kind: 'number' },
        { name: t('manager.live.oldest'), kind: 'duration' },
        { name: t('manager.live.waitFrom'), kind: 'duration' },
        { name: t('manager.live.waitTo'), kind: 'duration' },
        { name: t('manager.live.windowsOpen'), kind: 'number' },
      ],
      rows: services.map(({ service, oldestS }) => [
        `${service.prefix} ${say(service.name)}`,
        service.waiting,
        oldestS,
        service.waitMinS,
        service.waitMaxS,
        service.windowsOpen,
      ]),
    },
    {
      title: t('manager.live.windows'),
      columns: [
        { name: t('manager.live.window'), kind: 'text' },
        { name: t('manager.live.state'), kind: 'text' },
        { name: t('manager.live.for'), kind: 'duration' },
        { name: t('signIn.staff'), kind: 'text' },
        { name: t('manager.live.ticket'), kind: 'text' },
        { name: t('manager.live.why'), kind: 'text' },
      ],
      rows: windows.map(({ window, state, since, staff, number, reason }) => [
        String(window),
        t(`windowState.${state}`),
        since === null ? null : Math.max(0, Math.round((now - since) / 1000)),
        staff,
        number,
        reason,
      ]),
    },
    ...(ratings
      ? [
          {
            title: t('manager.live.ratings'),
            columns: [
              { name: t('manager.live.level'), kind: 'text' as const },
              { name: t('manager.live.count'), kind: 'number' as const },
            ],
            rows: ([5, 4, 3, 2, 1] as const).map((level) => [t(`manager.levels.${level}`), ratings[level]]),
          },
        ]
      : []),
  ];
}
