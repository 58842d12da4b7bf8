/**
 * Configuration of halls by a central office: which version is wanted in a hall, and how far it has come there. A version waits
 * in the outbox until the hall has it; what the hall says of it stands in hall_said.
 */
import { z } from 'zod';
import type { HallConfiguration } from '../../kiosk-agent/contract/far-end.ts';
import {
  configurationHash,
  officeConfiguration,
  officeVersion,
  type OfficeConfiguration,
} from '../../kiosk-agent/contract/office.ts';
import { HallError } from '../../kiosk-agent/contract/problem.ts';
import type { Agent } from '../agents.ts';
import type { Database } from '../database.ts';
import type { Outbox, Wish } from '../outbox.ts';
import { saidOf } from './said.ts';

const COMMAND = 'configuration';
/** A hall that is away for longer is put up anew anyway. */
const WAITS_MS = 400 * 24 * 3_600_000;

export const configurationBody = z.strictObject({
  version: officeVersion,
  configuration: officeConfiguration,
});
export type ConfigurationWish = z.infer<typeof configurationBody>;

type Wanted = {
  agentId: string;
  state: 'queued' | 'delivered' | 'refused' | 'expired';
  refused: string | null;
  why: string | null;
  version: number;
  sha256: string;
  queuedAt: Date;
  answeredAt: Date | null;
};

export class Configurations {
  readonly #database: Database;
  readonly #outbox: Outbox;
  readonly #clock: () => Date;
  constructor(database: Database, outbox: Outbox, clock: () => Date) {
    this.#database = database;
    this.#outbox = outbox;
    this.#clock = clock;
  }

  /**
   * Puts it down to these halls. The same version with the same content again changes nothing; a hall of which a newer one, or
   * the same one with other content, is wanted gets nothing and is named in `refused`.
   */
  async put(
    agents: Agent[],
    { version, configuration }: ConfigurationWish,
  ): Promise<{ refused: Map<string, number> }> {
    const sha256 = configurationHash(configuration);
    const wanted = await this.#wanted(agents.map(({ agentId }) => agentId));
    const refused = new Map<string, number>();
    const wishes: Wish[] = [];
    for (const { agentId } of agents) {
      const before = wanted.get(agentId);
      if (before && (before.version > version || (before.version === version && before.sha256 !== sha256)))
        refused.set(agentId, before.version);
      else if (before?.version !== version) wishes.push(this.#wish(agentId, version, sha256, configuration));
    }
    const ids = wishes.map(({ agentId }) => agentId);
    await this.#outbox.takeBack(ids, COMMAND, COMMAND, `version ${version} takes its place`);
    await this.#outbox.putAll(wishes);
    return { refused };
  }

  /** How each of these halls stands; also those of which nothing was ever wanted. */
  async states(agents: Agent[]): Promise<HallConfiguration[]> {
    const ids = agents.map(({ agentId }) => agentId);
    const [wanted, said, inEffect] = await Promise.all([
      this.#wanted(ids),
      saidOf(this.#database.query, 'configuration', { agentIds: ids }),
      saidOf(this.#database.query, 'in-effect', { agentIds: ids }),
    ]);
    const words = new Map(said.map((each) => [`${each.agentId} ${each.subject}`, each]));
    const effective = new Map(inEffect.map((each) => [each.agentId, each]));
    return agents.map(({ agentId, region }) => {
      const now = effective.get(agentId);
      const want = wanted.get(agentId);
      const word = want && words.get(`${agentId} ${want.version}`);
      return {
        ...{ agentId, region, hall: (word ?? now)?.hall ?? null },
        wanted: want ? standing(want, word) : null,
        inEffect: now ? { version: Number(now.data['version']), since: now.at.toISOString() } : null,
      };
    });
  }

  /** What is wanted in a hall, whole; undefined when nothing is. */
  async content(
    agentId: string,
  ): Promise<{ version: number; configuration: OfficeConfiguration } | undefined> {
    const last = (await this.#outbox.about(agentId, COMMAND, COMMAND)).at(-1);
    const data = last?.data as { version: number; configuration: OfficeConfiguration } | undefined;
    return data && { version: data.version, configuration: data.configuration };
  }

  #wish(agentId: string, version: number, sha256: string, configuration: OfficeConfiguration): Wish {
    const deadline = new Date(this.#clock().getTime() + WAITS_MS);
    const key = `${COMMAND}:${version}:${sha256}`;
    return { agentId, key, name: COMMAND, subject: COMMAND, data: { version, configuration }, deadline };
  }

  async #wanted(agentIds: string[]): Promise<Map<string, Wanted>> {
    const rows = await this.#database.query<Omit<Wanted, 'sha256'> & { key: string }>(
      `SELECT DISTINCT ON (agent_id) agent_id AS "agentId", state, refused, why, (data->>'version')::integer AS version, key,
              queued_at AS "queuedAt", answered_at AS "answeredAt"
       FROM outbox WHERE agent_id = ANY($1) AND name = $2 ORDER BY agent_id, place DESC`,
      [agentIds, COMMAND],
    );
    return new Map(rows.map(({ key, ...row }) => [row.agentId, { ...row, sha256: key.split(':')[2] ?? '' }]));
  }
}

/** The hall's own word counts more than how the command fared: an answer may be lost, a word is not. */
function standing(
  want: Wanted,
  word: { type: string; data: Record<string, unknown>; at: Date } | undefined,
): NonNullable<HallConfiguration['wanted']> {
  const { version, sha256 } = want;
  if (word && word.data['sha256'] === sha256) {
    const state = word.type.slice('hall.configuration.'.length) as 'taken' | 'refused' | 'in-effect';
    const { path, why, leftOut } = word.data as { path?: string; why?: string; leftOut?: string[] };
    return {
      ...{ version, sha256, state, since: word.at.toISOString() },
      ...(path === undefined ? {} : { path }),
      ...(why === undefined ? {} : { why }),
      ...(leftOut ? { leftOut } : {}),
    };
  }
  return {
    ...{ version, sha256, state: want.state, since: (want.answeredAt ?? want.queuedAt).toISOString() },
    ...(want.why === null ? {} : { why: want.why }),
  };
}

/** Throws HallError for the one hall that has a newer version. */
export function refuseOlder(refused: Map<string, number>, version: number): void {
  const [first] = refused;
  if (!first) return;
  const [agentId, has] = first;
  const why =
    has === version
      ? 'is wanted there already, with other content'
      : `is older than ${has}, which is wanted there`;
  throw new HallError('old-version', `Version ${version} ${why}; choose a higher number.`, {
    agentId,
    version: has,
  });
}
