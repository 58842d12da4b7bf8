/** What a satellite's journal asks of the hub: each of its events is taken once, with what follows from it, in one write. */
import type { HallEvent } from '../../contract/events.ts';

export type SatelliteCommand =
  | { name: 'satellite.join'; agent: string; epoch: string }
  | { name: 'satellite.leave'; agent: string; why: string }
  /** `hash`: of the event itself, what the next one's `prev` must be (made by the shell) */
  | { name: 'satellite.take'; agent: string; epoch: string; event: HallEvent; hash: string }
  /** numbers for a kiosk that may be cut off; each prefix gets a block, or keeps the one it has */
  | { name: 'block.lease'; agent: string };
