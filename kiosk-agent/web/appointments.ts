/** `/appointments`: slots, booking at the hall, checking in, cancelling. */
import { randomInt } from 'node:crypto';
import { Router, type Response } from 'express';
import { z } from 'zod';
import {
  APPOINTMENT_CHANNELS,
  CENTRAL_CODE,
  CODE_LENGTH,
  CODE_LETTERS,
  type AppointmentChannel,
} from '../contract/appointments.ts';
import { freeText, type HallEvent, type PersonRef } from '../contract/events.ts';
import type { TicketView } from '../contract/live.ts';
import { HallError } from '../contract/problem.ts';
import { clockTime, localDate, personRef } from '../contract/words.ts';
import { honouredUntil, isOf } from '../hall/appointments/check-in.ts';
import { slots, todayOf } from '../hall/appointments/slots.ts';
import { appointmentOf, type KnownAppointment } from '../hall/appointments/state.ts';
import { addDays, isWorkingDay } from '../hall/calendar.ts';
import type { Command } from '../hall/commands.ts';
import { localTime } from '../hall/day.ts';
import type { Access, Caller } from './access.ts';
import type { Identified } from './identity.ts';
import { withinTime } from './notice.ts';
import { ID_CARD_HEADER } from './query.ts';
import type { AgentParts } from './parts.ts';
import { body, refused } from './problems.ts';
import { FATE_MS, newTicketId, paperFate, refuseOutsideHours, tapKey } from './tickets.ts';
import { findTicket } from './views.ts';

const service = z.string().min(1).max(63);
const idCard = z.string().min(1).max(64);
const language = z.enum(['zh', 'en']).default('zh');
const slotsQuery = z.strictObject({ service, day: localDate.optional() });
const dayQuery = z.strictObject({ day: localDate.optional() });
const book = z.strictObject({
  service,
  day: localDate,
  from: clockTime,
  /** one-time key of a card that was read or a number that was typed */
  idCard: idCard.optional(),
  /** a program or a satellite says itself who it is */
  person: personRef.strict().optional(),
  channel: z.enum(APPOINTMENT_CHANNELS).optional(),
  print: z.boolean().default(false),
  language,
  idempotencyKey: tapKey,
});
const come = z.strictObject({
  idCard: idCard.optional(),
  /** how the code came: scanned, or typed as a number */
  by: z.enum(['code', 'number']).default('code'),
  language,
  delivery: z.enum(['paper', 'screen']).default('paper'),
  idempotencyKey: tapKey,
});
const comeByCard = come.omit({ by: true }).extend({ idCard, service: service.optional() });
const cancel = z.strictObject({ reason: freeText.optional() });
const paper = z.strictObject({ language });

/** Which channels a caller may book for; the first one where it says none. */
const CHANNELS: Partial<Record<Caller['role'], AppointmentChannel[]>> = {
  kiosk: ['kiosk', 'query'],
  clerk: ['staff'],
  manager: ['staff'],
  integrator: ['program', 'online', 'wechat'],
};

/** An appointment as kiosk and staff see it; whose it is only masked. */
export type AppointmentView = Pick<
  KnownAppointment,
  'appointment' | 'service' | 'day' | 'from' | 'to' | 'channel' | 'state'
> & { masked?: string; ticketId?: string };

export function appointmentRoutes(parts: AgentParts, access: Access): Router {
  const router = Router();
  const { executor, rules } = parts;
  const everybody = access.allow('kiosk', 'clerk', 'manager', 'integrator');
  const now = (): string => localTime(parts.clock(), rules.timeZone);

  const run = async (command: Command): Promise<HallEvent[]> => {
    const outcome = await executor.execute(command);
    if (!outcome.ok) throw refused(outcome.refusal);
    return outcome.events;
  };
  const known = (code: string | undefined): KnownAppointment => {
    const found = appointmentOf(parts.state.appointments, code);
    if (!found) throw new HallError('unknown-appointment', 'This hall knows no such appointment.');
    return found;
  };
  /** Runs a command for who showed this card; the key is good for another try when the command is refused. */
  const forVisitor = async <T>(
    key: string | undefined,
    tap: string,
    work: (visitor: Identified | null) => Promise<T>,
  ): Promise<T> => {
    if (key === undefined) return work(null);
    const visitor = parts.identity.desk.use(key, tap);
    if (!visitor) throw oldCard();
    try {
      return await work(visitor);
    } catch (error) {
      parts.identity.desk.giveBack(key, tap);
      throw error;
    }
  };

  router.get('/slots', (request, response) => {
    const wish = body(slotsQuery, request.query);
    const configured = rules.services.find(({ id }) => id === wish.service);
    if (!configured) throw new HallError('unknown-service', `This hall has no service ${wish.service}.`);
    if (!configured.appointments)
      throw new HallError('no-appointments', `No appointments are made for ${wish.service}; take a ticket.`);
    const today = todayOf(parts.state, now());
    const day = wish.day ?? today;
    response.json({
      service: wish.service,
      day,
      workingDay: isWorkingDay(day, rules.calendar),
      lastDay: addDays(today, rules.appointments.daysAhead),
      slots: slots(parts.state, rules, wish.service, day, now()).map(({ from, to, capacity, free }) => ({
        from,
        to,
        capacity,
        free,
      })),
    });
  });

  router.post('/', everybody, async (request, response) => {
    const { idCard, print, language, ...wish } = body(book, request.body);
    const { caller } = request;
    const { idempotencyKey } = wish;
    const repeat = Object.hasOwn(parts.state.appointments.keys, idempotencyKey);
    const booked = await forVisitor(repeat ? undefined : idCard, idempotencyKey, (visitor) =>
      run({
        name: 'appointment.book',
        appointment: newCode(),
        service: wish.service,
        day: wish.day,
        from: wish.from,
        channel: channelOf(caller, wish.channel),
        idempotencyKey,
        ...whoBooks(caller, visitor, wish.person),
      }),
    );
    const fresh = booked.find((event) => event.type === 'hall.appointment.booked');
    const made = known(fresh?.subject ?? parts.state.appointments.keys[idempotencyKey]);
    const answer = view(made);
    if (!fresh || !print) return void response.status(fresh ? 201 : 200).json(answer);
    response.status(201).json({ ...answer, paper: await onPaper(made, language, caller) });
  });

  router.get('/', access.allow('clerk', 'manager'), (request, response) => {
    const day = body(dayQuery, request.query).day ?? todayOf(parts.state, now());
    const all = Object.values(parts.state.appointments.known).filter((each) => each.day === day);
    all.sort((a, b) => (a.from + a.appointment < b.from + b.appointment ? -1 : 1));
    response.json({ day, appointments: all.map(view) });
  });

  router.post('/check-in-by-card', access.allow('kiosk', 'clerk', 'manager'), async (request, response) => {
    const { service, idCard, ...wish } = body(comeByCard, request.body);
    const before = ticketOfTap(parts, wish.idempotencyKey);
    const code = before?.appointment ?? theOneOfToday(parts, idCard, service, now());
    await checkIn(response, code, { ...wish, idCard, by: 'card' }, request.caller);
  });

  /** What is on this card: booked for today or later, or come to today; by time. */
  router.get('/mine', access.allow('kiosk'), (request, response) => {
    const visitor = parts.identity.desk.look(request.get(ID_CARD_HEADER) ?? '');
    if (!visitor) throw oldCard();
    const today = todayOf(parts.state, now());
    const mine = Object.values(parts.state.appointments.known).filter(
      (each) =>
        isOf(each, visitor.hashes) &&
        each.day >= today &&
        (each.state === 'booked' || (each.day === today && each.state === 'checked-in')),
    );
    mine.sort((a, b) => (a.day + a.from < b.day + b.from ? -1 : 1));
    response.set('cache-control', 'no-store').json({ appointments: mine.map(view) });
  });

  router.get('/:code', everybody, (request, response) => {
    response.json(view(known(String(request.params['code']))));
  });

  router.post(
    '/:code/check-in',
    access.allow('kiosk', 'clerk', 'manager', 'integrator'),
    async (request, response) => {
      const wish = body(come, request.body);
      const staff = request.caller?.role === 'clerk' || request.caller?.role === 'manager';
      const code = String(request.params['code']);
      const onCard = wish.idCard !== undefined && known(code).person !== undefined;
      const by = onCard ? 'card' : staff ? 'staff' : wish.by;
      await checkIn(response, code, { ...wish, by }, request.caller);
    },
  );

  /** The notice of an appointment, on paper once more. */
  router.post('/:code/paper', access.allow('kiosk', 'clerk', 'manager'), async (request, response) => {
    const { language } = body(paper, request.body);
    const found = known(String(request.params['code']));
    response.json({ ...view(found), paper: await onPaper(found, language, request.caller) });
  });

  router.delete('/:code', everybody, async (request, response) => {
    const { reason } = body(cancel, request.body);
    const code = String(request.params['code']);
    const { role, staff } = request.caller!;
    const byStaff = role === 'clerk' || role === 'manager';
    await run({
      name: 'appointment.cancel',
      appointment: code,
      ...(byStaff ? { by: 'staff', staff: staff ?? 'program' } : { by: 'visitor' }),
      ...(reason ? { reason } : {}),
    });
    response.json(view(known(code)));
  });

  /** The same answer as for a tap: the ticket, when its paper's fate is known. */
  async function checkIn(
    response: Response,
    code: string,
    wish: Omit<z.infer<typeof come>, 'by'> & { by: 'card' | 'code' | 'number' | 'staff' },
    caller: Caller | null | undefined,
  ): Promise<void> {
    const { idCard, by, language, delivery, idempotencyKey } = wish;
    const appointment = known(code);
    const before = ticketOfTap(parts, idempotencyKey);
    const repeat = before?.appointment === code;
    // So late it is a ticket like any other, and given when tickets are.
    const ordinary = parts.clock().getTime() > honouredUntil(appointment, rules);
    if (ordinary && appointment.state !== 'checked-in') refuseOutsideHours(parts);
    const events = repeat
      ? []
      : await forVisitor(idCard, idempotencyKey, (visitor) =>
          run({
            name: 'appointment.check-in',
            appointment: code,
            by,
            ...(visitor ? { hashes: visitor.hashes, person: visitor.person } : {}),
            ticketId: newTicketId(),
            language,
            delivery,
            idempotencyKey,
            ...(caller?.agent === undefined ? {} : { kiosk: caller.agent }),
          }),
        );
    const ticketId = known(code).ticketId;
    if (ticketId === null)
      throw new HallError('internal', 'The ticket of the appointment is not in the state.');
    await paperFate(executor, ticketId, FATE_MS);
    const ticket: TicketView | undefined = findTicket(parts, ticketId, by === 'staff');
    if (!ticket) throw new HallError('unknown-ticket', 'The ticket of this appointment is no longer here.');
    const key = caller?.role === 'kiosk' ? { key: parts.secrets.ticketKey(ticketId) } : {};
    response.status(events.length > 0 ? 201 : 200).json({ ...ticket, ...key });
  }

  async function onPaper(
    appointment: KnownAppointment,
    language: 'zh' | 'en',
    caller: Caller | null | undefined,
  ): Promise<{ state: 'printed' | 'printing' | 'failed' | 'unconfirmed'; why?: string }> {
    return withinTime(parts.printAppointment(appointment, language, caller?.agent ?? null), FATE_MS);
  }

  return router;
}

function view({
  appointment,
  service,
  day,
  from,
  to,
  channel,
  state,
  person,
  ticketId,
}: KnownAppointment): AppointmentView {
  return {
    appointment,
    service,
    day,
    from,
    to,
    channel,
    state,
    ...(person ? { masked: person.masked } : {}),
    ...(ticketId === null ? {} : { ticketId }),
  };
}

/** The ticket of an earlier answer to this tap that was lost. */
function ticketOfTap({ state }: AgentParts, key: string) {
  const ticketId = Object.hasOwn(state.keys, key) ? state.keys[key] : undefined;
  return ticketId === undefined ? undefined : state.tickets[ticketId];
}

/** The code of today's appointment on this card: one still to come to, else one that lapsed, else one checked in already. */
function theOneOfToday(
  { identity, state, rules }: AgentParts,
  idCard: string,
  service: string | undefined,
  time: string,
): string {
  const visitor = identity.desk.look(idCard);
  if (!visitor) throw oldCard();
  const today = todayOf(state, time);
  const mine = Object.values(state.appointments.known).filter(
    (each) => isOf(each, visitor.hashes) && (service === undefined || each.service === service),
  );
  // A slot that ended at midnight is still of today while coming late counts.
  const ofToday = mine.filter(
    (each) => each.day === today || (each.day < today && Date.parse(time) <= honouredUntil(each, rules)),
  );
  for (const wanted of ['booked', 'lapsed', 'checked-in'] as const) {
    const found = ofToday.filter((each) => each.state === wanted);
    if (found.length > 1)
      throw new HallError('several-appointments', 'There are several appointments on this card today.', {
        appointments: found.map(view),
      });
    if (found[0]) return found[0].appointment;
  }
  const later = mine.filter((each) => each.state === 'booked' && each.day > today);
  later.sort((a, b) => (a.day + a.from < b.day + b.from ? -1 : 1));
  if (!later[0]) throw new HallError('unknown-appointment', 'There is no appointment on this card.');
  const { day, from } = later[0];
  throw new HallError('wrong-day', `The appointment is on ${day} at ${from}.`, { day, from });
}

/** By the card that was read here; or as a program or a satellite says. */
function whoBooks(
  caller: Caller | null | undefined,
  visitor: Identified | null,
  person: PersonRef | undefined,
): { person?: PersonRef; hashes?: string[] } {
  if (visitor) return { person: visitor.person, hashes: visitor.hashes };
  if (!person) return {};
  if (caller?.role !== 'integrator' && caller?.agent === undefined)
    throw new HallError('not-allowed', 'Only a program or a satellite says itself who its visitor is.');
  return { person };
}

function channelOf(
  caller: Caller | null | undefined,
  wanted: AppointmentChannel | undefined,
): AppointmentChannel {
  const allowed = (caller && CHANNELS[caller.role]) ?? [];
  const channel = wanted ?? allowed[0];
  if (channel === undefined || !allowed.includes(channel))
    throw new HallError('bad-request', `channel: one of ${allowed.join(', ')}`, { field: 'channel' });
  return channel;
}

function oldCard(): HallError {
  return new HallError('identity-needed', 'Lay the card again: it was read too long ago, or used already.', {
    field: 'idCard',
  });
}

/** 40 random bits, never a code that a central server gives. */
function newCode(): string {
  const own = CODE_LETTERS.replace(CENTRAL_CODE, '');
  let code = own[randomInt(own.length)]!;
  while (code.length < CODE_LENGTH) code += CODE_LETTERS[randomInt(CODE_LETTERS.length)];
  return code;
}
