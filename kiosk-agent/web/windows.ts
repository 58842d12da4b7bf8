/** `/windows/{n}`: what a clerk does, and the touch of a visitor on the window's screen. */
import { randomInt } from 'node:crypto';
import { Router, type Request } from 'express';
import { z } from 'zod';
import { freeText, ratingLevel } from '../contract/events.ts';
import type { WindowView } from '../contract/live.ts';
import { HallError } from '../contract/problem.ts';
import type { WindowCommand } from '../hall/commands.ts';
import type { Access } from './access.ts';
import type { AgentParts } from './parts.ts';
import { body, refused } from './problems.ts';
import { windowView } from './views.ts';

const staff = z.string().regex(/^[0-9A-Za-z-]{1,16}$/, 'a staff number: 1 to 16 letters and digits');
const reason = freeText.default('');

/** Action → its body → the command. A missing reason is refused by the rules, which know when one is needed. */
const ACTIONS: Record<string, (window: number, request: Request) => WindowCommand> = {
  open: (window, request) => {
    const given = body(z.strictObject({ staff: staff.optional() }), request.body).staff;
    const own = request.caller?.staff ?? null;
    if (own !== null && given !== undefined && given !== own)
      throw new HallError('not-allowed', `You are signed in as ${own}.`);
    const opener = own ?? given;
    if (!opener) throw new HallError('bad-request', 'staff: who opens the window', { field: 'staff' });
    return { name: 'window.open', window, staff: opener };
  },
  'call-next': (window, request) => (none(request), { name: 'window.call-next', window }),
  call: (window, request) => ({
    name: 'window.call',
    window,
    ...body(z.strictObject({ ticketId: z.string().min(1).max(64), reason }), request.body),
  }),
  recall: (window, request) => (none(request), { name: 'window.recall', window }),
  'take-back': (window, request) => ({
    name: 'window.take-back',
    window,
    ...body(z.strictObject({ reason }), request.body),
  }),
  start: (window, request) => (none(request), { name: 'window.start', window }),
  finish: (window, request) => (
    none(request),
    { name: 'window.finish', window, session: randomInt(1, 4_294_967_296) }
  ),
  missed: (window, request) => (none(request), { name: 'window.missed', window }),
  transfer: (window, request) => {
    const wish = body(
      z.strictObject({
        service: z.string().max(63).optional(),
        window: z.int().optional(),
        comeBack: z.boolean().default(false),
        reason,
      }),
      request.body,
    );
    if (wish.service === undefined && wish.window === undefined)
      throw new HallError('bad-request', 'service or window: where to', { field: 'service' });
    return {
      name: 'window.transfer',
      window,
      to: {
        ...(wish.service === undefined ? {} : { service: wish.service }),
        ...(wish.window === undefined ? {} : { window: wish.window }),
      },
      ...(wish.comeBack ? { comeBack: true } : {}),
      reason: wish.reason,
    };
  },
  park: (window, request) => {
    const wish = body(z.strictObject({ reason, minutes: z.int().min(1).max(480).optional() }), request.body);
    const { minutes } = wish;
    return {
      name: 'window.park',
      window,
      reason: wish.reason,
      ...(minutes === undefined ? {} : { minutes }),
    };
  },
  pause: (window, request) => ({
    name: 'window.pause',
    window,
    ...body(z.strictObject({ reason }), request.body),
  }),
  resume: (window, request) => (none(request), { name: 'window.resume', window }),
  close: (window, request) => {
    const given = body(z.strictObject({ reason }), request.body).reason;
    return { name: 'window.close', window, ...(given ? { reason: given } : {}) };
  },
};

export function windowRoutes(parts: AgentParts, access: Access): Router {
  const router = Router();

  const view = (request: Request): WindowView => {
    const number = Number(request.params['n']);
    const found = Number.isInteger(number) ? windowView(parts, number) : undefined;
    if (!found) throw new HallError('unknown-window', `There is no window ${String(request.params['n'])}.`);
    return found;
  };

  router.get('/:n', (request, response) => {
    response.json(view(request));
  });

  /** A touch instead of a key. Which face it was is told to nobody at the window. */
  router.post('/:n/rate', access.allow('window'), async (request, response) => {
    const { window } = view(request);
    const touch = body(
      z.strictObject({ session: z.int().min(1).max(4_294_967_295), level: ratingLevel }),
      request.body,
    );
    const outcome = await parts.executor.execute({ name: 'rating.touch', window, ...touch });
    if (!outcome.ok) throw refused(outcome.refusal);
    response.json(view(request));
  });

  for (const [action, command] of Object.entries(ACTIONS))
    router.post(`/:n/${action}`, access.allow('clerk', 'manager'), async (request, response) => {
      const { window, staff: holder } = view(request);
      const own = request.caller?.staff ?? null;
      // A clerk who has signed in acts at the own window only; a supervisor and a program may help out.
      if (
        action !== 'open' &&
        own !== null &&
        request.caller?.role === 'clerk' &&
        holder !== null &&
        holder !== own
      )
        throw new HallError('not-this-window', `Window ${window} is held by ${holder}.`, { staff: holder });
      const outcome = await parts.executor.execute(command(window, request));
      if (!outcome.ok) throw refused(outcome.refusal);
      response.json(view(request));
    });

  return router;
}

function none(request: Request): void {
  body(z.strictObject({}), request.body);
}
