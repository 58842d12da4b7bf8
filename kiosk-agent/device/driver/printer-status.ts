/** What a printer's state is called in public: one closed union, ranked here and nowhere else. */
import type { PaperFault } from '../../contract/events.ts';
import type { DeviceStateName } from '../../contract/live.ts';
import type { Sensors } from '../codec/escpos-sensors.ts';
import { stateOfTrouble, type PortTrouble } from '../transport/transport.ts';

/** How far the printer can be reached. */
export type Reach =
  /** no port yet, or nothing asked yet */
  | { at: 'opening' }
  /** no port; null: closed on purpose */
  | { at: 'away'; trouble: PortTrouble | null }
  /** the port is open, and this model cannot answer: nothing will ever be known */
  | { at: 'mute' }
  /** the port is open and nothing answers */
  | { at: 'silent' }
  /** the port is open and what comes makes no sense: another speed, or another kind of device */
  | { at: 'garbled' }
  | { at: 'heard'; sensors: Sensors };

/** What keeps paper from coming out, the gravest and most precise first; null when nothing does. */
export function stopOf(sensors: Sensors): PaperFault | null {
  if (sensors.coverOpen) return 'cover-open';
  if (sensors.paperOut) return 'paper-out';
  // Paper that is jammed in the knife stops the knife too: the paper is what people must take out.
  if (sensors.paperJam) return 'paper-jam';
  if (sensors.cutterError) return 'cutter-error';
  if (sensors.otherError) return 'printer-error';
  if (sensors.offline) return 'printer-offline';
  return null;
}

/** What stops a sheet before its first byte; null when it may go. */
export function refusalOf(reach: Reach): PaperFault | null {
  switch (reach.at) {
    case 'opening':
      return 'printer-missing';
    case 'away':
      return reach.trouble ? faultOfTrouble(reach.trouble) : 'no-printer';
    case 'mute':
      return null;
    case 'silent':
    case 'garbled':
      return 'no-answer';
    case 'heard':
      return stopOf(reach.sensors);
  }
}

function faultOfTrouble(trouble: PortTrouble): PaperFault {
  switch (trouble.kind) {
    case 'missing':
    case 'ambiguous':
      return 'printer-missing';
    case 'busy':
      return 'printer-busy';
    case 'denied':
      return 'printer-denied';
    case 'unplugged':
      return 'unplugged';
    case 'refused':
    case 'timeout':
    case 'unknown':
      return 'printer-offline';
  }
}

export type PublicState = { state: DeviceStateName; fault?: string; notes: string[]; detail?: string };

/** The public status of a printer that is reached as `reach` says. */
export function publicState(reach: Reach): PublicState {
  switch (reach.at) {
    case 'opening':
      return { state: 'opening', notes: [] };
    case 'away':
      return reach.trouble
        ? { state: stateOfTrouble(reach.trouble), notes: [], detail: reach.trouble.detail }
        : { state: 'lost', notes: [] };
    case 'mute':
      return { state: 'ready', notes: ['status-unknown'] };
    case 'silent':
      return { state: 'silent', notes: [] };
    case 'garbled':
      return { state: 'wrong-settings', notes: [] };
    case 'heard': {
      const notes: string[] = [];
      if (reach.sensors.paperNearEnd) notes.push('paper-near-end');
      if (reach.sensors.ticketNotTaken) notes.push('ticket-not-taken');
      if (reach.sensors.headHot) notes.push('head-hot');
      const fault = stopOf(reach.sensors);
      return fault ? { state: 'faulted', fault, notes } : { state: 'ready', notes };
    }
  }
}
