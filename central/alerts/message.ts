/** A message as it is kept and sent: the same for every channel. */
import type { AlertKind, AlertRow, Names } from '../../kiosk-agent/contract/far-end.ts';
import type { Bilingual } from '../../kiosk-agent/contract/live.ts';
import { sharedDigits } from '../regions.ts';
import type { Message } from './evaluate.ts';
import { inZone } from './words.ts';

/** More halls than this are counted and not named. */
const NAMED_MOST = 500;

export type MessageAlert = Pick<AlertRow, 'agentId' | 'region' | 'subject' | 'count' | 'since' | 'ended'> & {
  id: string;
  hall: string | null;
  hallName?: Bilingual;
};
/** `count`: how many things it is about; `alerts` the first five hundred of them. */
export type MessageData = {
  rule: string;
  kind: AlertKind;
  phase: Message['phase'] | 'test';
  region: string;
  regionName?: Bilingual;
  at: string;
  count: number;
  alerts: MessageAlert[];
};

export function messageData(message: Message, names: Names, now: Date, timeZone: string): MessageData {
  const { rule, kind, phase, region, alerts } = message;
  return {
    ...{ rule, kind, phase, region, at: inZone(now, timeZone), count: alerts.length },
    ...nameOf('regionName', names.regions, sharedDigits(region) === '' ? '' : region),
    alerts: [...alerts]
      .sort((a, b) => a.since - b.since)
      .slice(0, NAMED_MOST)
      .map((alert) => ({
        ...{ id: alert.id, agentId: alert.agentId, hall: alert.hall || null, region: alert.region },
        ...{ subject: alert.subject, count: alert.count, ended: alert.ended },
        since: inZone(new Date(alert.since), timeZone),
        ...nameOf('hallName', names.halls, alert.hall),
      })),
  };
}

function nameOf<Field extends string>(field: Field, of: Names['regions'], key: string) {
  return (Object.hasOwn(of, key) ? { [field]: of[key] } : {}) as { [name in Field]?: Bilingual };
}

/** What `alert test` sends: marked as a test in every format. */
export function testMessage(now: Date, timeZone: string): MessageData {
  return {
    ...{ rule: 'test', kind: 'hall-silent', phase: 'test', region: '000000000000' },
    ...{ at: inZone(now, timeZone), count: 0, alerts: [] },
  };
}
