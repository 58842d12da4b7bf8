/** `/tickets`: taking a number, its paper, leaving the line. */
import { randomBytes } from 'node:crypto';
import { Router } from 'express';
import { z } from 'zod';
import { freeText, PRIORITIES, type HallEvent, type PersonRef } from '../contract/events.ts';
import type { TicketView } from '../contract/live.ts';
import { personRef } from '../contract/words.ts';
import { HallError } from '../contract/problem.ts';
import type { Executor } from '../executor.ts';
import type { Command } from '../hall/commands.ts';
import type { Access, Caller } from './access.ts';
import { isTaking } from './opening.ts';
import type { AgentParts } from './parts.ts';
import { body, refused } from './problems.ts';
import { findTicket } from './views.ts';

/** The answer to a tap waits for the paper's fate at most so long, ms (contract, `POST /tickets`). */
export const FATE_MS = 5000;

export const tapKey = z
  .string()
  .regex(
    /^(?!__proto__$)[\x21-\x7e]{1,128}$/,
    '1 to 128 printable characters without spaces; a new one for each tap',
  );
const take = z.strictObject({
  service: z.string().min(1).max(63),
  priority: z.enum(PRIORITIES).optional(),
  /** services after the first, in their order */
  further: z.array(z.string().min(1).max(63)).max(5).optional(),
  /** one-time key of a card that was read or a number that was typed */
  idCard: z.string().min(1).max(64).optional(),
  /** from a satellite only: its holder, as its own reader has read it */
  person: personRef.optional(),
  language: z.enum(['zh', 'en']).default('zh'),
  delivery: z.enum(['paper', 'screen']).default('paper'),
  idempotencyKey: tapKey,
});
const cancel = z.strictObject({ reason: freeText.optional() });
const paper = z.strictObject({ out: z.boolean() });
const nothing = z.strictObject({});
const decision = z.strictObject({
  decision: z.enum(['confirmed', 'denied', 'given']),
  priority: z.enum(PRIORITIES).optional(),
  reason: freeText.optional(),
});

export function ticketRoutes(parts: AgentParts, access: Access): Router {
  const router = Router();
  const { executor } = parts;
  const atKiosk = access.allow('kiosk', 'clerk', 'manager');

  const view = (ticketId: string, caller?: Caller | null): TicketView => {
    const staff = caller?.role === 'clerk' || caller?.role === 'manager';
    const found = findTicket(parts, ticketId, staff);
    if (!found) throw new HallError('unknown-ticket', `There is no ticket ${ticketId} today.`);
    // What stands on the paper, for a kiosk's screen that shows it instead. Staff have no need of it.
    return caller?.role === 'kiosk' ? { ...found, key: parts.secrets.ticketKey(ticketId) } : found;
  };
  const run = async (command: Command): Promise<HallEvent[]> => {
    const outcome = await executor.execute(command);
    if (!outcome.ok) throw refused(outcome.refusal);
    return outcome.events;
  };

  router.post('/', atKiosk, async (request, response) => {
    const { idCard, person, ...wish } = body(take, request.body);
    const kiosk = request.caller?.agent;
    if (person && kiosk === undefined)
      throw new HallError('not-allowed', 'Only a satellite says itself who its visitor is.');
    // In the state of this instant: a repeat that comes while the first is under way is told apart by the rules.
    const repeat = Object.hasOwn(parts.state.keys, wish.idempotencyKey);
    if (!repeat) refuseOutsideHours(parts);
    const holder = repeat || idCard === undefined ? null : holderOf(parts, idCard, wish.idempotencyKey);
    const events = await run({
      name: 'ticket.reserve',
      ticketId: newTicketId(),
      ...wish,
      ...(holder && { person: holder }),
      // Read at the satellite's own reader; its paper comes out there.
      ...(person && { person }),
      ...(kiosk !== undefined && { kiosk }),
    }).catch((error: unknown) => {
      if (idCard !== undefined) parts.identity.desk.giveBack(idCard, wish.idempotencyKey);
      throw error;
    });
    const reserved = events.find((event) => event.type === 'hall.ticket.reserved');
    const ticketId = reserved?.data.ticketId ?? parts.state.keys[wish.idempotencyKey];
    if (!ticketId) throw new HallError('internal', 'The reserved ticket is not in the state.');
    await paperFate(executor, ticketId, FATE_MS);
    response.status(reserved ? 201 : 200).json(view(ticketId, request.caller));
  });

  router.get('/:id', atKiosk, (request, response) => {
    response.json(view(idOf(request.params), request.caller));
  });

  router.delete('/:id', atKiosk, async (request, response) => {
    const ticketId = idOf(request.params);
    const { reason } = body(cancel, request.body);
    const staff = request.caller?.role === 'kiosk' ? null : (request.caller?.staff ?? 'program');
    await run({
      name: 'ticket.cancel',
      ticketId,
      by: staff === null ? 'visitor' : 'staff',
      ...(staff === null ? {} : { staff }),
      ...(reason ? { reason } : {}),
    });
    response.json(view(ticketId));
  });

  /** "Did the ticket come out?" (state unconfirmed): yes → it waits in line; no → a second sheet that says 补打. */
  router.post('/:id/paper', atKiosk, async (request, response) => {
    const ticketId = idOf(request.params);
    const { out } = body(paper, request.body);
    const who = asker(request.caller);
    if (out) await run({ name: 'ticket.confirm-paper', ticketId, ...who });
    else {
      await run({ name: 'ticket.reprint', ticketId, ...who });
      await paperFate(executor, ticketId, FATE_MS);
    }
    response.json(view(ticketId));
  });

  /** Once more on paper, same number. It says 补打 unless nothing of any sheet before can have come out. */
  router.post('/:id/reprint', atKiosk, async (request, response) => {
    const ticketId = idOf(request.params);
    body(nothing, request.body);
    await run({ name: 'ticket.reprint', ticketId, ...asker(request.caller) });
    await paperFate(executor, ticketId, FATE_MS);
    response.json(view(ticketId));
  });

  router.post('/:id/on-screen', atKiosk, async (request, response) => {
    const ticketId = idOf(request.params);
    body(nothing, request.body);
    await run({ name: 'ticket.take-on-screen', ticketId });
    response.json(view(ticketId, request.caller));
  });

  /** What staff say of a priority that was claimed; or one that they give. The claim stays on the ticket either way. */
  router.post('/:id/priority', access.allow('clerk', 'manager'), async (request, response) => {
    const ticketId = idOf(request.params);
    const said = body(decision, request.body);
    const window = parts.state.tickets[ticketId]?.window ?? null;
    await run({
      name: 'ticket.priority',
      ticketId,
      ...said,
      staff: request.caller?.staff ?? 'program',
      ...(window === null ? {} : { window }),
    });
    response.json(view(ticketId, request.caller));
  });

  router.post('/:id/resume', access.allow('clerk', 'manager'), async (request, response) => {
    const ticketId = idOf(request.params);
    body(nothing, request.body);
    await run({ name: 'ticket.resume', ticketId, staff: request.caller?.staff ?? 'program' });
    response.json(view(ticketId));
  });

  return router;
}

/** Who shows this card, for this tap; throws `identity-needed` when its key is old, unknown, or was used for another ticket. */
function holderOf({ identity }: AgentParts, idCard: string, tap: string): PersonRef {
  const visitor = identity.desk.use(idCard, tap);
  if (visitor) return visitor.person;
  throw new HallError(
    'identity-needed',
    'Lay the card again: it was read too long ago, or used for a ticket.',
    {
      field: 'idCard',
    },
  );
}

function asker(caller: Caller | null | undefined): { by: 'visitor' } | { by: 'staff'; staff: string } {
  return !caller || caller.role === 'kiosk'
    ? { by: 'visitor' }
    : { by: 'staff', staff: caller.staff ?? 'program' };
}

/** Waits until the ticket's paper is settled, `ms` at the most. The live feed and GET tell the rest. */
export async function paperFate(executor: Executor, ticketId: string, ms: number): Promise<void> {
  const underWay = (): boolean =>
    ['reserved', 'printing'].includes(executor.state.tickets[ticketId]?.state ?? '');
  if (!underWay()) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      executor.off('committed', look);
      resolve();
    };
    const look = (): void => {
      if (!underWay()) done();
    };
    const timer = setTimeout(done, ms);
    executor.on('committed', look);
  });
}

export function refuseOutsideHours({ config, clock, state }: AgentParts): void {
  const { opening } = config.hall;
  if (!opening || isTaking(config.hall, clock(), state.surge.current?.measures.extendUntil)) return;
  throw new HallError('outside-hours', `Tickets are given from ${opening.from} to ${opening.to}.`, {
    from: opening.from,
    to: opening.to,
  });
}

/** 80 random bits: it stands in the QR on the paper and must not be guessed. */
export function newTicketId(): string {
  return `t${randomBytes(10).toString('hex')}`;
}

function idOf(params: Record<string, unknown>): string {
  const id = params['id'];
  if (typeof id !== 'string' || !/^[A-Za-z0-9-]{1,64}$/.test(id))
    throw new HallError('unknown-ticket', 'That is not a ticket id.');
  return id;
}
