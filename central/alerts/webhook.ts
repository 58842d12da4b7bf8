/**
 * Messages over HTTP: a CloudEvent signed after the Standard Webhooks scheme, or the text that the group robots of WeCom
 * (企业微信) and DingTalk (钉钉) take.
 */
import { createHmac } from 'node:crypto';
import type { Names } from '../../kiosk-agent/contract/far-end.ts';
import { secretOf } from '../secrets.ts';
import type { MessageData } from './message.ts';
import type { WebhookChannel } from './settings.ts';
import { subjectOf, textOf } from './words.ts';

const ANSWER_WITHIN_MS = 10_000;
const ANSWER_MOST_BYTES = 2_048;
/** The robots refuse longer texts: 2,048 bytes at WeCom; DingTalk names no limit of bytes for text, 20,000 is its limit of a body. */
const TEXT_MOST_BYTES = { wecom: 2_000, dingtalk: 15_000 };

/** answered: taken; again: may be tried again, after `afterMs` when the other side has said so; refused: it will never be taken. */
export type Sent =
  | { state: 'answered'; said: string }
  | { state: 'again'; said: string; afterMs?: number; leftTo?: string[] }
  | { state: 'refused'; said: string };
export type Sending = {
  id: string;
  message: MessageData;
  names: Names;
  page?: string | undefined;
  now: Date;
};

/** The value of the header `webhook-signature`. A secret of the form `whsec_…` is base64, any other is taken as it stands. */
export function signature(secret: string, id: string, timestamp: number, body: string): string {
  const key = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret);
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

/** The CloudEvent that programs get. */
export function eventOf({ id, message }: Sending): object {
  const { phase, at, region, ...data } = message;
  const type = phase === 'test' ? 'test' : phase === 'resolved' ? 'resolved' : 'raised';
  return {
    ...{ specversion: '1.0', id, source: '/far-end/alerts', type: `hall.alert.${type}`, subject: region },
    ...{ time: at, datacontenttype: 'application/json' },
    data: { region, repeated: phase === 'repeated', ...data },
  };
}

/** Sends it; never rejects. A redirect is not followed: the message would go where nobody has decided. */
export async function sendWebhook(
  channel: WebhookChannel,
  sending: Sending,
  environment: NodeJS.ProcessEnv,
): Promise<Sent> {
  let answer: Response;
  let text: string;
  try {
    const { url, ...request } = requestOf(channel, sending, environment);
    answer = await fetch(url, {
      ...{ method: 'POST', redirect: 'manual', ...request },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    text = await beginningOf(answer);
  } catch (error) {
    return { state: 'again', said: whyOf(error) };
  }
  if (channel.format !== 'standard' && answer.ok) return robotSaid(text);
  const said = `HTTP ${answer.status}${text ? ` ${text.replace(/\s+/g, ' ').slice(0, 160)}` : ''}`;
  if (answer.ok) return { state: 'answered', said };
  if (answer.status >= 300 && answer.status < 400)
    return { state: 'refused', said: `HTTP ${answer.status}: redirects are not followed` };
  if (answer.status === 410) return { state: 'refused', said };
  const after = Number(answer.headers.get('retry-after') ?? NaN) * 1_000;
  return { state: 'again', said, ...(after > 0 ? { afterMs: Math.min(after, 3_600_000) } : {}) };
}

function requestOf(channel: WebhookChannel, sending: Sending, environment: NodeJS.ProcessEnv) {
  const url = /^https?:/.test(channel.url) ? channel.url : secretOf(channel.url, environment);
  const headers = { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'hall-central' };
  if (channel.format === 'standard') {
    const body = JSON.stringify(eventOf(sending));
    const timestamp = Math.floor(sending.now.getTime() / 1_000);
    const signed = {
      'webhook-id': sending.id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature(secretOf(channel.secret, environment), sending.id, timestamp, body),
    };
    return { url, body, headers: { ...headers, ...signed } };
  }
  const { message, names, page } = sending;
  const content = textOf(message, names, channel.language, {
    page,
    mostBytes: TEXT_MOST_BYTES[channel.format],
  });
  const body = JSON.stringify({ msgtype: 'text', text: { content } });
  if (channel.format === 'wecom' || channel.secret === undefined) return { url, body, headers };
  const secret = secretOf(channel.secret, environment);
  const timestamp = sending.now.getTime();
  const sign = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64');
  const signed = new URL(url);
  signed.searchParams.set('timestamp', String(timestamp));
  signed.searchParams.set('sign', sign);
  return { url: signed.href, body, headers };
}

/** Both robots answer 200 and say in `errcode` whether they took it. */
function robotSaid(text: string): Sent {
  try {
    const { errcode, errmsg = '' } = JSON.parse(text) as { errcode?: number; errmsg?: string };
    const said = `errcode ${errcode} ${String(errmsg).slice(0, 160)}`.trim();
    return errcode === 0 ? { state: 'answered', said } : { state: 'again', said };
  } catch {
    return { state: 'again', said: `not an answer of a robot: ${text.slice(0, 80)}` };
  }
}

async function beginningOf(answer: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const part of answer.body ?? []) {
    text += decoder.decode(part as Uint8Array, { stream: true });
    if (text.length >= ANSWER_MOST_BYTES) break;
  }
  return text.slice(0, ANSWER_MOST_BYTES);
}

/** Without the address, which of a robot is a secret. */
function whyOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `no answer in ${ANSWER_WITHIN_MS / 1_000} s`;
  return cause?.code ?? cause?.message ?? message;
}
