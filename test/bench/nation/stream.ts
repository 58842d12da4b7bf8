/** A hall's days as a link reads its journal: written when it is asked for, chained, kept until the far end has it. */
import canonicalize from 'canonicalize';
import { hash } from 'node:crypto';
import { CHAIN_START, type EventDraft, type HallEvent } from '../../../kiosk-agent/contract/events.ts';
import type { EventSource } from '../../../kiosk-agent/link/binding.ts';
import { DayCount } from './count.ts';
import { dayName, dayOf } from './day.ts';
import type { Office } from './offices.ts';

export class DayStream implements EventSource {
  readonly epoch: string;
  readonly office: Office;
  /** of each day that has begun */
  readonly counts: DayCount[] = [];
  durableSeq = 0;
  /** up to where the far end has it */
  acknowledged = 0;
  /** when it last had all of it, by performance.now() */
  levelAt = 0;
  #day: Generator<EventDraft, void, void> | null = null;
  #next: EventDraft | null = null;
  #lastHash = CHAIN_START;
  /** the last one acknowledged (it is sent again after a cut) and all that follow */
  #kept: HallEvent[] = [];

  constructor(office: Office) {
    this.office = office;
    this.epoch = `epoch-${office.agentId}`;
  }

  get last(): { seq: number; hash: string } {
    return { seq: this.durableSeq, hash: this.#lastHash };
  }

  /** Writes what happens before `time` (RFC 3339, the hall's own offset), at most `limit` events; gives how many. */
  happen(time: string, limit = Number.POSITIVE_INFINITY): number {
    let written = 0;
    for (; written < limit; written += 1) {
      this.#next ??= this.#draw();
      if (this.#next.time >= time) break;
      this.counts.at(-1)!.add(this.#next);
      this.#write(this.#next);
      this.#next = null;
    }
    return written;
  }

  read(after: number, limit: number, maxBytes = Number.POSITIVE_INFINITY): HallEvent[] {
    const from = after + 1 - (this.#kept[0]?.seq ?? 1);
    if (from < 0) return [];
    const events: HallEvent[] = [];
    for (let at = from, bytes = 0; at < this.#kept.length && events.length < limit; at += 1) {
      bytes += JSON.stringify(this.#kept[at]).length;
      if (events.length > 0 && bytes > maxBytes) break;
      events.push(this.#kept[at]!);
    }
    return events;
  }

  cursor(): number {
    return this.acknowledged;
  }

  setCursor(_link: string, seq: number): void {
    this.acknowledged = Math.max(this.acknowledged, seq);
    if (seq === this.durableSeq) this.levelAt = performance.now();
    const first = this.#kept[0]?.seq ?? 1;
    if (seq - 1 >= first) this.#kept = this.#kept.slice(seq - first);
  }

  #draw(): EventDraft {
    const drawn = this.#day?.next();
    if (drawn && !drawn.done) return drawn.value;
    const count = new DayCount(dayName(this.counts.length));
    this.#day = dayOf(this.office, this.counts.length, count);
    this.counts.push(count);
    return this.#draw();
  }

  #write({ type, subject, time, data }: EventDraft): void {
    const { agentId, hall, region } = this.office;
    const seq = this.durableSeq + 1;
    const event = {
      ...{ specversion: '1.0', id: `${agentId}/${seq}`, source: `/halls/${hall}/agents/${agentId}` },
      ...{ type, subject, time, datacontenttype: 'application/json' },
      ...{ seq, epoch: this.epoch, prev: this.#lastHash, region, data },
    };
    const text = canonicalize(event)!;
    this.#lastHash = hash('sha256', text);
    this.durableSeq = seq;
    // As a journal gives it back.
    this.#kept.push(JSON.parse(text) as HallEvent);
  }
}
