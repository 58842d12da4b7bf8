/**
 * Copies what an export wants out of the events, behind a place of its own in each stream. The taking of events knows nothing
 * of it. A place moves in the same transaction as what was copied; twice copied is once there.
 */
import type { EventData, HallEvent } from '../../kiosk-agent/contract/events.ts';
import type { Database, Query } from '../database.ts';
import type { RatingExport } from './load.ts';
import { isUnknown } from './profile.ts';
import type { Rating } from './record.ts';
import { dayAfter } from './working-days.ts';

/** Seqs looked at in one transaction. */
const AT_ONCE = 5_000;
const MANY = 1_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** A lapse comes within hours of the asking; further back it is not looked for. */
const ASKED_WITHIN = 5_000;

/** It has never been on its way: nobody has seen it. */
const WAITS = `state = 'waiting' AND record IS NULL`;

type Stream = { agentId: string; epoch: string; through: number; seq: number };
type Stored = { event: HallEvent; hall: string; region: string };
type Row = {
  session: number;
  kind: 'first' | 'second' | 'default';
  seq: number;
  service: string;
  rated_at: string;
  rating: Rating;
  due_at: string | null;
};

/** Reads every stream of the export's regions to its end, or until `signal`. Resolves with the number of records made. */
export async function collect(
  database: Database,
  wanted: RatingExport,
  now: () => Date,
  signal: AbortSignal,
): Promise<number> {
  let made = 0;
  for (const stream of await streamsBehind(database, wanted))
    for (let from = stream.seq; from < stream.through && !signal.aborted; from += AT_ONCE) {
      const to = Math.min(from + AT_ONCE, stream.through);
      made += await database.transaction((query) => collectPart(query, wanted, stream, from, to, now()));
    }
  // The embedded database never looks by itself how large its tables are, and then joins them the long way round.
  if (made >= MANY) await database.query('ANALYZE rating_export_records');
  return made;
}

function streamsBehind(database: Database, { id, regions }: RatingExport): Promise<Stream[]> {
  return database.query<Stream>(
    `SELECT s.agent_id AS "agentId", s.epoch, s.through, coalesce(c.seq, 0)::bigint AS seq
     FROM streams s
     LEFT JOIN rating_export_cursors c ON c.agent_id = s.agent_id AND c.epoch = s.epoch AND c.export_id = $1
     WHERE s.through > coalesce(c.seq, 0)
       AND EXISTS (SELECT FROM halls h WHERE h.agent_id = s.agent_id AND h.region LIKE ANY ($2::text[]))
     ORDER BY s.agent_id, s.received_at`,
    [id, regions],
  );
}

async function collectPart(
  query: Query,
  wanted: RatingExport,
  stream: Stream,
  from: number,
  to: number,
  now: Date,
): Promise<number> {
  const key = [stream.agentId, stream.epoch];
  const events = await query<Stored>(
    `SELECT e.event, e.hall, coalesce(h.region, e.region) AS region
     FROM events e LEFT JOIN halls h ON h.agent_id = e.agent_id AND h.hall = e.hall
     WHERE e.agent_id = $1 AND e.epoch = $2 AND e.seq > $3 AND e.seq <= $4 AND e.type IN (
       'hall.rating.requested', 'hall.rating.given', 'hall.rating.lapsed', 'hall.rating.reason-given', 'hall.rating.followed-up')
     ORDER BY e.seq`,
    [...key, from, to],
  );
  const part = new Part(query, wanted, stream, now);
  for (const stored of events) await part.take(stored);
  const made = await part.keep();
  await query(
    `INSERT INTO rating_export_cursors (agent_id, export_id, epoch, seq, at)
     VALUES ($1, $2, $3, $4, (SELECT time FROM events WHERE agent_id = $1 AND epoch = $3 AND seq = $4))
     ON CONFLICT (agent_id, export_id, epoch) DO UPDATE SET seq = excluded.seq, at = excluded.at
     WHERE rating_export_cursors.seq < excluded.seq`,
    [stream.agentId, wanted.id, stream.epoch, to],
  );
  return made;
}

/** What one stretch of a stream says; rows first, then what later events change in them. */
class Part {
  readonly #query: Query;
  readonly #wanted: RatingExport;
  readonly #stream: Stream;
  readonly #now: Date;
  readonly #asked = new Map<number, EventData<'hall.rating.requested'>>();
  readonly #rows: Row[] = [];
  readonly #changes: (() => Promise<void>)[] = [];

  constructor(query: Query, wanted: RatingExport, stream: Stream, now: Date) {
    this.#query = query;
    this.#wanted = wanted;
    this.#stream = stream;
    this.#now = now;
  }

  async take({ event, hall, region }: Stored): Promise<void> {
    if (event.type === 'hall.rating.requested') {
      this.#asked.set(event.data.session, event.data);
      return;
    }
    if (localDay(event.time) < this.#wanted.settings.from) return;
    const place = { agentId: this.#stream.agentId, hall, region };
    switch (event.type) {
      case 'hall.rating.given':
        return this.#given(event.data, event.seq, place);
      case 'hall.rating.lapsed':
        return this.#lapsed(event.data, event.seq, event.time, place);
      case 'hall.rating.reason-given': {
        const { session, options, text } = event.data;
        const reason = JSON.stringify({ options, ...(text === undefined ? {} : { text }) });
        // It may have waited for this alone; for an appeal it goes on waiting.
        const hold = this.#wanted.profile.appeals.holdDays * DAY_MS;
        this.#change(
          session,
          WAITS,
          `reason = $5::jsonb, due_at = least(due_at, greatest(rated_at + $6 * interval '1 millisecond', $7::timestamptz))`,
          [reason, hold, this.#now],
        );
        return;
      }
      case 'hall.rating.followed-up':
        return this.#followedUp(event.data, event.seq, event.time);
      default:
        return;
    }
  }

  /** Writes it down; the number of new records. */
  async keep(): Promise<number> {
    const { agentId, epoch } = this.#stream;
    const made =
      this.#rows.length === 0
        ? []
        : await this.#query(INSERT, [agentId, this.#wanted.id, epoch, JSON.stringify(this.#rows)]);
    for (const change of this.#changes) await change();
    return made.length;
  }

  #given(data: EventData<'hall.rating.given'>, seq: number, place: Place): void {
    const { session, level, source, keyRaw, staff, promptedAt, pressedAt, reasonUntil } = data;
    this.#rows.push({
      ...{ session, kind: 'first', seq, service: data.service, rated_at: pressedAt },
      due_at: this.#dueOf(level, pressedAt, reasonUntil),
      rating: {
        ...{ recordId: this.#recordId(session, 'first'), attempt: 1, channel: source, level, keyRaw },
        ...{ ...place, ...visit(data), staff, promptedAt, pressedAt, reason: null },
      },
    });
    // A log that was begun anew counts its sessions from 1: there it is another visit.
    this.#changes.push(async () => {
      await this.#query(
        `UPDATE rating_export_records SET state = 'left-out', answer = 'rated', answered_at = $5
         WHERE agent_id = $1 AND export_id = $2 AND session = $3 AND kind = 'default' AND state = 'waiting'
           AND record IS NULL AND (epoch = $4 OR rating->>'promptedAt' = $6)`,
        [this.#stream.agentId, this.#wanted.id, session, this.#stream.epoch, this.#now, promptedAt],
      );
    });
  }

  async #lapsed(
    data: EventData<'hall.rating.lapsed'>,
    seq: number,
    time: string,
    place: Place,
  ): Promise<void> {
    const { profile } = this.#wanted;
    const rule = profile.defaultRule;
    if (rule === 'none' || isUnknown(rule)) return;
    const { session } = data;
    const asked = this.#asked.get(session) ?? (await this.#askedBefore(session, seq));
    const due = endOfDay(dayAfter(localDay(time), rule.days, rule.count, profile.calendar), time);
    this.#rows.push({
      ...{ session, kind: 'default', seq, service: data.service, rated_at: due, due_at: due },
      rating: {
        ...{
          recordId: this.#recordId(session, 'default'),
          attempt: 1,
          channel: 'default',
          level: rule.level,
          keyRaw: null,
        },
        ...{ ...place, ...visit({ ...data, stage: asked?.stage ?? '' }) },
        ...{
          staff: asked?.staff ?? null,
          promptedAt: asked?.promptedAt ?? null,
          pressedAt: due,
          reason: null,
        },
      },
    });
  }

  async #followedUp(data: EventData<'hall.rating.followed-up'>, seq: number, time: string): Promise<void> {
    const { session, step, outcome, level } = data;
    if (step === 'appealed') this.#change(session, `${WAITS} AND due_at > $5`, 'due_at = NULL', [this.#now]);
    else if (step === 'appeal-decided' && outcome === 'upheld') {
      if (this.#wanted.profile.appeals.upheld === 'leave-out')
        this.#change(session, WAITS, `state = 'left-out', answer = 'appeal upheld', answered_at = $5`, [
          this.#now,
        ]);
      else this.#change(session, WAITS, 'due_at = coalesce(least(due_at, $5), $5)', [this.#now]);
      this.#change(session, 'record IS NOT NULL', 'upheld_later = true', []);
    } else if (step === 'appeal-decided' || step === 'closed')
      this.#change(session, WAITS, 'due_at = coalesce(least(due_at, $5), $5)', [this.#now]);
    else if (step === 'rated-again' && level !== undefined) await this.#ratedAgain(session, level, seq, time);
  }

  /** The second rating stands beside the first one: the same visit, another level and time. */
  async #ratedAgain(session: number, level: Rating['level'], seq: number, time: string): Promise<void> {
    const { agentId } = this.#stream;
    const here = this.#rows.find((row) => row.kind === 'first' && row.session === session)?.rating;
    const rating = here ?? (await this.#stored(session));
    if (!rating) return;
    this.#rows.push({
      ...{
        session,
        kind: 'second',
        seq,
        service: rating.service,
        rated_at: time,
        due_at: this.#notLater(time),
      },
      rating: {
        ...rating,
        ...{ recordId: this.#recordId(session, 'second'), attempt: 2, agentId, level, channel: 'callback' },
        ...{ keyRaw: null, pressedAt: time, reason: null },
      },
    });
  }

  async #stored(session: number): Promise<Rating | undefined> {
    const [row] = await this.#query<{ rating: Rating }>(
      `SELECT rating FROM rating_export_records
       WHERE agent_id = $1 AND export_id = $2 AND session = $3 AND kind = 'first' ORDER BY (epoch = $4) DESC, rated_at DESC LIMIT 1`,
      [this.#stream.agentId, this.#wanted.id, session, this.#stream.epoch],
    );
    return row?.rating;
  }

  async #askedBefore(session: number, seq: number): Promise<EventData<'hall.rating.requested'> | undefined> {
    const [row] = await this.#query<{ data: EventData<'hall.rating.requested'> }>(
      `SELECT event->'data' AS data FROM events
       WHERE agent_id = $1 AND epoch = $2 AND seq < $3 AND seq >= $4 AND type = 'hall.rating.requested'
         AND (event->'data'->>'session')::bigint = $5 ORDER BY seq DESC LIMIT 1`,
      [this.#stream.agentId, this.#stream.epoch, seq, seq - ASKED_WITHIN, session],
    );
    return row?.data;
  }

  #dueOf(level: number, pressedAt: string, reasonUntil: string | undefined): string {
    const { appeals, reasonWaitHours } = this.#wanted.profile;
    if (level > 2) return this.#notLater(pressedAt);
    const pressed = Date.parse(pressedAt);
    const reason =
      reasonUntil === undefined
        ? pressed
        : Math.min(Date.parse(reasonUntil), pressed + reasonWaitHours * HOUR_MS);
    const due = Math.max(reason, pressed + appeals.holdDays * DAY_MS);
    return due === pressed ? this.#notLater(pressedAt) : new Date(due).toISOString();
  }

  /** A hall whose clock is ahead must not make its ratings wait. */
  #notLater(time: string): string {
    return new Date(Math.min(Date.parse(time), this.#now.getTime())).toISOString();
  }

  #recordId(session: number, kind: Row['kind']): string {
    return `${this.#stream.agentId}/${this.#stream.epoch}/${session}/${kind}`;
  }

  /** Changes the first rating of a session: of this epoch, else the latest one of before, with which a repaired log goes on. */
  #change(session: number, where: string, set: string, values: unknown[]): void {
    const key = [this.#stream.agentId, this.#wanted.id, session, this.#stream.epoch];
    this.#changes.push(async () => {
      await this.#query(
        `UPDATE rating_export_records SET ${set}
         WHERE agent_id = $1 AND export_id = $2 AND session = $3 AND kind = 'first' AND ${where} AND epoch = (
           SELECT r.epoch FROM rating_export_records r
           WHERE r.agent_id = $1 AND r.export_id = $2 AND r.session = $3 AND r.kind = 'first'
           ORDER BY (r.epoch = $4) DESC, r.rated_at DESC LIMIT 1)`,
        [...key, ...values],
      );
    });
  }
}

type Place = { agentId: string; hall: string; region: string };
function visit(data: Pick<Rating, 'session' | 'number' | 'service' | 'stage' | 'window'>) {
  const { session, number, service, stage, window } = data;
  return { session, number, service, stage, window };
}

const localDay = (time: string): string => time.slice(0, 10);

/** The end of this day by the clock that wrote `time`, RFC 3339. */
function endOfDay(day: string, time: string): string {
  const offset = /(?:[+-]\d\d:\d\d|Z)$/.exec(time)?.[0] ?? 'Z';
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
  return `${next}T00:00:00${offset}`;
}

const INSERT = `
  INSERT INTO rating_export_records (agent_id, export_id, epoch, session, kind, seq, service, rated_at, due_at, rating)
  SELECT $1, $2, $3, session, kind, seq, service, rated_at, due_at, rating
  FROM jsonb_to_recordset($4::jsonb) AS part(
    session bigint, kind text, seq bigint, service text, rated_at timestamptz, due_at timestamptz, rating jsonb)
  ON CONFLICT (agent_id, export_id, epoch, session, kind) DO NOTHING RETURNING session`;
