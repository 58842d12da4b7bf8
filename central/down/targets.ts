/** Which halls are meant: those of regions, or named ones. */
import { HallError } from '../../kiosk-agent/contract/problem.ts';
import { agentId } from '../../kiosk-agent/contract/link.ts';
import type { Agent, Agents } from '../agents.ts';
import { regionCode, sharedDigits } from '../regions.ts';

/** The agent of an address; throws HallError not-found for one that is not let in. */
export async function agentOf(agents: Agents, params: Record<string, unknown>): Promise<string> {
  const id = agentId.safeParse(params['agentId']);
  if (!id.success || !(await agents.find(id.data)))
    throw new HallError('not-found', 'No agent of this name is let in here.');
  return id.data;
}

/** All agents in the region; the whole country for a code of zeros. Throws HallError for something else than a code. */
export async function agentsIn(agents: Agents, region: string): Promise<Agent[]> {
  const code = regionCode.safeParse(region);
  if (!code.success)
    throw new HallError('bad-request', 'region: a 12-digit region code', { field: 'region' });
  const shared = sharedDigits(code.data);
  return (await agents.all()).filter((each) => each.region.startsWith(shared));
}
