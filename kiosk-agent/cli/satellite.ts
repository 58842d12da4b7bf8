/** `hall satellite`: which agents the hub lets in as satellites. Works beside a running hub. */
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { InvalidArgumentError } from 'commander';
import { agentId } from '../contract/link.ts';
import { SatelliteRegister } from '../satellites/register.ts';
import { EXIT } from './exit.ts';

/** The name of a satellite as its configuration has it; wrong use when it cannot be one. */
export function satelliteName(agent: string): string {
  if (agentId.safeParse(agent).success) return agent;
  throw new InvalidArgumentError(
    'small letters, digits and hyphens, at most 63, as agent.id in its configuration',
  );
}

/** Lets an agent in; its token, and nothing else, on `out`. The token it had before ends. */
export async function addSatellite(agent: string, state: string, now: Date, out: Writable): Promise<number> {
  out.write(`${await new SatelliteRegister(resolve(state)).add(agent, now)}\n`);
  return EXIT.done;
}

export async function removeSatellite(agent: string, state: string, out: Writable): Promise<number> {
  if (await new SatelliteRegister(resolve(state)).remove(agent)) {
    out.write(`${agent} is let in no longer\n`);
    return EXIT.done;
  }
  out.write(`there is no satellite ${agent} in ${state}; see hall satellite list\n`);
  return EXIT.trouble;
}

export async function listSatellites(state: string, out: Writable): Promise<number> {
  const all = await new SatelliteRegister(resolve(state)).all();
  if (all.length === 0) out.write('no satellites are let in; see hall satellite add\n');
  else for (const { agent, created } of all) out.write(`${agent}\tsince ${created}\n`);
  return EXIT.done;
}
