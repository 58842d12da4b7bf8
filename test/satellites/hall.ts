/** A satellite in this process: the real agent with the configuration that a test gives, and its journal read from its disk. */
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Agent } from '../../kiosk-agent/foundation.ts';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { startSatellite } from '../../kiosk-agent/satellite/agent.ts';
import { Register } from '../../kiosk-agent/web/staff.ts';
import { NO_HID } from '../device/parts.ts';
import { configOf, hallYaml } from '../harness/hall.ts';
import { api, ROOT } from '../harness/programs.ts';

export type Satellite = Agent & {
  as: (role: 'kiosk' | 'technician' | null) => ReturnType<typeof api>;
};

/** The same hall as the hub's, seen from a satellite: `more` is YAML that is put behind it. */
export function satelliteYaml(hubPort: number, more: string, agent = 'kiosk-2'): string {
  return hallYaml(`links: [{name: hub, url: "socketio:http://127.0.0.1:${hubPort}", token: "env:HUB_TOKEN"}]
${more}`).replace(
    /^agent:.*$/m,
    `agent: {id: ${agent}, role: satellite, listen: "127.0.0.1:0", publicUrl: "http://hall.example/"}`,
  );
}

export async function startSatelliteAt(
  stateFolder: string,
  yaml: string,
  token: string,
  clock: () => Date = () => new Date(),
): Promise<Satellite> {
  const register = new Register(stateFolder);
  const agent = await startSatellite({
    config: configOf(yaml),
    stateFolder,
    screensFolder: join(ROOT, 'display', 'dist'),
    version: 'test',
    clock,
    random: () => 0.1,
    env: { HUB_TOKEN: token },
    log: pino({ level: process.env['SATELLITE_LOG'] ?? 'silent' }),
    hid: NO_HID,
  });
  const tokens: Record<string, string> = {};
  for (const role of ['kiosk', 'technician'] as const)
    tokens[role] = await register.createToken(role, new Date());
  return { ...agent, as: (role) => api(agent.url, role === null ? '' : (tokens[role] ?? '')) };
}

/** What lies in a satellite's journal on disk, in order. */
export function onDisk(stateFolder: string): HallEvent[] {
  const file = new DatabaseSync(join(stateFolder, 'journal', 'journal.sqlite'), { readOnly: true });
  try {
    return file
      .prepare('SELECT json FROM events ORDER BY seq')
      .all()
      .map((row) => JSON.parse(String(row['json'])) as HallEvent);
  } finally {
    file.close();
  }
}
