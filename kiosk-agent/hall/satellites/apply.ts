/** Satellites. What its events change. */
import { CHAIN_START } from '../../contract/events.ts';
import type { AppliedEvent } from '../apply.ts';
import type { HallState } from '../state.ts';
import { standingName, standingOf, type SatelliteStanding, type SatelliteState } from './state.ts';

/** A journal that is set back gets a new epoch; older ones than these have been delivered or are lost. */
const EPOCHS_KEPT = 3;

export function applySatellite(state: HallState, event: AppliedEvent): void {
  const { satellites } = state;
  switch (event.type) {
    case 'hall.satellite.joined': {
      const { agent, epoch } = event.data;
      for (const each of Object.values(satellites.known)) if (each.agent === agent) each.connected = false;
      const standing = used(satellites, agent, epoch);
      standing.connected = true;
      standing.joinedAt = event.time;
      return;
    }
    case 'hall.satellite.left':
      for (const each of Object.values(satellites.known))
        if (each.agent === event.data.agent) each.connected = false;
      return;
    case 'hall.satellite.taken': {
      const { agent, epoch, seq, hash } = event.data;
      const standing = used(satellites, agent, epoch);
      standing.through = seq;
      standing.hash = hash;
      return;
    }
    case 'hall.block.leased': {
      const { agent, prefix, from, to, untilDay } = event.data;
      const day = event.time.slice(0, 10);
      satellites.blocks = satellites.blocks.filter(
        (block) =>
          block.untilDay >= day && !(block.agent === agent && block.prefix === prefix && block.from === from),
      );
      satellites.blocks.push({ agent, prefix, from, to, untilDay });
      return;
    }
    default:
      return;
  }
}

/** The standing of this journal, as the one used last; the oldest beyond the kept epochs of the agent goes. */
function used(satellites: SatelliteState, agent: string, epoch: string): SatelliteStanding {
  const name = standingName(agent, epoch);
  const standing = standingOf(satellites, agent, epoch) ?? {
    agent,
    epoch,
    through: 0,
    hash: CHAIN_START,
    joinedAt: null,
    connected: false,
  };
  delete satellites.known[name];
  satellites.known[name] = standing;
  const epochs = Object.values(satellites.known).filter((each) => each.agent === agent);
  for (const { epoch: oldest } of epochs.slice(0, -EPOCHS_KEPT))
    delete satellites.known[standingName(agent, oldest)];
  return standing;
}
