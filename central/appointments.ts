/**
 * `/api/v1/halls/{agentId}/appointments`: what a booking service (WeChat, a web site) books in a hall, and what became of it.
 *
 * A person comes as {hash, year, masked}: the booking service computes the hash with the hall's secret (docs/appointments.md).
 * No ID number and no name ever comes here, and none is in an address.
 */
import { randomInt } from 'node:crypto';
import express, { type RequestHandler, type Router } from 'express';
import { z } from 'zod';
import {
  APPOINTMENT_CHANNELS,
  appointment as appointmentSchema,
  appointmentCode,
  CENTRAL_CODE,
  CODE_LENGTH,
  CODE_LETTERS,
  slotEnd,
  type Appointment,
} from '../kiosk-agent/contract/appointments.ts';
import type { HallEvent } from '../kiosk-agent/contract/events.ts';
import { personRef } from '../kiosk-agent/contract/words.ts';
import { HallError } from '../kiosk-agent/contract/problem.ts';
import type { Agents } from './agents.ts';
import type { Database } from './database.ts';
import { idempotencyKey } from './down/key.ts';
import { askSlots, slotsQuery } from './down/slots.ts';
import { agentOf } from './down/targets.ts';
import type { Intake } from './link/intake.ts';
import type { Outbox, OutboxRow } from './outbox.ts';
import { read } from './reading.ts';

const COMMAND = 'appointments';
export const wishBody = appointmentSchema.omit({ appointment: true, bookedAt: true }).extend({
  to: slotEnd,
  channel: z.enum(APPOINTMENT_CHANNELS).default('online'),
  // Whatever else of a person is sent is not taken quietly.
  person: personRef.strict().optional(),
  /** code of an earlier one: it is moved */
  appointment: appointmentCode.optional(),
  idempotencyKey,
});
const cancelBody = z.strictObject({});

/** `booked`: the hall says so, also where it was booked there. */
export type AppointmentState = OutboxRow['state'] | 'booked' | 'checked-in' | 'cancelled' | 'lapsed';

type Parts = {
  database: Database;
  agents: Agents;
  outbox: Outbox;
  command: Intake['command'];
  clock: () => Date;
  /** lets the booking service through, and nobody else */
  onlyBooking: RequestHandler;
};

export function appointmentRoutes({ database, agents, outbox, command, clock, onlyBooking }: Parts): Router {
  const router = express.Router({ mergeParams: true });
  router.use(onlyBooking, express.json({ limit: '16kb' }));

  router.post('/', async (request, response) => {
    const agent = await agentOf(agents, request.params);
    const wish = read(wishBody.strict(), request.body ?? {});
    const key = `book:${wish.idempotencyKey}`;
    const before = await outbox.byKey(agent, key);
    if (before) refuseOther(before, wish);
    else await outbox.put(await bookingOf(agent, key, wish));
    const code = (before ?? (await outbox.byKey(agent, key)))!.subject;
    response.status(202).json(await view(agent, code));
  });

  router.get('/slots', async (request, response) => {
    const agent = await agentOf(agents, request.params);
    const wish = read(slotsQuery, request.query);
    response.set('cache-control', 'no-store').json(await askSlots(command, clock, agent, wish));
  });

  router.get('/:code', async (request, response) => {
    const agent = await agentOf(agents, request.params);
    response.json(await view(agent, codeOf(request.params)));
  });

  router.delete('/:code', async (request, response) => {
    read(cancelBody, request.body ?? {});
    const agent = await agentOf(agents, request.params);
    const code = codeOf(request.params);
    const last = (await outbox.about(agent, COMMAND, code)).at(-1);
    if (!last) throw unknown(code);
    if (bookedBy(last))
      await outbox.put({
        agentId: agent,
        key: `cancel:${last.id}`,
        name: COMMAND,
        subject: code,
        data: { cancelled: [code] },
        deadline: last.deadline,
      });
    response.status(202).json(await view(agent, code));
  });

  /** The command that books, or moves what was booked here before. */
  async function bookingOf(agent: string, key: string, wish: z.infer<typeof wishBody>) {
    const { idempotencyKey: _key, appointment: moved, ...slot } = wish;
    const deadline = endOf(slot.day);
    if (deadline <= clock()) throw new HallError('bad-request', `day: ${slot.day} is over`, { field: 'day' });
    const earlier = moved ? (await outbox.about(agent, COMMAND, moved)).map(bookedBy).filter(Boolean) : [];
    if (moved && earlier.length === 0) throw unknown(moved);
    // The hall tells a newer copy from an older one by this time, also when two are made in one moment.
    const after = earlier.reduce((latest, each) => Math.max(latest, Date.parse(each!.bookedAt) + 1), 0);
    const appointment: Appointment = {
      ...slot,
      appointment: moved ?? newCode(),
      bookedAt: new Date(Math.max(clock().getTime(), after)).toISOString(),
    };
    const data = { appointments: [appointment] };
    return { agentId: agent, key, name: COMMAND, subject: appointment.appointment, data, deadline };
  }

  /** What the last booking says, how its way down stands, and what the hall has said since. */
  async function view(agent: string, code: string) {
    const commands = await outbox.about(agent, COMMAND, code);
    const told = await latestEvent(database, agent, code);
    const last = commands.at(-1);
    const [bookings, taken] = [commands.filter(bookedBy), commands.filter(isTaken)];
    const booked = bookedBy(taken.findLast(bookedBy) ?? bookings.at(-1)) ?? told.booked;
    if (!booked) throw unknown(code);
    const { service, day, from, to, channel, person } = booked;
    // A command that waits is newer than anything that the hall has said; one that was refused has changed nothing.
    const cancelled = last?.state === 'delivered' && !bookedBy(last) && told.state === 'booked';
    const state: AppointmentState =
      last?.state === 'queued' ? 'queued' : cancelled ? 'cancelled' : (told.state ?? last?.state ?? 'booked');
    return {
      appointment: code,
      service,
      day,
      from,
      to,
      channel,
      ...(person ? { masked: person.masked } : {}),
      state,
      ...(told.number ? { number: told.number } : {}),
      ...(told.at ? { hallSaid: told.state, hallSaidAt: told.at } : {}),
      delivery: commands.map((each) => ({
        what: bookedBy(each) ? 'book' : 'cancel',
        state: each.state,
        ...(each.refused ? { refused: each.refused } : {}),
        ...(each.why ? { why: each.why } : {}),
        queuedAt: each.queuedAt.toISOString(),
        ...(each.answeredAt ? { answeredAt: each.answeredAt.toISOString() } : {}),
        deadline: each.deadline.toISOString(),
      })),
    };
  }

  return router;
}

function codeOf(params: Record<string, unknown>): string {
  const code = appointmentCode.safeParse(params['code']);
  if (!code.success) throw unknown('of that form');
  return code.data;
}

function unknown(code: string): HallError {
  return new HallError('unknown-appointment', `There is no appointment ${code} here.`);
}

/** The appointment that a command brings down; undefined for a cancelling. */
function bookedBy(command: OutboxRow | undefined): Appointment | undefined {
  return (command?.data as { appointments?: Appointment[] } | undefined)?.appointments?.[0];
}

/** The hall has it, or will have. */
function isTaken({ state }: OutboxRow): boolean {
  return state === 'queued' || state === 'delivered';
}

function refuseOther(before: OutboxRow, wish: z.infer<typeof wishBody>): void {
  const booked = bookedBy(before);
  const same = (['service', 'day', 'from', 'to', 'channel'] as const).every(
    (each) => booked?.[each] === wish[each],
  );
  if (same && booked?.person?.hash === wish.person?.hash) return;
  throw new HallError('key-reused', 'This key was used for another appointment.', {
    appointment: before.subject,
  });
}

/** When the day is over in every time zone: later than that nobody can come. */
function endOf(day: string): Date {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 36 * 3_600_000);
}

function newCode(): string {
  let code = CENTRAL_CODE;
  while (code.length < CODE_LENGTH) code += CODE_LETTERS[randomInt(CODE_LETTERS.length)];
  return code;
}

async function latestEvent(
  database: Database,
  agent: string,
  code: string,
): Promise<{ state?: AppointmentState; at?: string; number?: string; booked?: Appointment }> {
  const rows = await database.query<{ event: HallEvent }>(
    `SELECT event FROM events WHERE agent_id = $1 AND subject = $2 AND type LIKE 'hall.appointment.%' ORDER BY place`,
    [agent, code],
  );
  const found: Awaited<ReturnType<typeof latestEvent>> = {};
  for (const { event } of rows) {
    found.at = event.time;
    if (event.type === 'hall.appointment.booked') {
      found.booked = event.data;
      found.state = 'booked';
      delete found.number;
    } else if (event.type === 'hall.appointment.checked-in') {
      found.state = 'checked-in';
      found.number = event.data.number;
    } else if (event.type === 'hall.appointment.cancelled') found.state = 'cancelled';
    else if (event.type === 'hall.appointment.lapsed') found.state = 'lapsed';
  }
  return found;
}
