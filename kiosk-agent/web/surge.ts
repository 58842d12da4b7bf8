/** `/surge` and `/suggestions`: what a supervisor does when more people come than the hall can serve. */
import { randomBytes } from 'node:crypto';
import { Router, type Request } from 'express';
import { z } from 'zod';
import { surgeMeasures } from '../contract/surge.ts';
import { freeText } from '../contract/events.ts';
import type { SurgeCommand } from '../hall/surge/commands.ts';
import { closesAt, forecastOf, lastServed, type ServiceForecast } from '../hall/forecast.ts';
import { localTime } from '../hall/day.ts';
import { windowsNow } from '../hall/surge/windows.ts';
import type { Surge } from '../hall/surge/state.ts';
import { loads, suggestions, type Loads, type Suggestion } from '../hall/suggest.ts';
import type { Access } from './access.ts';
import type { AgentParts } from './parts.ts';
import { body, refused } from './problems.ts';

/** The answer of every call to `/surge`. */
export type SurgeView = {
  current: Surge | null;
  /** when the hall closes today, extended hours counted; null where no opening time is published */
  closesAt: string | null;
  /** when the last one who waits now would be done; null when nobody waits whom an open window takes */
  lastServedAt: string | null;
  services: ServiceForecast[];
  windows: { number: number; services: string[] }[];
};
export type SuggestionsView = Loads & { suggestions: Suggestion[] };

// A missing reason is refused by the rules, as everywhere.
const reason = freeText.default('');
const change = z.strictObject({ reason, measures: surgeMeasures });
const end = z.strictObject({ reason });

export function surgeRoutes(parts: AgentParts, access: Access): Router {
  const router = Router();
  const manager = access.allow('manager');
  const time = (): string => localTime(parts.clock(), parts.rules.timeZone);
  const view = (): SurgeView => {
    const { state, rules } = parts;
    const now = time();
    return {
      current: state.surge.current,
      closesAt: closesAt(state, rules, now),
      lastServedAt: lastServed(state, rules, now),
      services: rules.services.map(({ id }) => forecastOf(state, rules, id, now)),
      windows: windowsNow(state, rules),
    };
  };
  const run = async (command: SurgeCommand): Promise<void> => {
    const outcome = await parts.executor.execute(command);
    if (!outcome.ok) throw refused(outcome.refusal);
  };
  const who = (request: Request) => ({ by: 'staff' as const, staff: request.caller?.staff ?? 'program' });

  router.get('/surge', manager, (_request, response) => {
    response.json(view());
  });
  router.post('/surge', manager, async (request, response) => {
    const wish = body(change, request.body);
    const surge = `s${randomBytes(6).toString('hex')}`;
    await run({ name: 'surge.start', surge, ...who(request), ...wish });
    response.status(201).json(view());
  });
  router.post('/surge/change', manager, async (request, response) => {
    await run({ name: 'surge.change', ...who(request), ...body(change, request.body) });
    response.json(view());
  });
  router.post('/surge/end', manager, async (request, response) => {
    await run({ name: 'surge.end', ...who(request), ...body(end, request.body) });
    response.json(view());
  });
  router.get('/suggestions', manager, (_request, response) => {
    const { state, rules } = parts;
    const now = time();
    const answer: SuggestionsView = {
      ...loads(state, rules, now),
      suggestions: suggestions(state, rules, now),
    };
    response.json(answer);
  });
  return router;
}
