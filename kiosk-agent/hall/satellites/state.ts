/** Which satellites there are and what of their journals has been taken in. */
export type OfflineNumberRules = {
  /** leased blocks begin at this running number; the hub gives no number inside a block that is leased */
  from: number;
  /** numbers in a block, for each service */
  size: number;
  /** a lease is good for so many days */
  days: number;
};

export type SatelliteStanding = {
  agent: string;
  epoch: string;
  /** the last seq of that epoch that has been taken in, and what the next event's `prev` must be */
  through: number;
  hash: string;
  joinedAt: string | null;
  connected: boolean;
};

export type NumberBlock = { agent: string; prefix: string; from: number; to: number; untilDay: string };

export type SatelliteState = {
  /** agent and epoch as `agent/epoch`, in the order of use; the latest 3 epochs of an agent */
  known: Record<string, SatelliteStanding>;
  blocks: NumberBlock[];
};

export function noSatellites(): SatelliteState {
  return { known: {}, blocks: [] };
}

/** What is known of one journal of an agent; undefined when nothing of it has come. */
export function standingOf(
  satellites: SatelliteState,
  agent: string,
  epoch: string,
): SatelliteStanding | undefined {
  const name = standingName(agent, epoch);
  return Object.hasOwn(satellites.known, name) ? satellites.known[name] : undefined;
}

export function standingName(agent: string, epoch: string): string {
  return `${agent}/${epoch}`;
}

/** The blocks of an agent that are still its own on `day`. */
export function blocksOf(satellites: SatelliteState, agent: string, day: string): NumberBlock[] {
  return satellites.blocks.filter((block) => block.agent === agent && block.untilDay >= day);
}
