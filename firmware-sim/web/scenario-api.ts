/** The calls that play scenarios. */
import { Router } from 'express';
import { z } from 'zod';
import { readBody } from './lookup.ts';
import { sendProblem } from './problem.ts';
import type { Refused, Scenarios } from './scenarios.ts';

const startBody = z.strictObject({
  speed: z.number().min(1).max(1000).optional(),
  seed: z.int().min(0).max(0xffffffff).optional(),
});
const statuses: Record<Refused['code'], [status: number, title: string]> = {
  'no-scenario': [404, 'No such scenario'],
  'bad-scenario': [400, 'The scenario cannot be played'],
  'no-hall': [409, 'No hall to play in'],
  running: [409, 'A scenario is running'],
};

export function scenarioApi(scenarios: Scenarios): Router {
  const router = Router();
  router.get('/scenarios', (_request, response) => {
    response.json({ ...scenarios.list(), now: scenarios.now() });
  });
  router.post('/scenarios/:name/start', (request, response) => {
    const body = readBody(startBody, request.body, response);
    if (!body) return;
    const { seed, speed } = body;
    const started = scenarios.start(request.params.name, {
      ...(seed !== undefined && { seed }),
      ...(speed !== undefined && { speed }),
    });
    if (started.ok) return response.json(scenarios.now());
    const [status, title] = statuses[started.code];
    sendProblem(response, status, started.code, title, started.why.join('\n'));
  });
  router.post('/scenarios/stop', (_request, response) => {
    scenarios.stop();
    response.json(scenarios.now());
  });
  return router;
}
