/**
 * The link over MQTT: topics, messages, and the seal that each message carries. The broker is not the far end: whatever it
 * delivers counts only when its seal is right. docs/link-mqtt.md tells it in full.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { id } from './id.ts';
import { agentId, epochId, linkAuth, linkCommand, receipt } from './link.ts';

/** A message is a batch (256 KiB) with little around it; what is larger than this nobody reads. */
export const MQTT_MESSAGE_MAX_BYTES = 1024 * 1024;
/** What a broker must let through at least: a full batch, its envelope and its topic. */
export const MQTT_PACKET_BYTES = 260 * 1024;
/** The agent says at least this often that it is there, and is answered. */
export const HEARTBEAT_MS = 30_000;

/** Where a stream's topics stand: `hall/{region}/{hall}/{agentId}/{epoch}`. */
export type Place = { region: string; hall: string; agentId: string; epoch: string };
/** `up` is written by the agent, `down` by the far end. */
export const UP = ['hello', 'events', 'answers', 'presence'] as const;
export const DOWN = ['through', 'commands'] as const;
export type Leaf = (typeof UP)[number] | (typeof DOWN)[number];
export type Direction = 'up' | 'down';

export function topicOf({ region, hall, agentId, epoch }: Place, leaf: Leaf): string {
  return `hall/${region}/${hall}/${agentId}/${epoch}/${leaf}`;
}

const place = z.object({ region: z.string().regex(/^\d{12}$/), hall: id, agentId, epoch: epochId });
const leaf = z.enum([...UP, ...DOWN]);

/** The place and leaf of a topic; null when it is none of the link's. */
export function placeOf(topic: string): { place: Place; leaf: Leaf } | null {
  const [root, region, hall, agent, epoch, last, ...more] = topic.split('/');
  const read = z
    .object({ place, leaf })
    .safeParse({ place: { region, hall, agentId: agent, epoch }, leaf: last });
  return root === 'hall' && more.length === 0 && read.success ? read.data : null;
}

/** The key of an agent's seals: SHA-256 of its link token, in hex. The far end keeps exactly that of the token. */
export function sealingKey(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** `seal` newline `JSON`. The seal is over direction and topic too: no message passes for another agent's or another leaf's. */
export function seal(key: string, direction: Direction, topic: string, message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  return Buffer.concat([Buffer.from(`${mac(key, direction, topic, body).toString('base64url')}\n`), body]);
}

/** A message without a seal: only a refusal may come so, from a far end that has no key for who asked. */
export function unsealed(message: unknown): Buffer {
  return Buffer.from(`-\n${JSON.stringify(message)}`);
}

/** What a payload says when its seal is right; undefined when it is not, or is no JSON. */
export function open(key: string, direction: Direction, topic: string, payload: Buffer): unknown {
  const end = payload.indexOf('\n');
  if (end !== 43) return undefined;
  const claimed = Buffer.from(payload.subarray(0, end).toString('latin1'), 'base64url');
  const body = payload.subarray(end + 1);
  const right = mac(key, direction, topic, body);
  if (claimed.length !== right.length || !timingSafeEqual(claimed, right)) return undefined;
  return parsed(body);
}

/** What a payload says, whoever sealed it. For what decides nothing. */
export function peek(payload: Buffer): unknown {
  return parsed(payload.subarray(payload.indexOf('\n') + 1));
}

function mac(key: string, direction: Direction, topic: string, body: Buffer): Buffer {
  return createHmac('sha256', Buffer.from(key, 'hex'))
    .update(`hall-link-mqtt-1\n${direction}\n${topic}\n`)
    .update(body)
    .digest();
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Of one connection of the agent: a nonce. What names another one is not for it: a replay, or a retained message. */
const session = z.string().regex(/^[\w-]{22}$/);
/** Of one server since its start. */
const server = z.string().regex(/^[\w-]{16}$/);
const end = linkAuth.shape.last;
const through = z.int().min(0);
const number = z.int().min(1);

/** `…/hello`: the agent asks for a welcome; with `beat` it has been welcomed, and asks whether anybody is there. */
export const helloMessage = z.object({ session, beat: number.optional() });
/** `…/presence`, retained; the last will says that it is not there any more. */
export const presenceMessage = z.object({ session, online: z.boolean(), last: end });
/** `…/events`: batches of a session count from 1. */
export const batchMessage = z.object({ session, batch: number, events: z.unknown() });
/** `…/answers`: to the server that is named. */
export const answerMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('greeting'), session, server, challenge: session, last: end }),
  z.object({ kind: z.literal('answer'), session, server, number, answer: z.unknown() }),
]);
/** `…/through`; `welcome` and `receipt` are retained, for people and programs that look on. */
export const throughMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('challenge'), session, server, challenge: session }),
  z.object({ kind: z.literal('welcome'), session, through }),
  z.object({ kind: z.literal('receipt'), session, batch: number, ...receipt.shape }),
  z.object({ kind: z.literal('beat'), session, beat: number, through }),
  z.object({ kind: z.literal('ended'), session, why: z.string().max(300) }),
  z.object({
    kind: z.literal('refused'),
    session,
    code: z.enum(['bad-auth', 'not-let-in', 'stopping']),
    why: z.string().max(300),
  }),
]);
export type ThroughMessage = z.infer<typeof throughMessage>;
/** `…/commands`: each server numbers its own in a session; a number that is not higher than the last is a repeat. */
export const commandMessage = z.object({ session, server, number, command: linkCommand.loose() });
