/** `/callbacks`: a sample of a day's visits that anybody can draw again, and what their visitors say on the telephone. */
import { randomBytes } from 'node:crypto';
import { Router } from 'express';
import { z } from 'zod';
import { ratingLevel } from '../contract/events.ts';
import { SAMPLE_MOST } from '../contract/follow-up.ts';
import { localDate, staff } from '../contract/words.ts';
import type { CallBack } from '../hall/follow-up/state.ts';
import type { Access } from './access.ts';
import { actingStaff } from './acting-staff.ts';
import { visitsOf } from './day-visits.ts';
import type { AgentParts } from './parts.ts';
import { body } from './problems.ts';
import { maskedText, reasonOptions, run, sessionOf } from './ratings.ts';

const sampleWish = z.strictObject({
  day: localDate,
  seed: z
    .string()
    .regex(/^[0-9A-Za-z.-]{1,64}$/, '1 to 64 letters, digits, points and hyphens')
    .optional(),
  size: z.int().min(1).max(SAMPLE_MOST).optional(),
  staff: staff.optional(),
});
const result = z.strictObject({
  outcome: z.enum(['reached', 'not-reached', 'refused']),
  level: ratingLevel.optional(),
  options: reasonOptions,
  text: maskedText.optional(),
  staff: staff.optional(),
});

export function callBackRoutes(parts: AgentParts, access: Access): Router {
  const router = Router();
  router.use(access.allow('manager'));

  router.get('/', (_request, response) => {
    const { samples } = parts.state.followUps;
    response.json({
      samples: samples.map((sample) => sampleView(parts, sample)).reverse(),
      options: parts.config.rules.followUp.options,
      ...parts.config.rules.callBack,
    });
  });

  /** What whoever draws it again has to know, besides the seed: nobody's number, no rating. */
  router.get('/population', async (request, response) => {
    const { day } = body(z.object({ day: localDate }), request.query);
    const sessions = (await visitsOf(parts, day)).map(({ session }) => session);
    response.json({ day, sessions });
  });

  router.post('/sample', async (request, response) => {
    const wish = body(sampleWish, request.body);
    const visits = await visitsOf(parts, wish.day);
    const seed = wish.seed ?? randomBytes(16).toString('hex');
    const { share, atLeast } = parts.config.rules.callBack;
    const size = wish.size ?? Math.min(SAMPLE_MOST, Math.max(atLeast, Math.ceil(share * visits.length)));
    const by = actingStaff(request, wish.staff);
    await run(parts, { name: 'callback.sample', day: wish.day, seed, size, visits, staff: by });
    const sample = parts.state.followUps.samples.findLast(
      (each) => each.day === wish.day && each.seed === seed,
    );
    response.status(201).json(sample ? sampleView(parts, sample) : { day: wish.day, seed, visits: [] });
  });

  router.post('/:session', async (request, response) => {
    const session = sessionOf(request);
    const { outcome, level, options, text, staff: given } = body(result, request.body);
    await run(parts, {
      name: 'callback.record',
      session,
      outcome,
      staff: actingStaff(request, given),
      ...(level === undefined ? {} : { level }),
      ...(options.length > 0 ? { options } : {}),
      ...(text ? { text } : {}),
    });
    response.json(callBackView(parts.state.followUps.callBacks[session]));
  });
  return router;
}

/** The visits in the order in which they were drawn. */
function sampleView(
  { state }: AgentParts,
  sample: AgentParts['state']['followUps']['samples'][number],
): object {
  const { day, seed, population, at, sessions } = sample;
  const { callBacks } = state.followUps;
  return {
    day,
    seed,
    population,
    at,
    visits: sessions.map((session) => callBackView(callBacks[session]) ?? { session }),
  };
}

function callBackView(callBack: CallBack | undefined): object | undefined {
  if (!callBack) return undefined;
  const { ticketId: _ticketId, ...shown } = callBack;
  return shown;
}
