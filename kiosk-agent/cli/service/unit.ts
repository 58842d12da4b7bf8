/** The systemd unit of an agent: a user of its own, restarts, a watchdog, and only what an agent needs. Pure. */
import { dirname } from 'node:path/posix';

export const SERVICE_NAME = 'public-service-hall';
export const UNIT_PATH = `/etc/systemd/system/${SERVICE_NAME}.service`;
/** Variables for the service, as HALL_LINK_TOKEN=…; systemd reads it as root. */
export const ENVIRONMENT_PATH = `/etc/${SERVICE_NAME}/environment`;

export type UnitFacts = {
  /** the Node that runs it, absolute */
  node: string;
  /** the project's folder, absolute */
  root: string;
  /** absolute */
  config: string;
  /** absolute */
  state: string;
  user: string;
  /** groups beside the user's own that this computer has */
  groups: readonly string[];
};

/** Kinds of device files; names of /proc/devices. */
const DEVICES = [
  'char-ttyS',
  'char-ttyAMA',
  'char-ttyUSB',
  'char-ttyACM',
  'char-ttyWCH*',
  'char-hidraw',
  'char-usb',
];
/** Their drivers: systemd lets in only kinds that are known when the service starts, an adapter may be plugged in later. */
const DRIVERS = ['usbserial', 'cdc_acm', 'usblp', 'usbhid'];

/**
 * The unit's text. Throws RangeError for a path that is not absolute or that has a line end in it.
 */
export function systemdUnit(facts: UnitFacts): string {
  const { node, root, config, state, user, groups } = facts;
  for (const path of [node, root, config, state])
    if (!path.startsWith('/') || /[\n\r]/.test(path))
      throw new RangeError(`${path}: an absolute path is needed`);
  const stateName = /^\/var\/lib\/([A-Za-z0-9_.-]+)$/.exec(state)?.[1];
  const inHomes = [node, root, config, state].some((path) => /^\/(home|root)\//.test(path));
  const drivers = DRIVERS.map((driver) => `modprobe@${driver}.service`).join(' ');
  return `# Made by \`hall service\`. What differs here goes into \`systemctl edit ${SERVICE_NAME}\`, not into this file.
[Unit]
Description=Public service hall agent
Documentation=file://${escaped(root)}/docs/operations.md
Wants=network-online.target ${drivers}
After=network-online.target time-sync.target ${drivers}
# A device or a disk that fails for hours must not leave the hall without its agent.
StartLimitIntervalSec=0

[Service]
Type=notify
# The agent tells systemd through systemd-notify, a process of its own.
NotifyAccess=all
WatchdogSec=30
# A long journal is checked before the agent is ready.
TimeoutStartSec=300
TimeoutStopSec=30
ExecStart=${quoted(node)} ${quoted(`${root}/kiosk-agent/hall.mjs`)} run -c ${quoted(config)} --state ${quoted(state)}
WorkingDirectory=${escaped(root)}
# A file that is not there is no error. It holds HALL_LINK_TOKEN=…, mode 0600.
EnvironmentFile=-${ENVIRONMENT_PATH}
Environment=NODE_ENV=production

Restart=always
RestartSec=2
# From systemd 254 on: 2 s, then longer, up to a minute. Older ones say that they do not know these two, and go on.
RestartSteps=6
RestartMaxDelaySec=60
# A wrong configuration does not become right by itself.
RestartPreventExitStatus=2 3

User=${user}
Group=${user}
${groups.length > 0 ? `SupplementaryGroups=${groups.join(' ')}\n` : ''}UMask=0077
${stateName === undefined ? `ReadWritePaths=${quoted(state)}` : `StateDirectory=${stateName}\nStateDirectoryMode=0700`}
LimitNOFILE=8192
# A core file would hold what readers have read.
LimitCORE=0
# An agent needs about 200 MB; one that grows beyond this is restarted rather than the PC.
MemoryHigh=768M
MemoryMax=1G
TasksMax=256
OOMScoreAdjust=-500

DevicePolicy=closed
${DEVICES.map((device) => `DeviceAllow=${device} rw`).join('\n')}
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=${inHomes ? 'read-only' : 'yes'}
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
# Not MemoryDenyWriteExecute: Node compiles while it runs.

[Install]
WantedBy=multi-user.target
`;
}

/** Folders that the user must be able to pass through to reach the files of the unit. */
export function foldersAbove(path: string): string[] {
  const above: string[] = [];
  for (let folder = dirname(path); folder !== '/' && folder !== '.'; folder = dirname(folder))
    above.push(folder);
  return above;
}

/** `%` begins a specifier, `$` a variable on a command line. */
function escaped(path: string): string {
  return path.replaceAll('%', '%%');
}

function quoted(path: string): string {
  const text = escaped(path).replaceAll('$', () => '$$');
  return /^[A-Za-z0-9_./@:+%=-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}
