/** From the key on a ticket's paper to the ticket. Ids of tickets are public; whoever leaves the line or rates needs the paper. */
import { HallError } from '../contract/problem.ts';
import type { HallState } from '../hall/state.ts';
import { codeHash, type VisitorSecrets } from './visitor-secrets.ts';

export class TicketKeys {
  readonly #secrets: VisitorSecrets;
  /** key → ticketId of what the state knows; made again when a ticket is not in it */
  #known = new Map<string, string>();

  constructor(secrets: VisitorSecrets) {
    this.#secrets = secrets;
  }

  /** The ticket of a key, of today or with a visit that may still be rated. Throws HallError unknown-ticket. */
  ticketOf(state: HallState, key: string): string {
    const found = this.#ofHub(state, key) ?? ofCutOffKiosk(state, key);
    if (found === undefined) throw new HallError('unknown-ticket', 'This ticket is not of today.');
    return found;
  }

  #ofHub(state: HallState, key: string): string | undefined {
    const before = this.#known.get(key);
    if (before !== undefined) return before;
    const ids = new Set(Object.keys(state.tickets));
    for (const { ticketId } of Object.values(state.sessions)) ids.add(ticketId);
    if (ids.size > this.#known.size || [...this.#known.values()].some((id) => !ids.has(id)))
      this.#known = new Map([...ids].map((id) => [this.#secrets.ticketKey(id), id]));
    return this.#known.get(key);
  }
}

/** A kiosk that was cut off printed a key of its own; its hash came with the ticket. */
function ofCutOffKiosk(state: HallState, key: string): string | undefined {
  const hash = codeHash(key);
  return Object.values(state.tickets).find((ticket) => ticket.keyHash === hash)?.ticketId;
}
