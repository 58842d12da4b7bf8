/** Notices of the office on the screens of many halls: put up, taken down, and how each hall stands. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { NoticeInHall, OfficeNotice } from '../../kiosk-agent/contract/far-end.ts';
import { agentId } from '../../kiosk-agent/contract/link.ts';
import { NOTICE_PLACES, type NoticePlace } from '../../kiosk-agent/contract/office.ts';
import { HallError } from '../../kiosk-agent/contract/problem.ts';
import { bilingual, timestamp } from '../../kiosk-agent/contract/words.ts';
import type { Agents } from '../agents.ts';
import type { Database } from '../database.ts';
import type { Outbox } from '../outbox.ts';
import { regionCode } from '../regions.ts';
import { idempotencyKey } from './key.ts';
import { saidOf, type Said } from './said.ts';
import { agentsIn } from './targets.ts';

const COMMAND = 'notice';
const content = {
  text: bilingual.strict(),
  from: timestamp.optional(),
  until: timestamp,
  where: z.array(z.enum(NOTICE_PLACES)).min(1).max(4).default(['board']),
  idempotencyKey,
};
/** To the halls of regions, or to named ones. */
export const noticeBody = z.union([
  z.strictObject({ regions: z.array(regionCode).min(1).max(100), ...content }),
  z.strictObject({ agents: z.array(agentId).min(1).max(5_000), ...content }),
]);
type NoticeWish = z.infer<typeof noticeBody>;

type Row = {
  id: string;
  text: OfficeNotice['text'];
  places: NoticePlace[];
  from: Date;
  until: Date;
  target: OfficeNotice['target'];
  postedAt: Date;
  withdrawnAt: Date | null;
};
const COLUMNS = `id, text, places, shown_from AS "from", shown_until AS until, target, posted_at AS "postedAt",
  withdrawn_at AS "withdrawnAt"`;
type Way = { agentId: string; notice: string; step: string; state: string; why: string | null; at: Date };

export class Notices {
  readonly #database: Database;
  readonly #agents: Agents;
  readonly #outbox: Outbox;
  readonly #clock: () => Date;
  constructor(database: Database, agents: Agents, outbox: Outbox, clock: () => Date) {
    this.#database = database;
    this.#agents = agents;
    this.#outbox = outbox;
    this.#clock = clock;
  }

  /** Puts it up. The same key again is the notice that is there. Throws HallError. */
  async post(wish: NoticeWish): Promise<string> {
    const now = this.#clock();
    const until = new Date(wish.until);
    if (until <= now) throw new HallError('bad-request', 'until: it is over already', { field: 'until' });
    const target = 'regions' in wish ? { regions: wish.regions } : { agents: wish.agents };
    const agentIds = await this.#meant(target);
    const id = `n${createHash('sha256').update(wish.idempotencyKey).digest('hex').slice(0, 20)}`;
    const from = wish.from === undefined ? now : new Date(wish.from);
    const fresh = await this.#database.query(
      `INSERT INTO notices (id, text, places, shown_from, shown_until, target, posted_at)
       VALUES ($1, $2::jsonb, $3::jsonb, $4, $5, $6::jsonb, $7) ON CONFLICT (id) DO NOTHING RETURNING id`,
      [id, JSON.stringify(wish.text), JSON.stringify(wish.where), from, until, JSON.stringify(target), now],
    );
    const row = await this.#row(id);
    if (fresh.length === 0) {
      const same =
        isDeepStrictEqual([row.text, row.places, row.target], [wish.text, wish.where, target]) &&
        row.until.getTime() === until.getTime();
      if (!same) throw new HallError('key-reused', 'This key was used for another notice.', { notice: id });
      if (row.withdrawnAt) return id;
    }
    // Also the second time: a server that ended between the two has put none, or some, into the outbox.
    const data = {
      ...{ step: 'post', notice: id, text: row.text, where: row.places },
      ...{ from: row.from.toISOString(), until: row.until.toISOString() },
    };
    await this.#outbox.putAll(
      agentIds.map((agent) => ({
        ...{ agentId: agent, key: `notice:${id}`, name: COMMAND, subject: id, data },
        deadline: row.until,
      })),
    );
    return id;
  }

  /** Takes it down where it hangs, and where it is on its way. Again it changes nothing. Throws HallError not-found. */
  async withdraw(id: string): Promise<void> {
    const row = await this.#row(id);
    await this.#database.query('UPDATE notices SET withdrawn_at = coalesce(withdrawn_at, $2) WHERE id = $1', [
      id,
      this.#clock(),
    ]);
    const ways = await this.#ways([id]);
    const agentIds = [...new Set(ways.map(({ agentId }) => agentId))];
    await this.#outbox.takeBack(agentIds, COMMAND, id, 'taken down before it came');
    const data = { step: 'withdraw', notice: id };
    await this.#outbox.putAll(
      agentIds.map((agent) => ({
        ...{ agentId: agent, key: `notice-down:${id}`, name: COMMAND, subject: id, data },
        deadline: row.until,
      })),
    );
  }

  /** The newest first, with how many halls are in which state. */
  async list(limit: number): Promise<OfficeNotice[]> {
    const rows = await this.#database.query<Row>(
      `SELECT ${COLUMNS} FROM notices ORDER BY posted_at DESC, id LIMIT $1`,
      [limit],
    );
    const halls = await this.#halls(rows.map(({ id }) => id));
    return rows.map((row) => {
      const states: OfficeNotice['states'] = {};
      for (const { state } of halls.get(row.id) ?? []) states[state] = (states[state] ?? 0) + 1;
      return { ...viewOf(row), states };
    });
  }

  /** One with each of its halls. Throws HallError not-found. */
  async view(id: string): Promise<OfficeNotice & { halls: NoticeInHall[] }> {
    const row = await this.#row(id);
    const halls = (await this.#halls([id])).get(id) ?? [];
    const states: OfficeNotice['states'] = {};
    for (const { state } of halls) states[state] = (states[state] ?? 0) + 1;
    return { ...viewOf(row), states, halls };
  }

  async #meant(target: OfficeNotice['target']): Promise<string[]> {
    if ('agents' in target) {
      const known = new Set((await this.#agents.all()).map(({ agentId }) => agentId));
      const unknown = target.agents.find((each) => !known.has(each));
      if (unknown !== undefined)
        throw new HallError('bad-request', `agents: ${unknown} is not let in here`, { field: 'agents' });
      return [...new Set(target.agents)];
    }
    const all = await Promise.all(target.regions.map((region) => agentsIn(this.#agents, region)));
    const ids = [...new Set(all.flat().map(({ agentId }) => agentId))];
    if (ids.length === 0)
      throw new HallError('bad-request', 'regions: no hall is let in there', { field: 'regions' });
    return ids;
  }

  async #row(id: string): Promise<Row> {
    const [row] = await this.#database.query<Row>(`SELECT ${COLUMNS} FROM notices WHERE id = $1`, [id]);
    if (!row) throw new HallError('not-found', 'There is no such notice here.');
    return row;
  }

  #ways(ids: string[]): Promise<Way[]> {
    return this.#database.query<Way>(
      `SELECT agent_id AS "agentId", subject AS notice, data->>'step' AS step, state, why,
              coalesce(answered_at, queued_at) AS at
       FROM outbox WHERE name = $1 AND subject = ANY($2) ORDER BY agent_id, place`,
      [COMMAND, ids],
    );
  }

  async #halls(ids: string[]): Promise<Map<string, NoticeInHall[]>> {
    const [ways, said] = await Promise.all([
      this.#ways(ids),
      Promise.all(ids.map((subject) => saidOf(this.#database.query, 'notice', { subject }))),
    ]);
    const words = new Map(said.flat().map((each) => [`${each.subject} ${each.agentId}`, each]));
    const halls = new Map<string, NoticeInHall[]>(ids.map((id) => [id, []]));
    const byHall = Map.groupBy(ways, ({ notice, agentId }) => `${notice} ${agentId}`);
    for (const [key, steps] of byHall) {
      const { notice, agentId: agent } = steps[0]!;
      halls.get(notice)?.push({ agentId: agent, ...standing(steps, words.get(key)) });
    }
    return halls;
  }
}

function standing(steps: Way[], word: Said | undefined): Omit<NoticeInHall, 'agentId'> {
  const hall = word?.hall ?? null;
  const up = steps.find(({ step }) => step === 'post');
  const down = steps.find(({ step }) => step === 'withdraw');
  const as = (state: NoticeInHall['state'], { at, why }: { at: Date; why?: string | null }) => ({
    ...{ hall, state, since: at.toISOString() },
    ...(why ? { why } : {}),
  });
  if (word?.type === 'hall.notice.withdrawn') return as('withdrawn', word);
  if (word && down?.state === 'queued') return as('withdrawing', down);
  if (word) return as('shown', word);
  // Never seen on a screen there: taken down before it came.
  if (down?.state === 'delivered' && up?.state !== 'delivered') return as('withdrawn', down);
  return as((up?.state ?? 'expired') as NoticeInHall['state'], up ?? { at: new Date(0) });
}

function viewOf({
  id,
  text,
  places,
  from,
  until,
  target,
  postedAt,
  withdrawnAt,
}: Row): Omit<OfficeNotice, 'states'> {
  return {
    ...{ notice: id, text, where: places, target },
    ...{ from: from.toISOString(), until: until.toISOString(), postedAt: postedAt.toISOString() },
    withdrawnAt: withdrawnAt?.toISOString() ?? null,
  };
}
