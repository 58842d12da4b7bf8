/** How the hub names what is at a satellite. */

/** A satellite's device in the hub's words: agent/device; an event holds no more than 128 characters. */
export function hubName(agent: string, device: string): string {
  return `${agent}/${device}`.slice(0, 128);
}

/** The name of a ticket's newest sheet; each printer that is asked for it adds its turn (reactions/printing). */
export function sheetOf({ ticketId, reprints }: { ticketId: string; reprints: number }): string {
  return `${ticketId}.${reprints}`;
}

/** A reason as an event may hold it, whatever a satellite put into its parts. */
export function plainReason(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, '?')
    .slice(0, 200)
    .toWellFormed()
    .trim();
}
