/** A small hall in this process: the real agent on a free port, with the configuration that a test gives. */
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import { startAgent } from '../../kiosk-agent/agent.ts';
import type { Agent } from '../../kiosk-agent/foundation.ts';
import { parseConfig, type Config } from '../../kiosk-agent/config.ts';
import type { Role } from '../../kiosk-agent/contract/live.ts';
import type { FoundSources } from '../../kiosk-agent/device/found.ts';
import { deviceFaults } from '../../kiosk-agent/device/manager.ts';
import type { HidBackend } from '../../kiosk-agent/device/transport/hid-backend.ts';
import type { RecentLog } from '../../kiosk-agent/cli/recent-log.ts';
import { openOffice } from '../../kiosk-agent/office/office.ts';
import { Register, TOKEN_ROLES } from '../../kiosk-agent/web/staff.ts';
import { NO_HID } from '../device/parts.ts';
import { api, ROOT } from './programs.ts';

/** Two services, three windows; `more` is YAML that is put behind it. */
export function hallYaml(more = ''): string {
  return `
hall:     {id: hall-1, name: {zh: 测试大厅, en: Test hall}, region: "371000000000", timeZone: Asia/Shanghai}
agent:    {id: hub-1, role: hub, listen: "127.0.0.1:0"}
services: [{id: transfer, prefix: A, name: {zh: 转移登记, en: Transfer}}, {id: mortgage, prefix: B, name: {zh: 抵押登记, en: Mortgage}}]
windows:  [{number: 1, services: [transfer]}, {number: 2, services: [transfer, mortgage]}, {number: 3, services: [mortgage]}]
${more}`;
}

/** The configuration of the YAML with what the state folder keeps of a central office. */
function officeOf(stateFolder: string, yaml: string) {
  const opened = openOffice(stateFolder, (office) =>
    parseConfig(yaml, deviceFaults, '/nowhere', '.', office),
  );
  if (!opened.ok) throw new Error(JSON.stringify(opened.faults));
  return opened;
}

export function configOf(yaml: string): Config {
  const parsed = parseConfig(yaml, deviceFaults, '/nowhere');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.config;
}

export type Hall = Agent & {
  stateFolder: string;
  as: (role: (typeof TOKEN_ROLES)[number] | null) => ReturnType<typeof api>;
  tokens: Record<string, string>;
};

export async function startHall(
  stateFolder: string,
  yaml = hallYaml(),
  clock: () => Date = () => new Date(),
  plugged: { hid?: HidBackend; sources?: FoundSources; log?: Logger; recentLog?: RecentLog } = {},
): Promise<Hall> {
  const register = new Register(stateFolder);
  const { config, office } = officeOf(stateFolder, yaml);
  const agent = await startAgent({
    config,
    office,
    stateFolder,
    screensFolder: join(ROOT, 'display', 'dist'),
    version: 'test',
    clock,
    random: Math.random,
    env: {},
    log: plugged.log ?? pino({ level: 'silent' }),
    // The computer that tests has keyboards of its own.
    hid: plugged.hid ?? NO_HID,
    ...(plugged.sources && { sources: plugged.sources }),
    ...(plugged.recentLog && { recentLog: plugged.recentLog }),
  });
  const tokens: Record<string, string> = {};
  for (const role of TOKEN_ROLES) tokens[role] = await register.createToken(role, new Date());
  return {
    ...agent,
    stateFolder,
    tokens,
    as: (role: Role | null) => api(agent.url, role === null ? '' : (tokens[role] ?? '')),
  };
}
