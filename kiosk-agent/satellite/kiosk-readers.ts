/** Reader and scanner of this satellite's own kiosk or query terminal: a card becomes a one-time key that is good here, a code of ours goes to the screen. */
import type { CardFault, CardRead, Scan } from '../device/driver/interfaces.ts';
import type { Devices } from '../device/manager.ts';
import { meaningOf } from '../reactions/readers.ts';
import type { IdentityDesk } from '../web/identity.ts';
import type { KioskMessage } from '../web/parts.ts';

/** Runs until the returned function is called. Those with a window are the hub's (lending.ts). */
export function tellKiosk(
  agent: string,
  devices: Devices,
  desk: IdentityDesk,
  tell: (message: KioskMessage) => void,
): () => void {
  const undo: (() => void)[] = [];
  for (const { window, screen = 'kiosk', device } of devices.units()) {
    if (window !== undefined) continue;
    if (device.kind === 'reader') {
      const onCard = ({ person, hashes, kind }: CardRead): void =>
        tell({
          agent,
          screen,
          event: 'card',
          data: { idCard: desk.issue(person, hashes), masked: person.masked, kind },
        });
      const onUnreadable = (why: CardFault): void =>
        tell({ agent, screen, event: 'card-unreadable', data: { why } });
      device.on('card', onCard).on('unreadable', onUnreadable);
      undo.push(() => device.off('card', onCard).off('unreadable', onUnreadable));
    } else if (device.kind === 'scanner') {
      const onScan = ({ text }: Scan): void => tell({ agent, screen, event: 'scan', data: meaningOf(text) });
      device.on('scan', onScan);
      undo.push(() => device.off('scan', onScan));
    }
  }
  return () => {
    for (const each of undo.splice(0)) each();
  };
}
