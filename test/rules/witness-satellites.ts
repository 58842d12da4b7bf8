/** Satellites: each record of their journals is taken once, in order; numbers of a leased block are its kiosk's alone. */
import type { EventDraft } from '../../kiosk-agent/contract/events.ts';

type Reserved = Extract<EventDraft, { type: 'hall.ticket.reserved' }>;
type Block = { agent: string; prefix: string; from: number; to: number; untilDay: string };

export class SatelliteWitness {
  /** `agent/epoch` → the last record taken */
  readonly through = new Map<string, number>();
  #blocks: Block[] = [];

  see(event: EventDraft): void {
    if (event.type === 'hall.satellite.taken') {
      const { agent, epoch, seq } = event.data;
      const name = `${agent}/${epoch}`;
      if (seq !== (this.through.get(name) ?? 0) + 1)
        throw new Error(`broken: each record once and in order: ${JSON.stringify(event)}`);
      this.through.set(name, seq);
    }
    if (event.type === 'hall.block.leased') {
      const block = event.data;
      const day = event.time.slice(0, 10);
      const overlaps = this.#blocks.some(
        (other) =>
          other.agent !== block.agent &&
          other.prefix === block.prefix &&
          other.untilDay >= day &&
          other.from <= block.to &&
          block.from <= other.to,
      );
      if (overlaps) throw new Error(`broken: two kiosks have the same numbers: ${JSON.stringify(event)}`);
      this.#blocks.push(block);
    }
  }

  /** The hub gives no number of a block that is leased on that day. */
  numberGiven(event: Reserved, day: string): void {
    const { offline, number, running } = event.data;
    if (offline) return;
    const inside = this.#blocks.find(
      ({ prefix, from, to, untilDay }) =>
        number.startsWith(prefix) && untilDay >= day && from <= running && running <= to,
    );
    if (inside) throw new Error(`broken: ${number} is leased to ${inside.agent}: ${JSON.stringify(event)}`);
  }
}
