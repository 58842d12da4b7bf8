/** `/opinions`: the ledger. Visitors file at a terminal and read the answer there with their code; staff handle it. */
import { Router, type Request } from 'express';
import { rateLimit } from 'express-rate-limit';
import { z } from 'zod';
import {
  OPINION_CHANNELS,
  OPINION_KINDS,
  OPINION_OUTCOMES,
  opinionNumber,
  opinionText,
} from '../contract/opinions.ts';
import { HallError } from '../contract/problem.ts';
import { session, staff, windowNumber } from '../contract/words.ts';
import { workingDaysBetween } from '../hall/calendar.ts';
import type { OpinionCommand } from '../hall/opinions/commands.ts';
import { isOverdue } from '../hall/opinions/decide.ts';
import { maskPersonal } from '../hall/opinions/mask.ts';
import type { Opinion, OpinionChannel } from '../hall/opinions/state.ts';
import type { Access } from './access.ts';
import { actingStaff } from './acting-staff.ts';
import type { AgentParts } from './parts.ts';
import { body, refused } from './problems.ts';
import { withinTime } from './notice.ts';
import { maskedText, timeOf } from './ratings.ts';
import { FATE_MS } from './tickets.ts';
import { codeHash, sameHash } from './visitor-secrets.ts';

const masked = opinionText.transform(maskPersonal);
const fileWish = z.strictObject({
  kind: z.enum(OPINION_KINDS),
  text: masked,
  channel: z.enum(OPINION_CHANNELS).optional(),
  window: windowNumber.optional(),
  /** the bad rating that it came from */
  session: session.optional(),
  idempotencyKey: z
    .string()
    .regex(/^(?!__proto__$)[\x21-\x7e]{1,128}$/, '1 to 128 printable characters without spaces'),
});
const slip = { opinion: opinionNumber, code: z.string().min(1).max(16) };
const acting = { staff: staff.optional() };
const list = z.object({
  state: z.enum(['filed', 'assigned', 'answered', 'closed']).optional(),
  overdue: z.enum(['true', 'false']).optional(),
});
/** A wrong code is typed twice; nobody types it six times. */
const LOOKS_PER_OPINION = 5;
const LOOKS_PER_PLACE = 30;
const LOOKS_MS = 10 * 60_000;
/** No code has this hash: what is compared when there is no such opinion. */
const NO_HASH = '0'.repeat(64);

export function opinionRoutes(parts: AgentParts, access: Access): Router {
  const router = Router();
  const manager = access.allow('manager');

  router.post('/', access.allow('kiosk', 'clerk', 'manager'), async (request, response) => {
    const wish = body(fileWish, request.body);
    const filed = await fileOpinion(parts, {
      ...wish,
      channel: channelOf(request, wish),
      ...entered(request),
    });
    response
      .status(filed.again ? 200 : 201)
      .set('cache-control', 'no-store')
      .json(filed.answer);
  });

  router.get('/', manager, (request, response) => {
    const { state, overdue } = body(list, request.query);
    const { known, leftOpen } = parts.state.opinions;
    const today = timeOf(parts).slice(0, 10);
    const opinions = Object.values(known)
      .filter((each) => state === undefined || each.state === state)
      .filter((each) => overdue === undefined || isOverdue(each, today) === (overdue === 'true'))
      .sort((a, b) => Date.parse(b.filedAt) - Date.parse(a.filedAt))
      .map((each) => ledgerView(parts, each, today));
    response.json({ opinions, leftOpen });
  });

  // Both calls that take a code count their wrong ones together.
  const wrongCodes = [
    tries(LOOKS_PER_PLACE, (request) => request.socket.remoteAddress ?? ''),
    tries(LOOKS_PER_OPINION, (request) => String((request.body as { opinion?: unknown })?.opinion)),
  ];
  router.post('/look', access.allow('kiosk'), ...wrongCodes, (request, response) => {
    const { opinion, code } = body(z.strictObject(slip), request.body);
    response.set('cache-control', 'no-store').json(visitorView(opened(parts, opinion, code)));
  });

  /** The slip with number and code, where its visitor stands; once more after trouble with the paper. */
  router.post('/paper', access.allow('kiosk'), ...wrongCodes, async (request, response) => {
    const { opinion, code, language } = body(
      z.strictObject({ ...slip, language: z.enum(['zh', 'en']).default('zh') }),
      request.body,
    );
    const { dueDay } = opened(parts, opinion, code);
    const printed = parts.printOpinion({ opinion, code, dueDay }, language, request.caller?.agent ?? null);
    response.json(await withinTime(printed, FATE_MS));
  });

  const handle = (action: string, command: (opinion: string, request: Request) => OpinionCommand): void => {
    router.post(`/:number/${action}`, manager, async (request, response) => {
      const number = String(request.params['number']);
      const outcome = await parts.executor.execute(command(number, request));
      if (!outcome.ok) throw refused(outcome.refusal);
      const found = parts.state.opinions.known[number];
      if (!found) throw new HallError('not-found', `The ledger has no ${number}.`);
      response.json(ledgerView(parts, found, timeOf(parts).slice(0, 10)));
    });
  };
  handle('assign', (opinion, request) => {
    const wish = body(z.strictObject({ to: staff, ...acting }), request.body);
    return { name: 'opinion.assign', opinion, to: wish.to, by: actingStaff(request, wish.staff) };
  });
  handle('answer', (opinion, request) => {
    const wish = body(z.strictObject({ text: masked, ...acting }), request.body);
    return { name: 'opinion.answer', opinion, text: wish.text, by: actingStaff(request, wish.staff) };
  });
  handle('close', (opinion, request) => {
    const wish = body(
      z.strictObject({ outcome: z.enum(OPINION_OUTCOMES), reason: maskedText.default(''), ...acting }),
      request.body,
    );
    const { outcome, reason } = wish;
    return { name: 'opinion.close', opinion, outcome, reason, by: actingStaff(request, wish.staff) };
  });
  handle('reopen', (opinion, request) => {
    const wish = body(z.strictObject({ reason: maskedText.default(''), ...acting }), request.body);
    return { name: 'opinion.reopen', opinion, reason: wish.reason, by: actingStaff(request, wish.staff) };
  });
  return router;
}

/** The opinion that number and code open. */
function opened(parts: AgentParts, opinion: string, code: string): Opinion {
  const found = Object.hasOwn(parts.state.opinions.known, opinion)
    ? parts.state.opinions.known[opinion]
    : undefined;
  // One answer for a wrong number and a wrong code, after the same work: numbers can be guessed, codes cannot.
  if (!sameHash(codeHash(code), found?.codeHash ?? NO_HASH) || !found)
    throw new HallError('not-found', 'Number and code do not belong together.');
  return found;
}

type Filing = Omit<Extract<OpinionCommand, { name: 'opinion.file' }>, 'name' | 'codeHash'>;

/**
 * Files an opinion whose text is masked. The same key gives the same number and code, `again` then says so. The code is in this
 * answer and nowhere else.
 */
export async function fileOpinion(
  parts: AgentParts,
  filing: Filing,
): Promise<{ again: boolean; answer: { opinion: string; code: string; dueDay: string } }> {
  const code = parts.secrets.opinionCode(filing.idempotencyKey);
  const outcome = await parts.executor.execute({ name: 'opinion.file', ...filing, codeHash: codeHash(code) });
  if (!outcome.ok) throw refused(outcome.refusal);
  const event = outcome.events.find((each) => each.type === 'hall.opinion.filed');
  const number = event?.data.opinion ?? parts.state.opinions.keys[filing.idempotencyKey] ?? '';
  const dueDay = event?.data.dueDay ?? parts.state.opinions.known[number]?.dueDay ?? '';
  return { again: !event, answer: { opinion: number, code, dueDay } };
}

/** A terminal files what a visitor types; staff enter what came by another way, and say which. */
function channelOf(request: Request, wish: z.infer<typeof fileWish>): OpinionChannel {
  const atTerminal = request.caller?.role === 'kiosk';
  const channel = wish.channel ?? (atTerminal ? 'query' : undefined);
  if (channel === undefined)
    throw new HallError('bad-request', 'channel: how it came (hotline, letter, web, inspection, rating)', {
      field: 'channel',
    });
  const allowed = atTerminal
    ? ['query', 'kiosk']
    : OPINION_CHANNELS.filter((each) => !['query', 'kiosk', 'phone-page'].includes(each));
  if (!allowed.includes(channel))
    throw new HallError('bad-request', `channel: one of ${allowed.join(', ')}`, { field: 'channel' });
  // Clerks must not learn which visits were rated badly, not even by trying.
  if (wish.session !== undefined && request.caller?.role !== 'manager')
    throw new HallError('bad-request', 'session: only a supervisor names a rating', { field: 'session' });
  return channel;
}

function entered(request: Request): { staff?: string } {
  const own = request.caller?.staff ?? null;
  return own === null ? {} : { staff: own };
}

function ledgerView({ rules }: AgentParts, opinion: Opinion, today: string): object {
  const { codeHash: _codeHash, keepUntil: _keepUntil, ...shown } = opinion;
  return {
    ...shown,
    overdue: isOverdue(opinion, today),
    workingDaysLeft: workingDaysBetween(today, opinion.dueDay, rules.calendar),
  };
}

/** For the visitor: what came of it, and nobody's number. */
function visitorView({ opinion, kind, state, filedAt, dueDay, answer, closed }: Opinion): object {
  return {
    ...{ opinion, kind, state, filedAt, dueDay },
    answer: answer && { text: answer.text, at: answer.at },
    outcome: closed?.outcome ?? null,
  };
}

/** So many refused tries in ten minutes; those that were right do not count. */
function tries(limit: number, key: (request: Request) => string) {
  return rateLimit({
    windowMs: LOOKS_MS,
    limit,
    keyGenerator: (request: Request) => key(request).slice(0, 64),
    skipSuccessfulRequests: true,
    standardHeaders: false,
    legacyHeaders: false,
    validate: { keyGeneratorIpFallback: false },
    handler: (_request, _response, next) =>
      next(new HallError('too-many-attempts', 'Too many wrong codes; wait ten minutes, or ask the staff.')),
  });
}
