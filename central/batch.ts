/** A batch as it came over the wire, checked before the store sees it. */
import canonicalize from 'canonicalize';
import { hash } from 'node:crypto';
import { parseEvent, type HallEvent } from '../kiosk-agent/contract/events.ts';
import { BATCH_MAX_BYTES, BATCH_MAX_EVENTS, type Receipt } from '../kiosk-agent/contract/link.ts';

/** Whose events these are, from the connection's auth. */
export type StreamName = { agentId: string; epoch: string };
export type Refusal = NonNullable<Receipt['refused']>;
/** `json`: the event's own text, made once for its size, its hash and the database. */
export type CheckedEvent = { event: HallEvent; hall: string; hash: string; json: string };

const SOURCE = /^\/halls\/([^/]+)\/agents\/([^/]+)$/;
/** NUL and halves of surrogate pairs, escaped: JSON allows them, no PostgreSQL text does. */
const NOT_TEXT = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;

/** The batch's events with their hashes, or the first fault with its index. */
export function checkBatch(
  stream: StreamName,
  batch: unknown,
): { events: CheckedEvent[] } | { refused: Refusal } {
  if (!Array.isArray(batch) || batch.length === 0)
    return { refused: { code: 'bad-event', why: 'a batch is an array of events' } };
  if (batch.length > BATCH_MAX_EVENTS) {
    return { refused: { code: 'too-large', why: `${batch.length} events, at most ${BATCH_MAX_EVENTS}` } };
  }
  const texts = batch.map((value) => JSON.stringify(value) ?? 'null');
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 1);
  if (bytes > BATCH_MAX_BYTES)
    return { refused: { code: 'too-large', why: `${bytes} bytes, at most ${BATCH_MAX_BYTES}` } };

  const events: CheckedEvent[] = [];
  for (const [index, value] of batch.entries()) {
    const json = texts[index]!;
    const fault = faultOf(stream, value, json, events.at(-1)?.event.seq);
    if (fault !== null) return { refused: { code: 'bad-event', index, why: fault } };
    const event = value as HallEvent;
    events.push({ event, json, hall: SOURCE.exec(event.source)![1]!, hash: eventHash(event, json) });
  }
  return { events };
}

/**
 * What the next event carries as `prev`: SHA-256 over the canonical JSON (RFC 8785), in hex. `json`: the event's text as
 * JSON.stringify makes it, where it is there already.
 */
export function eventHash(event: unknown, json?: string): string {
  // An agent sends its events as they stand in its journal: sorted. Then the text is canonical, and sorting it again costs most of all.
  const text = json !== undefined && isSorted(event) ? json : canonicalize(event)!;
  return hash('sha256', text);
}

function isSorted(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return true;
  if (Array.isArray(value)) return value.every(isSorted);
  let before = '';
  for (const [key, inner] of Object.entries(value)) {
    if (key < before || !isSorted(inner)) return false;
    before = key;
  }
  return true;
}

function faultOf(
  stream: StreamName,
  value: unknown,
  json: string,
  before: number | undefined,
): string | null {
  const parsed = parseEvent(value);
  if (!parsed.ok) return parsed.fault;
  const { event } = parsed;
  if (event.epoch !== stream.epoch)
    return `epoch: ${event.epoch} came over the connection of ${stream.epoch}`;
  if (SOURCE.exec(event.source)?.[2] !== stream.agentId)
    return `source: ${event.source} is not /halls/…/agents/${stream.agentId}`;
  if (event.id !== `${stream.agentId}/${event.seq}`)
    return `id: ${event.id} is not ${stream.agentId}/${event.seq}`;
  if (before !== undefined && event.seq !== before + 1) return `seq: ${event.seq} stands behind ${before}`;
  if (NOT_TEXT.test(json)) return 'a text holds a NUL or half a character';
  return null;
}
