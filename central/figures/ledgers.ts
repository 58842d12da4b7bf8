/** Bad ratings and opinions of all halls with their clocks, as the halls' events tell them: nothing is decided here. */
import type { FollowUpStepDone, GivenReason } from '../../kiosk-agent/contract/far-end.ts';
import { CLOCK_STEPS, type ClockStep } from '../../kiosk-agent/contract/follow-up.ts';
import type { EventData, HallEvent } from '../../kiosk-agent/contract/events.ts';
import type { StreamName } from '../batch.ts';
import type { Query } from '../database.ts';
import { offsetMinutes } from '../projections.ts';
import type { HeldEvent } from './count.ts';

type BadRow = {
  epoch: string;
  session: number;
  state: 'open' | 'appealed' | 'closed';
  upheld: boolean;
  steps: FollowUpStepDone[];
  due: Partial<Record<ClockStep, string>>;
  reason: GivenReason | null;
  nextStep: ClockStep | null;
  nextDue: string | null;
  clockDay: string | null;
};

/** Brings both ledgers up to these events, in their order, inside the caller's transaction. */
export async function keepLedgers(query: Query, stream: StreamName, events: HeldEvent[]): Promise<void> {
  for (const { event, hall } of events) {
    if (event.type === 'hall.rating.followed-up') await followUp(query, stream, event.data, event.time);
    else if (event.type === 'hall.rating.reason-given') await reasonGiven(query, stream, event.data);
    else if (event.type.startsWith('hall.opinion.')) await opinion(query, stream, hall, event);
  }
}

async function followUp(
  query: Query,
  stream: StreamName,
  data: EventData<'hall.rating.followed-up'>,
  time: string,
): Promise<void> {
  const { session, due, keepUntil: _keepUntil, ...said } = data;
  if (said.step === 'opened') {
    await query(OPEN_BAD, [stream.agentId, stream.epoch, session]);
    const opened = await badRow(query, stream, session);
    if (!opened) return;
    return keepBad(query, stream.agentId, {
      ...opened,
      steps: [{ step: 'opened', at: time }],
      due: { ...due },
    });
  }
  const row = await badRow(query, stream, session);
  if (!row) return;
  const steps = [...row.steps, { ...said, at: time } as FollowUpStepDone];
  const state =
    said.step === 'appealed'
      ? 'appealed'
      : said.step === 'closed' || said.outcome === 'upheld'
        ? 'closed'
        : said.step === 'appeal-decided'
          ? 'open'
          : row.state;
  return keepBad(query, stream.agentId, {
    ...row,
    steps,
    state,
    due: due ? { ...due } : row.due,
    upheld: row.upheld || said.outcome === 'upheld',
  });
}

async function reasonGiven(
  query: Query,
  stream: StreamName,
  { session, options, text, by }: EventData<'hall.rating.reason-given'>,
): Promise<void> {
  const row = await badRow(query, stream, session);
  if (row)
    await keepBad(query, stream.agentId, {
      ...row,
      reason: { options, by, ...(text === undefined ? {} : { text }) },
    });
}

/** The agent's bad rating of this session: of this epoch, else the latest of an earlier one (a repaired log goes on with its state). */
async function badRow(query: Query, stream: StreamName, session: number): Promise<BadRow | undefined> {
  const rows = await query<BadRow>(
    `SELECT epoch, session, state, upheld, steps, due, reason, next_step AS "nextStep", next_due AS "nextDue",
            clock_day AS "clockDay"
     FROM bad_ratings WHERE agent_id = $1 AND session = $3 ORDER BY (epoch = $2) DESC, given_at DESC LIMIT 1`,
    [stream.agentId, stream.epoch, session],
  );
  return rows[0];
}

async function keepBad(query: Query, agentId: string, row: BadRow): Promise<void> {
  const done = new Set(row.steps.map(({ step }) => step));
  const next =
    row.state === 'closed'
      ? undefined
      : CLOCK_STEPS.find((step) => row.due[step] !== undefined && !done.has(step));
  const appealed = row.steps.findLast(({ step }) => step === 'appealed')?.at.slice(0, 10);
  await query(
    `UPDATE bad_ratings SET state = $4, upheld = $5, steps = $6, due = $7, reason = $8, next_step = $9, next_due = $10,
       clock_day = $11 WHERE agent_id = $1 AND epoch = $2 AND session = $3`,
    [
      ...[agentId, row.epoch, row.session, row.state, row.upheld],
      ...[JSON.stringify(row.steps), JSON.stringify(row.due), row.reason && JSON.stringify(row.reason)],
      ...[next ?? null, (next && row.due[next]) ?? null],
      row.state === 'appealed' ? (appealed ?? null) : null,
    ],
  );
}

const OPEN_BAD = `
  INSERT INTO bad_ratings (agent_id, epoch, session, hall, number, service, "window", staff, level, given_at, offset_minutes,
                           state, upheld, steps, due)
  SELECT agent_id, $2, session, hall, number, service, "window", staff, level, pressed_at, offset_minutes,
         'open', false, '[]', '{}'
  FROM ratings WHERE agent_id = $1 AND session = $3
  ORDER BY (epoch = $2) DESC, pressed_at DESC LIMIT 1
  ON CONFLICT DO NOTHING`;

async function opinion(query: Query, stream: StreamName, hall: string, event: HallEvent): Promise<void> {
  const change = (set: string, number: string, ...values: unknown[]) =>
    query(
      `UPDATE opinions SET ${set} WHERE agent_id = $1 AND opinion = $3 AND epoch = (
         SELECT epoch FROM opinions WHERE agent_id = $1 AND opinion = $3 ORDER BY (epoch = $2) DESC, filed_at DESC LIMIT 1)`,
      [stream.agentId, stream.epoch, number, ...values],
    );
  switch (event.type) {
    case 'hall.opinion.filed': {
      const { opinion: number, kind, channel, text, window, dueDay } = event.data;
      await query(FILE, [
        ...[stream.agentId, stream.epoch, number, hall, kind, channel, text, window ?? null],
        ...[event.time, offsetMinutes(event.time), dueDay],
      ]);
      return;
    }
    case 'hall.opinion.assigned':
      await change(
        `state = 'assigned', assigned_to = $4, due_day = $5`,
        event.data.opinion,
        event.data.to,
        event.data.dueDay,
      );
      return;
    case 'hall.opinion.answered':
      await change(`state = 'answered', answer = $4`, event.data.opinion, event.data.text);
      return;
    case 'hall.opinion.closed':
      await change(`state = 'closed', outcome = $4`, event.data.opinion, event.data.outcome);
      return;
    case 'hall.opinion.reopened':
      await change(
        `state = CASE WHEN assigned_to IS NULL THEN 'filed' ELSE 'assigned' END, outcome = NULL, due_day = $4,
         reopened = reopened + 1`,
        event.data.opinion,
        event.data.dueDay,
      );
      return;
    default:
      return;
  }
}

const FILE = `
  INSERT INTO opinions (agent_id, epoch, opinion, hall, kind, channel, text, "window", filed_at, offset_minutes, due_day, state)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'filed') ON CONFLICT DO NOTHING`;
