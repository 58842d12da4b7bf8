/** What happened in a hall, as the journal of its agent has it. */
import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import { CHAIN_START, type EventDraft, type HallEvent } from '../../kiosk-agent/contract/events.ts';

const REGION = '371000000000';

/** The drafts as an agent's journal has them. */
export function chained(drafts: EventDraft[], agentId: string, epoch: string): HallEvent[] {
  let prev = CHAIN_START;
  return drafts.map(({ type, subject, time, data }, index) => {
    const event = {
      ...{
        specversion: '1.0',
        id: `${agentId}/${index + 1}`,
        source: `/halls/${agentId}-hall/agents/${agentId}`,
      },
      ...{ type, subject, time, datacontenttype: 'application/json', seq: index + 1, epoch, prev },
      ...{ region: REGION, data },
    } as HallEvent;
    prev = createHash('sha256').update(canonicalize(event)!).digest('hex');
    return event;
  });
}
