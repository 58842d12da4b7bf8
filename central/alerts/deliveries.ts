/**
 * Messages on their way: kept until they are answered, tried again with growing pauses, given up after three days. A server that
 * dies in the middle of one leaves it to be sent again with the same id.
 */
import type { Logger } from 'pino';
import type { AlertDelivery, Names } from '../../kiosk-agent/contract/far-end.ts';
import type { Database } from '../database.ts';
import { sendMail } from './mail.ts';
import type { MessageData } from './message.ts';
import type { AlertSettings, Channel } from './settings.ts';
import { sendWebhook, type Sending, type Sent } from './webhook.ts';

export const GIVE_UP_MS = 3 * 86_400_000;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 3_600_000;
const AT_ONCE = 50;

export type Parts = {
  database: Database;
  settings: AlertSettings;
  names: Names;
  environment: NodeJS.ProcessEnv;
  clock: () => Date;
  log: Logger;
};

/** One message to one channel; never rejects. `leftTo`: of e-mail, the recipients that have not taken it yet. */
export function send(
  channel: Channel,
  sending: Sending,
  leftTo: string[] | null,
  environment: NodeJS.ProcessEnv,
): Promise<Sent> {
  return channel.kind === 'email'
    ? sendMail(channel, sending, leftTo ?? channel.to, environment)
    : sendWebhook(channel, sending, environment);
}

type Due = Pick<AlertDelivery, 'id' | 'channel' | 'tries'> & {
  message: MessageData;
  queuedAt: Date;
  leftTo: string[] | null;
};

/** Sends what is due, each channel one after another. Resolves with how many were tried. Rejects with the database's error. */
export async function sendDue(parts: Parts, signal: AbortSignal): Promise<number> {
  const { database, clock } = parts;
  const now = clock();
  await database.query(
    `UPDATE alert_deliveries SET state = 'expired' WHERE state = 'queued' AND queued_at < $1`,
    [new Date(now.getTime() - GIVE_UP_MS)],
  );
  const due = await database.query<Due>(DUE, [now, AT_ONCE]);
  const byChannel = Map.groupBy(due, ({ channel }) => channel);
  await Promise.all(
    [...byChannel.values()].map(async (rows) => {
      for (const row of rows) if (!signal.aborted) await sendOne(parts, row);
    }),
  );
  return due.length;
}

async function sendOne(
  { database, settings, names, environment, clock, log }: Parts,
  due: Due,
): Promise<void> {
  const { id, tries, message, leftTo } = due;
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS);
  const claimed = await database.query(
    `UPDATE alert_deliveries SET tries = tries + 1, next_at = $3 WHERE id = $1 AND tries = $2 AND state = 'queued' RETURNING id`,
    [id, tries, new Date(clock().getTime() + pause)],
  );
  if (claimed.length === 0) return;
  const channel = Object.hasOwn(settings.channels, due.channel) ? settings.channels[due.channel] : undefined;
  const sent: Sent = channel
    ? await send(channel, { id, message, names, page: settings.page, now: clock() }, leftTo, environment)
    : { state: 'refused', said: `the configuration has no channel ${due.channel} any more` };
  const facts = { channel: due.channel, rule: message.rule, phase: message.phase, said: sent.said };
  if (sent.state === 'again') {
    log.warn({ ...facts, tries: tries + 1 }, 'an alert was not taken; it is sent again');
    await database.query(
      `UPDATE alert_deliveries SET said = $2, left_to = coalesce($3::jsonb, left_to), next_at = greatest(next_at, $4) WHERE id = $1`,
      [
        ...[id, sent.said, sent.leftTo ? JSON.stringify(sent.leftTo) : null],
        new Date(clock().getTime() + (sent.afterMs ?? 0)),
      ],
    );
    return;
  }
  if (sent.state === 'refused') log.error(facts, 'an alert was refused');
  await database.query('UPDATE alert_deliveries SET state = $2, said = $3, answered_at = $4 WHERE id = $1', [
    ...[id, sent.state, sent.said, clock()],
  ]);
  // The other side is back: what has waited for it need not wait longer.
  if (sent.state === 'answered' && tries > 0)
    await database.query(
      `UPDATE alert_deliveries SET next_at = $2 WHERE channel = $1 AND state = 'queued' AND next_at > $2`,
      [due.channel, clock()],
    );
}

/** That something is over is not sent before that it began. */
const DUE = `
  SELECT id, channel, tries, message, queued_at AS "queuedAt", left_to AS "leftTo" FROM alert_deliveries d
  WHERE state = 'queued' AND next_at <= $1 AND NOT EXISTS (
    SELECT 1 FROM alert_deliveries e WHERE e.state = 'queued' AND e.channel = d.channel AND e.rule = d.rule
      AND e.region = d.region AND e.queued_at < d.queued_at)
  ORDER BY queued_at, id LIMIT $2`;
