/** What is open and what is down in each hall now. The latest event decides, whichever stream it comes with. */
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import type { StreamName } from '../batch.ts';
import type { Query } from '../database.ts';
import { localDay, offsetMinutes } from '../projections.ts';
import type { HeldEvent } from './count.ts';

/** Brings windows and devices up to these events, inside the caller's transaction. */
export async function keepPresent(query: Query, stream: StreamName, events: HeldEvent[]): Promise<void> {
  const windows = new Map<string, object>();
  const devices = new Map<string, object>();
  for (const { event, hall } of events) {
    const window = windowAfter(event);
    if (window)
      windows.set(`${hall}/${window.window}`, { hall, ...window, day: localDay(event.time), at: event.time });
    const device = deviceAfter(event);
    if (device)
      devices.set(`${hall}/${device.device}`, {
        ...{ hall, ...device, at: event.time },
        offset_minutes: offsetMinutes(event.time),
      });
  }
  if (windows.size > 0) await query(WINDOWS, [stream.agentId, JSON.stringify([...windows.values()])]);
  if (devices.size > 0) await query(DEVICES, [stream.agentId, JSON.stringify([...devices.values()])]);
}

function windowAfter(event: HallEvent): { window: number; state: 'open' | 'paused' | 'closed' } | null {
  switch (event.type) {
    case 'hall.window.opened':
    case 'hall.window.resumed':
      return { window: event.data.window, state: 'open' };
    case 'hall.window.paused':
      return { window: event.data.window, state: 'paused' };
    case 'hall.window.closed':
      return { window: event.data.window, state: 'closed' };
    default:
      return null;
  }
}

type DeviceAfter = { device: string; state: 'ready' | 'lost' | 'faulted'; why: string | null };
function deviceAfter(event: HallEvent): DeviceAfter | null {
  switch (event.type) {
    case 'hall.device.attached':
    case 'hall.device.recovered':
      return { device: event.data.device, state: 'ready', why: null };
    case 'hall.device.lost':
      return { device: event.data.device, state: 'lost', why: event.data.why };
    case 'hall.device.faulted':
      return { device: event.data.device, state: 'faulted', why: event.data.fault };
    default:
      return null;
  }
}

const WINDOWS = `
  INSERT INTO hall_windows (agent_id, hall, "window", state, day, changed_at)
  SELECT $1, hall, "window", state, day, at
  FROM jsonb_to_recordset($2::jsonb) AS batch(hall text, "window" integer, state text, day date, at timestamptz)
  ON CONFLICT (agent_id, hall, "window") DO UPDATE SET
    state = excluded.state, day = excluded.day, changed_at = excluded.changed_at
  WHERE excluded.changed_at >= hall_windows.changed_at`;

const DEVICES = `
  INSERT INTO hall_devices (agent_id, hall, device, state, why, changed_at, offset_minutes)
  SELECT $1, hall, device, state, why, at, offset_minutes
  FROM jsonb_to_recordset($2::jsonb) AS batch(
    hall text, device text, state text, why text, at timestamptz, offset_minutes integer)
  ON CONFLICT (agent_id, hall, device) DO UPDATE SET
    state = excluded.state, why = excluded.why, changed_at = excluded.changed_at, offset_minutes = excluded.offset_minutes
  WHERE excluded.changed_at >= hall_devices.changed_at`;
