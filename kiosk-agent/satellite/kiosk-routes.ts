/**
 * The calls of this satellite's kiosk. What the hub can answer is passed on to it; a ticket is given here while it is away. A tap
 * gets one ticket, whichever of the two gives it.
 */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { freeText, PRIORITIES } from '../contract/events.ts';
import type { TicketView } from '../contract/live.ts';
import { HallError } from '../contract/problem.ts';
import type { Access } from '../web/access.ts';
import type { IdentityDesk } from '../web/identity.ts';
import { body } from '../web/problems.ts';
import { ID_CARD_HEADER } from '../web/query.ts';
import type { Hub } from './hub.ts';
import type { HubHttp, Passed } from './hub-http.ts';
import type { OfflineKiosk } from './offline-kiosk.ts';

export type KioskParts = {
  kiosk: OfflineKiosk;
  hub: Hub;
  http: HubHttp;
  desk: IdentityDesk;
  /** everything on this satellite's disk is with the hub */
  delivered: () => boolean;
  services: () => unknown;
  queue: () => unknown;
};

/** What the rules here need; the rest is the hub's to check. */
const take = z.looseObject({
  service: z.string().min(1).max(63),
  priority: z.enum(PRIORITIES).optional(),
  further: z.array(z.string().min(1).max(63)).max(5).optional(),
  idCard: z.string().min(1).max(64).optional(),
  language: z.enum(['zh', 'en']).default('zh'),
  delivery: z.enum(['paper', 'screen']).default('paper'),
  idempotencyKey: z
    .string()
    .regex(
      /^(?!__proto__$)[\x21-\x7e]{1,128}$/,
      '1 to 128 printable characters without spaces; a new one for each tap',
    ),
  /** only a satellite says who its visitor is, and this one has a reader of its own */
  person: z.undefined().optional(),
});
const cancel = z.strictObject({ reason: freeText.optional() });
const paper = z.strictObject({ out: z.boolean() });
/** Taps that the hub has answered lately: asked again while it is away, they are not served a second time. */
const TAPS_REMEMBERED = 200;
const KEYS_REMEMBERED = 100;

type Answer = { status: number; type?: string; body: unknown };

export function kioskRoutes(parts: KioskParts, access: Access): Router {
  const router = Router();
  const { kiosk, hub, http, desk } = parts;
  const atKiosk = access.allow('kiosk', 'clerk', 'manager');
  const taps = new Map<string, Promise<Answer>>();
  const answered = new Map<string, Answer>();
  const hubKeys = new Map<string, string>();

  /** The hub's answer; throws `hub-away` when there is none. */
  const passOn = async (method: string, path: string, content?: unknown): Promise<Answer> => {
    const answer = hub.reachable ? answerOf(await http.ask(method, path, content)) : null;
    if (answer) return answer;
    if (hub.reachable) hub.doubt();
    throw new HallError('hub-away', 'The hall server does not answer now. Tickets are given all the same.');
  };

  const tap = async (content: unknown): Promise<Answer> => {
    const { idCard, person: _person, ...wish } = body(take, content);
    const key = wish.idempotencyKey;
    // This kiosk's own ticket of this tap stands before everything: also when the hub is back.
    const own = kiosk.ofTap(key, wish.service);
    if (own?.offline) return { status: 200, body: own };
    const visitor = idCard === undefined || own ? null : desk.use(idCard, key);
    if (idCard !== undefined && !own && !visitor)
      throw new HallError(
        'identity-needed',
        'Lay the card again: it was read too long ago, or used for a ticket.',
        {
          field: 'idCard',
        },
      );
    const holder = visitor ? { person: visitor.person } : {};
    try {
      const answer = hub.reachable
        ? answerOf(await http.ask('POST', 'tickets', { ...wish, ...holder }))
        : null;
      if (answer) {
        if (answer.status >= 400 && idCard !== undefined) desk.giveBack(idCard, key);
        if (answer.status < 300) remember(answered, key, { ...answer, status: 200 }, TAPS_REMEMBERED);
        return answer;
      }
      if (hub.reachable) hub.doubt();
      const before = answered.get(key);
      if (before) return before;
      if (wish['appointment'] !== undefined)
        throw new HallError(
          'hub-away',
          'Appointments wait for the hall server; a ticket can be taken without one.',
        );
      const { fresh, ticket } = await kiosk.take({ ...wish, ...holder });
      return { status: fresh ? 201 : 200, body: ticket };
    } catch (error) {
      if (idCard !== undefined) desk.giveBack(idCard, key);
      throw error;
    }
  };

  router.post('/tickets', atKiosk, async (request, response) => {
    const key = String((request.body as { idempotencyKey?: unknown } | undefined)?.idempotencyKey);
    // Impatient taps with one key wait for the same answer: the hub and this kiosk must not both serve it.
    const before = taps.get(key);
    const answer =
      before?.then((each) => (each.status === 201 ? { ...each, status: 200 } : each)) ?? tap(request.body);
    if (!before) {
      taps.set(key, answer);
      answer.finally(() => taps.delete(key)).catch(() => undefined);
    }
    send(response, await answer);
  });

  /** Its own tickets are answered here as long as their paper is, or the hub has not heard of all that happened to them. */
  const onTicket = async (
    request: Request,
    response: Response,
    here: (ticketId: string) => TicketView | undefined | Promise<TicketView>,
  ): Promise<void> => {
    const ticketId = idOf(request);
    const own = kiosk.look(ticketId);
    if (own && (kiosk.isUnsettled(ticketId) || !hub.reachable || !parts.delivered())) {
      response.json(await here(ticketId));
      return;
    }
    const path = `tickets/${request.path.slice('/tickets/'.length)}`;
    const answer = await passOn(request.method, path, contentOf(request));
    // The hub's day may have ended, or its journal been lost: the paper is this kiosk's all the same.
    if (own && answer.status === 404) response.json(await here(ticketId));
    else send(response, answer);
  };
  router.get('/tickets/:id', atKiosk, (request, response) =>
    onTicket(request, response, (id) => kiosk.look(id)),
  );
  router.delete('/tickets/:id', atKiosk, (request, response) =>
    onTicket(request, response, (id) => kiosk.act(id, 'cancel', body(cancel, request.body).reason)),
  );
  router.post('/tickets/:id/paper', atKiosk, (request, response) =>
    onTicket(request, response, (id) =>
      kiosk.act(id, body(paper, request.body).out ? 'paper-out' : 'paper-not-out'),
    ),
  );
  router.post('/tickets/:id/reprint', atKiosk, (request, response) =>
    onTicket(request, response, (id) => kiosk.act(id, 'reprint')),
  );
  router.post('/tickets/:id/on-screen', atKiosk, (request, response) =>
    onTicket(request, response, (id) => kiosk.act(id, 'on-screen')),
  );

  router.get('/services', (_request, response) => {
    response.json(parts.services());
  });
  router.get('/queue', (_request, response) => {
    response.json(parts.queue());
  });
  /** What the QR on a ticket's paper leads to; `id` is the key that stands there. */
  router.get('/my-ticket/:id', async (request, response) => {
    const key = idOf(request);
    const own = kiosk.ofPaper(key);
    const tellOwn = ({ number, service, state, ahead, waitMinS, waitMaxS, area }: TicketView): void => {
      const mine = { number, service, state, ahead, waitMinS, waitMaxS, area, offline: true };
      response.set('cache-control', 'no-store').json(mine);
    };
    if (own && (!hub.reachable || !parts.delivered())) return tellOwn(own);
    const answer = await passOn('GET', `my-ticket/${key}`);
    if (own && answer.status === 404) tellOwn(own);
    else send(response, answer);
  });
  router.delete('/my-ticket/:id', async (request, response) => {
    send(response, await passOn('DELETE', `my-ticket/${idOf(request)}`));
  });

  /** The hub's one-time key for a visitor who is known here: the hub's own calls understand no other. */
  const hubKeyOf = async (idCard: string): Promise<string> => {
    const known = hubKeys.get(idCard);
    if (known !== undefined && desk.look(idCard)) return known;
    const visitor = desk.look(idCard);
    if (!visitor)
      throw new HallError('identity-needed', 'Lay the card again: it was read too long ago.', {
        field: 'idCard',
      });
    const { status, body: said } = await passOn('POST', 'identity/lent', visitor);
    const lent = z.object({ idCard: z.string() }).safeParse(said);
    if (status !== 201 || !lent.success)
      throw new HallError('hub-away', 'The hall server does not take this card now.');
    remember(hubKeys, idCard, lent.data.idCard, KEYS_REMEMBERED);
    return lent.data.idCard;
  };

  for (const room of ['appointments', 'query', 'opinions'])
    router.use(`/${room}`, access.allow('kiosk'), async (request, response) => {
      // Only plain names below it, and only the methods that the hub has.
      if (
        !/^(?:\/[A-Za-z0-9._-]{1,64}){0,4}\/?$/.test(request.path) ||
        !['GET', 'POST', 'DELETE'].includes(request.method)
      )
        throw new HallError('not-found', `${request.method} ${request.originalUrl} does not exist.`);
      const query = request.originalUrl.split('?')[1];
      const path = `${room}${request.path.replace(/\/$/, '')}${query === undefined ? '' : `?${query}`}`;
      const content = contentOf(request);
      const idCard = content?.['idCard'];
      const header = request.get(ID_CARD_HEADER);
      const lent = typeof idCard === 'string' ? { ...content, idCard: await hubKeyOf(idCard) } : content;
      const headers: Record<string, string> =
        header === undefined ? {} : { [ID_CARD_HEADER]: await hubKeyOf(header) };
      const answer = hub.reachable ? answerOf(await http.ask(request.method, path, lent, headers)) : null;
      if (answer) return send(response, answer);
      if (hub.reachable) hub.doubt();
      throw new HallError('hub-away', 'The hall server does not answer now.');
    });

  return router;
}

/** null: there was no answer, or the hub is just stopping. */
function answerOf(passed: Passed): Answer | null {
  if (!passed.answered) return null;
  let content: unknown;
  try {
    content = passed.body === '' ? undefined : JSON.parse(passed.body);
  } catch {
    // Something else answers at the hub's address.
    return null;
  }
  if (passed.status === 503 && (content as { code?: unknown } | undefined)?.code === 'stopping') return null;
  return { status: passed.status, type: passed.type, body: content };
}

function send(response: Response, { status, type, body: content }: Answer): void {
  response.status(status).set('cache-control', 'no-store');
  if (content === undefined) response.end();
  else
    response
      .type(type?.includes('problem+json') ? 'application/problem+json' : 'application/json')
      .send(JSON.stringify(content));
}

function contentOf(request: Request): Record<string, unknown> | undefined {
  const content: unknown = request.body;
  return typeof content === 'object' && content !== null ? (content as Record<string, unknown>) : undefined;
}

function idOf(request: Request): string {
  const id = String(request.params['id']);
  if (!/^[A-Za-z0-9-]{1,64}$/.test(id)) throw new HallError('unknown-ticket', 'That is not a ticket id.');
  return id;
}

function remember<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (oldest !== undefined && map.size > most) map.delete(oldest);
}
