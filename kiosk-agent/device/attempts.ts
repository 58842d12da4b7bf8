/** How something that is plugged in may be understood as a device of the configuration, for listening to its keys. */
import { parsePort, type PortAddress } from '../contract/port.ts';
import type { Clock } from './clock.ts';
import { candidates } from './fingerprint.ts';
import type { Found } from './found.ts';
import { makeLine } from './lines.ts';
import type { ListenAttempt } from './listen.ts';
import type { ModelRow } from './models.ts';
import { openFound } from './opening.ts';
import { knowNobody } from './person-hash.ts';
import type { DeviceRow } from './rows.ts';
import type { HidBackend } from './transport/hid-backend.ts';

/** One attempt, with the row's own driver and line settings; none when the model cannot be this thing. */
export function attemptsFor(
  row: DeviceRow,
  model: ModelRow,
  found: Found,
  { clock, random, hid }: { clock: Clock; random: () => number; hid: HidBackend },
): ListenAttempt[] {
  if (candidates(found, [model]).length === 0) return [];
  const port = parsePort(row.port);
  const address: PortAddress = port.ok ? port.address : { kind: 'bound' };
  return [
    {
      model: model.id,
      open: openFound(found, model, address, hid),
      // What a card says is of no use here, and leaves nothing behind.
      makeDriver: () => makeLine(row, model, { clock, random, know: knowNobody }),
    },
  ];
}
