/** `hall doctor`: looks at everything an agent needs and says, a line each, what is wrong and what to do. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { faultLines, loadConfig, type Config } from '../config.ts';
import { DEVICE_KINDS, type DeviceStateName } from '../contract/live.ts';
import { parsePort } from '../contract/port.ts';
import { deviceFaults } from '../device/manager.ts';
import { listPorts, type PortList } from '../device/ports.ts';
import { unitsOf } from '../device/rows.ts';
import type { HidList } from '../device/transport/hid-backend.ts';
import { nodeHid } from '../device/transport/node-hid.ts';
import { openAlone, untilSettled } from './alone.ts';
import { checkLines, type Check } from './doctor/check.ts';
import {
  diskRoom,
  diskSpace,
  hidLibrary,
  nodeVersion,
  serialLibrary,
  stateFolder,
} from './doctor/computer.ts';
import { deviceAnswer, paper, unknownToAgent, type SeenDevice } from './doctor/device.ts';
import { agentState, backlog, journalState, lookAtJournal, type JournalLook } from './doctor/journal.ts';
import { clockBeside, clockItself, FAR_ENDS, linkState, reach } from './doctor/link.ts';
import { officeConfiguration } from './doctor/office.ts';
import { offlineNumbers } from './doctor/satellite.ts';
import { agentUser, portHolder, portPermission, portThere, type NamedUser } from './doctor/port.ts';
import { EXIT } from './exit.ts';
import { localDay } from '../hall/day.ts';
import type { Language } from './language.ts';
import { findRunning, sentenceOf, type NoRunningAgent, type RunningAgent } from './running.ts';

/** Devices that are opened here have so long to say how they are. */
const SETTLE_MS = 6_000;
const ANSWER_MS = 5_000;
const SERVICE = { user: 'hall', groups: ['dialout', 'lp'] };

export type DoctorOptions = {
  config: string;
  state: string;
  /** one JSON document instead of lines */
  json: boolean;
  language: Language;
  colours: boolean;
};
export type DoctorParts = { env: NodeJS.ProcessEnv; now: () => Date };
export type DoctorResult = { lines: string[]; exitCode: number; checks: Check[] };

/** Looks at everything; takes some seconds. Exit code 0 fine, 1 trouble, 3 the configuration is wrong. */
export async function doctor(options: DoctorOptions, parts: DoctorParts): Promise<DoctorResult> {
  const state = resolve(options.state);
  const loaded = loadConfig(options.config, deviceFaults, state);
  const config = loaded.ok ? loaded.config : null;
  const agent = await findRunning(state);
  const [ports, hid] = await Promise.all([listPorts(), nodeHid().list()]);
  const look: JournalLook = config
    ? lookAtJournal(state, config.agent.id, agent.running)
    : { found: false, folder: state };

  const checks: Check[] = [
    configuration(options.config, config, loaded.ok ? '' : faultLines(options.config, loaded.faults)),
    ...officeConfiguration(state, (office) => loadConfig(options.config, deviceFaults, state, office)),
    nodeVersion(process.versions.node),
    hidLibrary(hid, config?.devices.some(({ port }) => port.startsWith('hid:')) ?? false),
    serialLibrary(ports),
    await stateFolder(state),
    diskRoom(state, await diskSpace(state)),
    ...(config ? journalState(look) : []),
    agentState(state, agent),
  ];
  if (config) {
    checks.push(
      ...backlog(
        look,
        agent,
        config.links.map(({ name }) => name),
        parts.now(),
      ),
    );
    checks.push(...(await linksAndClock(config, look, agent, parts)));
    checks.push(...offlineNumbers(config, state, agent, localDay(parts.now(), config.hall.timeZone)));
    checks.push(...(await devicesOf(config, state, agent, { ports, hid })));
  }
  const trouble = checks.some((check) => check.state === 'trouble');
  const exitCode = !config ? EXIT.configuration : trouble ? EXIT.trouble : EXIT.done;
  return {
    checks,
    exitCode,
    lines: options.json
      ? [JSON.stringify({ ok: exitCode === EXIT.done, checks }, null, 2)]
      : checkLines(checks, options.language, options.colours),
  };
}

function configuration(file: string, config: Config | null, faults: string): Check {
  const head = { check: 'configuration', subject: file } as const;
  if (!config)
    return {
      ...head,
      state: 'trouble',
      sentence: { zh: `有错误\n${faults}`, en: `has errors\n${faults}` },
      advice: {
        zh: '每行给出位置和错误；每个设置的含义见 docs/configuration.md。',
        en: 'Each line names the place and the error; docs/configuration.md has every setting.',
      },
    };
  const { services, windows, devices, links } = config;
  return {
    ...head,
    state: 'good',
    sentence: {
      zh: `${services.length} 项业务，${windows.length} 个窗口，${devices.length} 个设备，${links.length} 个上行`,
      en: `${services.length} services, ${windows.length} windows, ${devices.length} devices, ${links.length} links`,
    },
  };
}

async function linksAndClock(
  config: Config,
  look: JournalLook,
  agent: RunningAgent | NoRunningAgent,
  { env, now }: DoctorParts,
): Promise<Check[]> {
  const reached = await Promise.all(
    config.links.map(async (link) => ({ link, reached: await reach(link.url), at: now() })),
  );
  const zones = { hall: config.hall.timeZone, computer: Intl.DateTimeFormat().resolvedOptions().timeZone };
  const newestAt = look.found && look.stat ? look.newestAt : null;
  return [
    ...reached.map((one) => linkState(one.link, one.reached, agent, env, FAR_ENDS[config.agent.role])),
    clockItself(now(), newestAt, zones),
    ...reached.flatMap(
      (one) => clockBeside(one.link.name, one.reached, one.at, FAR_ENDS[config.agent.role]) ?? [],
    ),
  ];
}

/** What this computer says is plugged in. */
type PluggedIn = { ports: PortList; hid: HidList };

/** A technician's view of the devices: the running agent's, or our own after opening them. */
async function devicesOf(
  config: Config,
  state: string,
  agent: RunningAgent | NoRunningAgent,
  pluggedIn: PluggedIn,
): Promise<Check[]> {
  if (config.devices.length === 0) return [];
  let views: SeenDevice[];
  if (agent.running) {
    const asked = await askDevices(agent);
    if (!asked.ok) return [asked.trouble];
    views = asked.views;
    // An agent that is there and does not answer still holds its ports; that it is silent has been said.
  } else if (agent.kind === 'unreadable' || agent.kind === 'silent') return [];
  else {
    const { devices, close } = await openAlone({ rows: config.devices, stateFolder: state });
    try {
      await untilSettled(devices, SETTLE_MS);
      views = devices.list();
    } finally {
      await close();
    }
  }
  const pid = agent.running ? agent.pid : undefined;
  const me =
    process.geteuid && process.getgroups ? { uid: process.geteuid(), gids: process.getgroups() } : null;
  const user = await agentUser(pid, me, SERVICE.user, SERVICE.groups);
  const checks: Check[] = [];
  for (const row of config.devices) {
    const units = unitsOf(row).map(({ id }) => ({ id, view: views.find((view) => view.id === id) }));
    const port = await portOf(
      row,
      units.flatMap(({ view }) => view ?? []),
      user,
      pid,
      pluggedIn,
    );
    checks.push(...port);
    // A port that is not there says it all, with what to do.
    if (port.some(({ check, state }) => check === 'port' && state === 'trouble')) continue;
    for (const { id, view } of units) {
      if (!view) {
        checks.push(unknownToAgent(id));
        continue;
      }
      checks.push(deviceAnswer(view));
      const sheet = paper(view);
      if (sheet) checks.push(sheet);
    }
  }
  return checks;
}

/** Checks of a row's port: only where this computer has it as a file or a serial port. */
async function portOf(
  row: Config['devices'][number],
  views: readonly SeenDevice[],
  user: NamedUser | null,
  pid: number | undefined,
  { ports, hid }: PluggedIn,
): Promise<Check[]> {
  const path = views[0]?.bound?.path ?? pathOf(row.port, hid);
  if (path === null) return [];
  const there = await portThere(row.id, path, ports);
  if (there.state === 'trouble') return [there];
  const checks = [there];
  if (user && path.startsWith('/')) checks.push(await portPermission(row.id, path, user));
  // The agent answers for a device that is ready: nobody else can have it.
  if (!views.every(({ state }) => state === 'ready')) {
    const holder = await portHolder(row.id, path, pid);
    if (holder) checks.push(holder);
  }
  return checks;
}

/** A HID device has a path only while it is plugged in, and on Windows none that is a file. */
function pathOf(port: string, hid: HidList): string | null {
  const parsed = parsePort(port);
  if (!parsed.ok) return null;
  const { address } = parsed;
  if (address.kind === 'serial' || address.kind === 'file') return address.path;
  if (address.kind !== 'hid' || !hid.ok) return null;
  const found = hid.devices.find(
    ({ vendorId, productId, serialNumber }) =>
      vendorId === address.vendorId &&
      productId === address.productId &&
      (address.serialNumber === undefined || serialNumber === address.serialNumber),
  );
  return found?.path.startsWith('/') ? found.path : null;
}

const STATE_NAMES = [
  'opening',
  'ready',
  'silent',
  'lost',
  'missing',
  'busy',
  'denied',
  'refused',
  'ambiguous',
  'wrong-settings',
  'faulted',
] as const satisfies readonly DeviceStateName[];
const text = z.object({ zh: z.string(), en: z.string() });
const deviceViews = z.array(
  z.object({
    id: z.string(),
    kind: z.enum(DEVICE_KINDS),
    model: z.string(),
    port: z.string(),
    state: z.enum(STATE_NAMES),
    fault: z.string().optional(),
    advice: text.optional(),
    serial: z.string().optional(),
    firmware: z.string().optional(),
    lastSeenAt: z.string().optional(),
    notes: z.array(z.string()),
    bound: z.object({ path: z.string(), describe: z.string(), boundAt: z.string() }).optional(),
  }),
);

async function askDevices(
  agent: RunningAgent,
): Promise<{ ok: true; views: SeenDevice[] } | { ok: false; trouble: Check }> {
  try {
    const response = await fetch(new URL('api/v1/devices', agent.url), {
      headers: { authorization: `Bearer ${agent.token}` },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const answer: unknown = await response.json();
    if (!response.ok)
      throw new Error(`${response.status} ${String((answer as { detail?: unknown }).detail)}`);
    return { ok: true, views: deviceViews.parse(answer) as SeenDevice[] };
  } catch (error) {
    const why = sentenceOf(error);
    return {
      ok: false,
      trouble: {
        check: 'agent',
        subject: agent.url,
        state: 'trouble',
        sentence: {
          zh: `程序没有说明设备的状态：${why}`,
          en: `the agent does not say how its devices are: ${why}`,
        },
        advice: { zh: '程序可能是另一个版本：重新启动。', en: 'It may be another version: start it again.' },
      },
    };
  }
}
