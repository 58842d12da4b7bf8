/** What an operator sends down to halls, and how it stands there. Writing needs the operator's token; reading what looking needs. */
import express, { type RequestHandler, type Router } from 'express';
import { z } from 'zod';
import type { Agents } from '../agents.ts';
import type { Database } from '../database.ts';
import type { Outbox } from '../outbox.ts';
import { read } from '../reading.ts';
import { regionCode } from '../regions.ts';
import { configurationBody, Configurations, refuseOlder } from './configuration.ts';
import { noticeBody, Notices } from './notices.ts';
import { putSurge, surgeBody, surgeOf } from './surge.ts';
import { agentOf, agentsIn } from './targets.ts';

/** An office's configuration of a hall with a hundred services has some 100 KiB; a link takes 256 KiB. */
const body = express.json({ limit: '200kb' });
export const regionQuery = z.strictObject({ region: regionCode.optional() });
export const noticesQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(50) });
const COUNTRY = '000000000000';

type Parts = {
  database: Database;
  agents: Agents;
  outbox: Outbox;
  clock: () => Date;
  onlyOperator: RequestHandler;
};

export function downRoutes({ database, agents, outbox, clock, onlyOperator }: Parts): Router {
  const router = express.Router();
  const configurations = new Configurations(database, outbox, clock);
  const notices = new Notices(database, agents, outbox, clock);
  const hallOf = async (params: Record<string, unknown>) =>
    (await agents.find(await agentOf(agents, params)))!;

  router.put('/halls/:agentId/configuration', onlyOperator, body, async (request, response) => {
    const agent = await hallOf(request.params);
    const wish = read(configurationBody, request.body ?? {});
    refuseOlder((await configurations.put([agent], wish)).refused, wish.version);
    response.status(202).json((await configurations.states([agent]))[0]);
  });
  router.get('/halls/:agentId/configuration', async (request, response) => {
    const agent = await hallOf(request.params);
    const [state] = await configurations.states([agent]);
    response.json({ ...state, content: (await configurations.content(agent.agentId)) ?? null });
  });
  router.put('/regions/:code/configuration', onlyOperator, body, async (request, response) => {
    const halls = await agentsIn(agents, String(request.params['code']));
    const wish = read(configurationBody, request.body ?? {});
    const { refused } = await configurations.put(halls, wish);
    const states = await configurations.states(halls);
    response.status(202).json({
      halls: states,
      // These have a newer one, or this one with other content: nothing was sent to them.
      refused: [...refused].map(([agentId, version]) => ({ agentId, version })),
    });
  });
  router.get('/configurations', async (request, response) => {
    const { region = COUNTRY } = read(regionQuery, request.query);
    response.json({ halls: await configurations.states(await agentsIn(agents, region)) });
  });

  router.post('/notices', onlyOperator, body, async (request, response) => {
    const id = await notices.post(read(noticeBody, request.body ?? {}));
    response.status(202).json(await notices.view(id));
  });
  router.get('/notices', async (request, response) => {
    response.json({ notices: await notices.list(read(noticesQuery, request.query).limit) });
  });
  router.get('/notices/:notice', async (request, response) => {
    response.json(await notices.view(String(request.params['notice'])));
  });
  router.delete('/notices/:notice', onlyOperator, async (request, response) => {
    const id = String(request.params['notice']);
    await notices.withdraw(id);
    response.status(202).json(await notices.view(id));
  });

  router.post('/halls/:agentId/surge', onlyOperator, body, async (request, response) => {
    const agent = await agentOf(agents, request.params);
    await putSurge(outbox, clock, agent, read(surgeBody, request.body ?? {}));
    response.status(202).json(await surgeOf(database, outbox, agent));
  });
  router.get('/halls/:agentId/surge', async (request, response) => {
    const agent = await agentOf(agents, request.params);
    response.json(await surgeOf(database, outbox, agent));
  });
  return router;
}
