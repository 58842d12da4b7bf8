/** Satellites: each event of their journals is taken once, in order, and what follows from it is the same decision. */
import { CHAIN_START } from '../../contract/events.ts';
import type { Decision } from '../commands.ts';
import { accept, happened, NOTHING_NEW, refuse } from '../decision.ts';
import type { HallRules, HallState } from '../state.ts';
import { leaseBlocks } from './blocks.ts';
import type { SatelliteCommand } from './commands.ts';
import { follows } from './follows.ts';
import { standingOf } from './state.ts';

type CommandOf<N extends SatelliteCommand['name']> = Extract<SatelliteCommand, { name: N }>;

/** Decides at `time` (RFC 3339, the hall's offset). A gap is refused as `wrong-state` with `through`, where to go on. */
export function decideSatellite(
  state: HallState,
  command: SatelliteCommand,
  time: string,
  rules: HallRules,
): Decision {
  const { agent } = command;
  switch (command.name) {
    case 'satellite.join': {
      const { epoch } = command;
      if (standingOf(state.satellites, agent, epoch)?.connected) return NOTHING_NEW;
      return accept(happened('hall.satellite.joined', agent, time, { agent, epoch }));
    }
    case 'satellite.leave': {
      const there = Object.values(state.satellites.known).some(
        (each) => each.agent === agent && each.connected,
      );
      if (!there) return NOTHING_NEW;
      return accept(happened('hall.satellite.left', agent, time, { agent, why: command.why.slice(0, 200) }));
    }
    case 'satellite.take':
      return take(state, command, time, rules);
    case 'block.lease':
      return accept(...leaseBlocks(state, rules, agent, time));
  }
}

/**
 * `hall.satellite.taken` and what follows are one decision, one append: a repeat of the event finds it taken and does nothing.
 * An event that does not fit the chain is taken all the same, with an alarm: a rating lost would be worse than one with a mark.
 */
function take(
  state: HallState,
  command: CommandOf<'satellite.take'>,
  time: string,
  rules: HallRules,
): Decision {
  const { agent, epoch, event, hash } = command;
  const { seq, type } = event;
  const { through, hash: before } = standingOf(state.satellites, agent, epoch) ?? {
    through: 0,
    hash: CHAIN_START,
  };
  if (seq <= through) return NOTHING_NEW;
  if (seq > through + 1)
    return refuse('wrong-state', `The journal of ${agent} goes on at ${through + 1}, not at ${seq}.`, {
      through,
    });
  const taken = happened('hall.satellite.taken', agent, time, { agent, epoch, seq, hash, type });
  const chain =
    event.prev === before
      ? []
      : [
          happened('hall.trace.recorded', agent, time, {
            action: 'satellite-chain-broken',
            reason: `${agent}: record ${seq} of epoch ${epoch} does not follow record ${through}`,
          }),
        ];
  return accept(taken, ...chain, ...follows(state, agent, event, time, rules));
}
