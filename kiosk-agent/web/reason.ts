/**
 * What a visitor says from the own phone, without signing in: a rating that was not pressed, the reason of one that was, an
 * opinion. The address of the reason is shown on the companion screen of the window alone, for a short time, after every
 * rating: whoever sees it there learns nothing of the rating.
 */
import { Router } from 'express';
import { z } from 'zod';
import { ratingLevel } from '../contract/events.ts';
import { OPINION_KINDS, opinionText } from '../contract/opinions.ts';
import { HallError } from '../contract/problem.ts';
import { reasonState } from '../hall/follow-up/decide.ts';
import type { FollowUpState } from '../hall/follow-up/state.ts';
import { maskPersonal } from '../hall/opinions/mask.ts';
import { lastSession, ratedFromPhone } from '../hall/ratings.ts';
import type { Access } from './access.ts';
import { fileOpinion } from './opinions.ts';
import type { AgentParts } from './parts.ts';
import type { TicketKeys } from './ticket-keys.ts';
import { body, refused } from './problems.ts';
import { maskedText, reasonOptions, run, timeOf } from './ratings.ts';

/** So long after a rating the companion screen shows the address, unless the next visitor is called before. */
const SHOWN_MS = 120_000;

/** `/reason/{token}`: what the QR on the companion screen leads to. */
export function reasonRoutes(parts: AgentParts): Router {
  const router = Router();
  const rated = (token: string): FollowUpState['reasons'][number] => {
    const session = parts.secrets.sessionOf(token);
    const found = session === null ? undefined : parts.state.followUps.reasons[session];
    if (!found) throw new HallError('not-found', 'This address is not, or no longer, good.');
    return found;
  };
  const view = (token: string): object => {
    const found = rated(token);
    const { number, window, service, level, until } = found;
    const options = parts.config.rules.followUp.options
      .filter(({ levels }) => !levels || levels.includes(level))
      .map(({ code, zh, en }) => ({ code, zh, en }));
    const state = reasonState(found, timeOf(parts));
    return { number, window, service, level, options, state, until };
  };

  router.get('/:token', (request, response) => {
    response.set('cache-control', 'no-store').json(view(String(request.params.token)));
  });

  router.post('/:token', async (request, response) => {
    const token = String(request.params.token);
    const { session } = rated(token);
    const { options, text } = body(
      z.strictObject({ options: reasonOptions, text: maskedText.optional() }),
      request.body,
    );
    await run(parts, { name: 'rating.give-reason', session, options, by: 'qr', ...(text ? { text } : {}) });
    response.set('cache-control', 'no-store').json(view(token));
  });

  router.post('/:token/opinion', async (request, response) => {
    const found = rated(String(request.params.token));
    if (Date.parse(found.until) < parts.clock().getTime())
      throw new HallError('wrong-state', 'The time for this address is over.', { state: 'expired' });
    const { kind, text } = body(
      z.strictObject({ kind: z.enum(OPINION_KINDS), text: opinionText.transform(maskPersonal) }),
      request.body,
    );
    const { session, window } = found;
    const filed = await fileOpinion(parts, {
      ...{ kind, text, session, window },
      channel: 'phone-page',
      idempotencyKey: `reason-${session}`,
    });
    response
      .status(filed.again ? 200 : 201)
      .set('cache-control', 'no-store')
      .json(filed.answer);
  });
  return router;
}

/** `/my-ticket/{key}/rate`: who did not press at the window rates the last visit of the ticket from the phone. */
export function rateRoutes(parts: AgentParts, keys: TicketKeys): Router {
  const router = Router();
  const standing = (ticketId: string): object => {
    const session = lastSession(parts.state, ticketId);
    if (!session) throw new HallError('unknown-ticket', 'There is no visit of this ticket to rate.');
    const closed = ratedFromPhone(session, parts.rules, timeOf(parts));
    return {
      number: session.number,
      service: session.service,
      window: session.window,
      state: closed ?? 'not-rated',
    };
  };
  router.get('/:key/rate', (request, response) => {
    response.set('cache-control', 'no-store').json(standing(keys.ticketOf(parts.state, request.params.key)));
  });
  router.post('/:key/rate', async (request, response) => {
    const ticketId = keys.ticketOf(parts.state, request.params.key);
    const { level } = body(z.strictObject({ level: ratingLevel }), request.body);
    const outcome = await parts.executor.execute({ name: 'rating.from-phone', ticketId, level });
    if (!outcome.ok) throw refused(outcome.refusal);
    const given = outcome.events.find((event) => event.type === 'hall.rating.given');
    const reason = given ? { reason: `/r/${parts.secrets.reasonToken(given.data.session)}` } : {};
    response.set('cache-control', 'no-store').json({ ...standing(ticketId), ...reason });
  });
  return router;
}

/** `/windows/{n}/reason-link`: for the companion screen, and for nobody who only looks at the hall. */
export function reasonLinkRoutes(parts: AgentParts, access: Access): Router {
  const router = Router();
  router.get('/:n/reason-link', access.allow('window', 'kiosk'), (request, response) => {
    // A kiosk sees no evaluation; a satellite asks for the companion screens of its own PC.
    if (request.caller?.role === 'kiosk' && request.caller.agent === undefined)
      throw new HallError('not-allowed', 'This is for the window screen.');
    const session = parts.state.windows[Number(request.params.n)]?.session ?? null;
    const rated = session === null ? undefined : parts.state.followUps.reasons[session];
    const sinceMs = rated ? parts.clock().getTime() - Date.parse(rated.givenAt) : Infinity;
    const window = parts.state.windows[Number(request.params.n)];
    const nextIsThere = window?.ticketId !== null && window?.ticketId !== rated?.ticketId;
    const shown = rated && !rated.used && sinceMs < SHOWN_MS && !nextIsThere;
    response
      .set('cache-control', 'no-store')
      .json(
        shown
          ? { session, url: new URL(`r/${parts.secrets.reasonToken(rated.session)}`, parts.publicUrl()).href }
          : { session: null, url: null },
      );
  });
  return router;
}
