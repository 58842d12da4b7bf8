/** A surge in a hall, started, changed or ended from the far end. The hall's own rules decide whether that can be. */
import { z } from 'zod';
import type { HallSurge } from '../../kiosk-agent/contract/far-end.ts';
import { HallError } from '../../kiosk-agent/contract/problem.ts';
import { surgeMeasures } from '../../kiosk-agent/contract/surge.ts';
import { reason } from '../../kiosk-agent/contract/words.ts';
import type { Database } from '../database.ts';
import type { Outbox } from '../outbox.ts';
import { idempotencyKey } from './key.ts';
import { saidOf } from './said.ts';

const COMMAND = 'surge';
const every = {
  reason,
  /** a hall that is away for longer gets it no more: a rush of the morning is over in the afternoon */
  withinMinutes: z.int().min(1).max(720).default(10),
  idempotencyKey,
};
export const surgeBody = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('start'), measures: surgeMeasures, ...every }),
  z.strictObject({ step: z.literal('change'), measures: surgeMeasures, ...every }),
  z.strictObject({ step: z.literal('end'), ...every }),
]);

/** Puts it into the outbox. Throws HallError key-reused for a key of another wish. */
export async function putSurge(
  outbox: Outbox,
  clock: () => Date,
  agentId: string,
  { idempotencyKey: wishKey, withinMinutes, ...data }: z.infer<typeof surgeBody>,
): Promise<void> {
  const row = await outbox.put({
    ...{ agentId, key: `surge:${wishKey}`, name: COMMAND, subject: COMMAND, data },
    deadline: new Date(clock().getTime() + withinMinutes * 60_000),
  });
  if (row.data['step'] !== data.step || row.data['reason'] !== data.reason)
    throw new HallError('key-reused', 'This key was used for another step.');
}

/** What the hall has said of its surge, and how the latest steps from here fared, newest first. */
export async function surgeOf(database: Database, outbox: Outbox, agentId: string): Promise<HallSurge> {
  const [word] = await saidOf(database.query, 'surge', { agentIds: [agentId] });
  const steps = (await outbox.about(agentId, COMMAND, COMMAND)).slice(-20).reverse();
  return {
    running:
      word && word.type !== 'hall.surge.ended'
        ? ({ ...word.data, since: word.at.toISOString() } as HallSurge['running'])
        : null,
    steps: steps.map(({ data, state, refused, why, queuedAt, answeredAt, deadline }) => ({
      ...{ step: data['step'] as 'start' | 'change' | 'end', reason: String(data['reason']), state },
      ...(refused === null ? {} : { refused }),
      ...(why === null ? {} : { why }),
      queuedAt: queuedAt.toISOString(),
      ...(answeredAt ? { answeredAt: answeredAt.toISOString() } : {}),
      deadline: deadline.toISOString(),
    })),
  };
}
