/** Free slots of a hall: asked for there, in this moment, and never kept here. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { slotsAnswer, slotsCommand } from '../../kiosk-agent/contract/office.ts';
import { HallError } from '../../kiosk-agent/contract/problem.ts';
import type { LinkCommand } from '../../kiosk-agent/contract/link.ts';
import type { Intake } from '../link/intake.ts';

/** Somebody waits before a telephone for it. */
const WITHIN_MS = 5_000;
/** After that it is worth asking again, s. */
const RETRY_S = 10;

export const slotsQuery = z
  .strictObject({ service: slotsCommand.shape.service, from: z.iso.date(), to: z.iso.date().optional() })
  .refine(({ from, to = from }) => from <= to && Date.parse(to) - Date.parse(from) <= 31 * 86_400_000, {
    path: ['to'],
    message: 'not before from, and at most 31 days later',
  });

/** Throws HallError hall-away, with `retryAfterS`, for a hall that does not answer now; its own refusals as they are. */
export async function askSlots(
  command: Intake['command'],
  clock: () => Date,
  agentId: string,
  { service, from, to = from }: z.infer<typeof slotsQuery>,
): Promise<z.infer<typeof slotsAnswer> & { service: string; asOf: string }> {
  const asked: LinkCommand = {
    ...{ id: randomUUID(), name: 'slots', data: { service, from, to } },
    // By the hall's clock, which may be slow or fast: that it answers in time is counted here.
    deadline: new Date(clock().getTime() + 24 * 3_600_000).toISOString(),
  };
  const answer = await command(agentId, asked, WITHIN_MS);
  if (answer.refused === 'unknown-service')
    throw new HallError('unknown-service', answer.why ?? 'This hall has no such service.');
  const read = answer.ok ? slotsAnswer.safeParse(answer.data) : undefined;
  if (!read?.success)
    throw new HallError('hall-away', 'The hall does not answer now; ask again a little later.', {
      retryAfterS: RETRY_S,
    });
  return { service, asOf: clock().toISOString(), ...read.data };
}
