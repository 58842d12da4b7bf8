/** A satellite's batch as it came over the wire, checked before the executor sees it. */
import { parseEvent, type HallEvent } from '../contract/events.ts';
import { BATCH_MAX_BYTES, BATCH_MAX_EVENTS, type Receipt } from '../contract/link.ts';
import { toRow } from '../journal/chain.ts';

/** Whose events these are, from the connection's auth. */
export type StreamName = { agent: string; epoch: string };
/** `hash`: what the next event carries as `prev`. */
export type CheckedEvent = { event: HallEvent; hash: string };

/** NUL and halves of surrogate pairs, escaped: what follows goes on to the central server, and no database there takes them. */
const NOT_TEXT = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;

/** The batch's events with their hashes, or the first fault with its index. */
export function checkBatch(
  stream: StreamName,
  hall: string,
  batch: unknown,
): { events: CheckedEvent[] } | { refused: NonNullable<Receipt['refused']> } {
  if (!Array.isArray(batch) || batch.length === 0)
    return { refused: { code: 'bad-event', why: 'a batch is an array of events' } };
  if (batch.length > BATCH_MAX_EVENTS)
    return { refused: { code: 'too-large', why: `${batch.length} events, at most ${BATCH_MAX_EVENTS}` } };
  const bytes = Buffer.byteLength(JSON.stringify(batch));
  if (bytes > BATCH_MAX_BYTES)
    return { refused: { code: 'too-large', why: `${bytes} bytes, at most ${BATCH_MAX_BYTES}` } };

  const events: CheckedEvent[] = [];
  for (const [index, value] of batch.entries()) {
    const why = faultOf(stream, hall, value, events.at(-1)?.event.seq);
    if (why !== null) return { refused: { code: 'bad-event', index, why } };
    const event = value as HallEvent;
    events.push({ event, hash: toRow(event).hash });
  }
  return { events };
}

function faultOf(
  { agent, epoch }: StreamName,
  hall: string,
  value: unknown,
  before: number | undefined,
): string | null {
  const parsed = parseEvent(value);
  if (!parsed.ok) return parsed.fault;
  const { event } = parsed;
  if (event.epoch !== epoch) return `epoch: ${event.epoch} came over the connection of ${epoch}`;
  if (event.source !== `/halls/${hall}/agents/${agent}`)
    return `source: ${event.source} is not /halls/${hall}/agents/${agent}`;
  if (event.id !== `${agent}/${event.seq}`) return `id: ${event.id} is not ${agent}/${event.seq}`;
  if (before !== undefined && event.seq !== before + 1) return `seq: ${event.seq} stands behind ${before}`;
  if (NOT_TEXT.test(JSON.stringify(value))) return 'a text holds a NUL or half a character';
  return null;
}
