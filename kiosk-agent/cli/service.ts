/** `hall service`: prints or installs what makes the agent a service of the operating system. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { faultLines, loadConfig, type Config } from '../config.ts';
import { parsePort } from '../contract/port.ts';
import { BRIDGES } from '../device/fingerprint.ts';
import { deviceFaults } from '../device/manager.ts';
import { MODELS } from '../device/models.ts';
import { EXIT } from './exit.ts';
import type { Language } from './language.ts';
import { installService } from './service/install.ts';
import { udevRules, UDEV_PATH } from './service/udev.ts';
import { systemdUnit, UNIT_PATH } from './service/unit.ts';
import { windowsService, WINDOWS_FILE } from './service/windows.ts';

export const SERVICE_PARTS = ['systemd', 'udev', 'windows'] as const;
export type ServicePart = (typeof SERVICE_PARTS)[number];

export type ServiceOptions = {
  config: string;
  state: string;
  /** user that runs the agent */
  user: string;
  /** only this one */
  print?: ServicePart;
  install: boolean;
  language: Language;
};
export type ServiceParts = {
  /** the Node that runs the agent, and the project's folder; absolute */
  node: string;
  root: string;
  env: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  uid: number | undefined;
  /** in front of /etc and /run when installing; '' for this system */
  at: string;
  out: (line: string) => void;
  error: (line: string) => void;
};

/** Prints the files, or installs them; answers the exit code (3: the configuration is wrong, 4: not root). */
export async function service(options: ServiceOptions, parts: ServiceParts): Promise<number> {
  const config = resolve(options.config);
  const state = resolve(options.state);
  const loaded = loadConfig(config, deviceFaults, state);
  if (!loaded.ok) {
    parts.error(faultLines(config, loaded.faults));
    return EXIT.configuration;
  }
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(options.user) || options.user === 'root') {
    parts.error(`--user ${options.user}: the name of a user of its own, not root`);
    return EXIT.wrongUse;
  }
  const { node, root } = parts;
  const facts = { node, root, config, state, user: options.user };
  const rules = udevRules({
    bridges: BRIDGES,
    models: MODELS,
    hid: configuredHid(loaded.config),
    group: options.user,
  });
  const unit = () => systemdUnit({ ...facts, groups: existingGroups() });
  if (options.install) {
    if (parts.platform !== 'linux') {
      parts.error(WORDS[parts.platform === 'win32' ? 'windows' : 'linuxOnly'][options.language]);
      return EXIT.trouble;
    }
    const result = await installService({
      unit: unit(),
      rules,
      user: options.user,
      config,
      state,
      root,
      secrets: loaded.config.links.flatMap(({ token }) => (token.startsWith('env:') ? [token.slice(4)] : [])),
      at: parts.at,
      env: parts.env,
      uid: parts.uid,
      say: (step) => parts.out(step[options.language]),
    });
    return result === 'installed' ? EXIT.done : result === 'not-root' ? EXIT.portOrPermission : EXIT.trouble;
  }
  const wanted = options.print ?? (parts.platform === 'win32' ? 'windows' : null);
  if (wanted === 'windows') parts.out(windowsService(facts));
  else if (wanted === 'udev') parts.out(rules);
  else if (wanted === 'systemd') parts.out(unit());
  else {
    parts.out(`# ── ${UNIT_PATH}\n${unit()}`);
    parts.out(`# ── ${UDEV_PATH}\n${rules}`);
    parts.error(WORDS.howTo[options.language]);
  }
  return EXIT.done;
}

const WORDS = {
  windows: {
    zh: '在 Windows 上：`hall service --print windows` 的内容存为 public-service-hall.xml，放在 WinSW 旁边，按文件开头的两条命令安装（未在 Windows 上试过）。',
    en: 'On Windows: save what `hall service --print windows` prints as public-service-hall.xml beside WinSW, and install it with the two commands at its head (not tried on Windows).',
  },
  linuxOnly: {
    zh: '只有带 systemd 的 Linux 才能自动安装。',
    en: 'Only a Linux with systemd can be installed on.',
  },
  howTo: {
    zh: '这是将要安装的内容。安装：sudo npx hall service --install -c FILE --state DIR；Windows：--print windows',
    en: 'This is what would be installed. To install: sudo npx hall service --install -c FILE --state DIR; for Windows: --print windows',
  },
};

/** What `npm run generate` keeps in deploy/: the same files for a program in /opt and a configuration in /etc. */
export function serviceFiles(): { path: string; text: string }[] {
  const root = '/opt/public-service-hall';
  return [
    {
      path: `deploy/${UNIT_PATH.split('/').at(-1)}`,
      text: systemdUnit({
        node: `${root}/node_modules/node/bin/node`,
        root,
        config: '/etc/public-service-hall/hall.yaml',
        state: '/var/lib/public-service-hall',
        user: 'hall',
        groups: USEFUL_GROUPS,
      }),
    },
    {
      path: `deploy/${UDEV_PATH.split('/').at(-1)}`,
      text: udevRules({ bridges: BRIDGES, models: MODELS, hid: [], group: 'hall' }),
    },
    {
      path: `deploy/${WINDOWS_FILE}`,
      text: windowsService({
        node: 'C:\\public-service-hall\\node_modules\\node\\bin\\node.exe',
        root: 'C:\\public-service-hall',
        config: 'C:\\ProgramData\\public-service-hall\\hall.yaml',
        state: 'C:\\ProgramData\\public-service-hall\\state',
      }),
    },
  ];
}

/** Ports on the board and adapters that nobody knows belong to dialout, printers to lp. */
const USEFUL_GROUPS = ['dialout', 'lp'];

/** systemd does not start a unit that names a group which is not there. */
function existingGroups(): string[] {
  const file = '/etc/group';
  if (!existsSync(file)) return USEFUL_GROUPS;
  const names = new Set(
    readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':')[0]),
  );
  return USEFUL_GROUPS.filter((group) => names.has(group));
}

function configuredHid(config: Config): { vendorId: string; productId: string; of: string }[] {
  return config.devices.flatMap((row) => {
    const port = parsePort(row.port);
    if (!port.ok || port.address.kind !== 'hid') return [];
    const { vendorId, productId } = port.address;
    const known = MODELS.some((model) =>
      model.fingerprints.some((print) => print.vendorId === vendorId && print.productId === productId),
    );
    return known ? [] : [{ vendorId, productId, of: row.id }];
  });
}
