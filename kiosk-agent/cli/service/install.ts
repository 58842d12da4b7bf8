/** Installs the service on a Linux with systemd: user, folders, unit, udev rules. May be run again; says every step. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Bilingual } from '../../contract/live.ts';
import { UDEV_PATH } from './udev.ts';
import { ENVIRONMENT_PATH, foldersAbove, SERVICE_NAME, UNIT_PATH } from './unit.ts';

export type InstallParts = {
  unit: string;
  rules: string;
  user: string;
  config: string;
  state: string;
  root: string;
  /** environment variables that the configuration names as secrets */
  secrets: readonly string[];
  /** in front of /etc and /run, as a package's build root; '' for this system */
  at: string;
  env: NodeJS.ProcessEnv;
  /** effective user id; undefined where there is none */
  uid: number | undefined;
  say: (step: Bilingual) => void;
};

export type InstallResult = 'installed' | 'not-root' | 'no-systemd' | 'failed';

const run = promisify(execFile);

/** Every file is written only when it differs. Asks nothing, starts nothing. */
export async function installService(parts: InstallParts): Promise<InstallResult> {
  const { at, env, say, user, state } = parts;
  // As sd_booted(3) looks for it.
  if (!existsSync(join(at, '/run/systemd/system'))) {
    say({
      zh: '此系统不是用 systemd 启动的：用 `hall service --print systemd` 或 `--print udev` 查看内容，自行放到合适的位置。',
      en: 'This system was not started with systemd: see `hall service --print systemd` and `--print udev`, and put them where they belong here.',
    });
    return 'no-systemd';
  }
  if (parts.uid !== 0) {
    say({
      zh: '安装服务需要 root 权限：在命令前加 sudo。',
      en: 'Installing the service needs root: put sudo before the command.',
    });
    return 'not-root';
  }
  if (!isStateFolder(state)) {
    say({
      zh: `${state} 中有别的东西：它会整个交给用户 ${user}。请给 --state 一个单独的目录。`,
      en: `${state} holds other things, and all of it would be given to the user ${user}: give --state a folder of its own.`,
    });
    return 'failed';
  }
  const command = async (name: string, ...args: string[]): Promise<string | null> => {
    try {
      await run(name, args, { env, timeout: 30_000 });
      return null;
    } catch (error) {
      const { stderr, message } = error as Error & { stderr?: string };
      return (stderr?.trim() || message).slice(0, 300);
    }
  };
  /** A step that must work; false when it did not. */
  const must = async (done: Bilingual, name: string, ...args: string[]): Promise<boolean> => {
    const why = await command(name, ...args);
    say(
      why === null
        ? done
        : { zh: `${name} ${args.join(' ')} 失败：${why}`, en: `${name} ${args.join(' ')} failed: ${why}` },
    );
    return why === null;
  };

  if ((await command('id', '-u', user)) === null)
    say({ zh: `用户 ${user} 已存在`, en: `user ${user} is there already` });
  else {
    const made = { zh: `已创建用户 ${user}`, en: `made the user ${user}` };
    const kind = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin'];
    if (!(await must(made, 'useradd', ...kind, '--home-dir', state, user))) return 'failed';
  }

  mkdirSync(state, { recursive: true, mode: 0o700 });
  const owned = { zh: `状态目录 ${state} 属于 ${user}`, en: `the state folder ${state} belongs to ${user}` };
  if (!(await must(owned, 'chown', '-R', `${user}:`, state))) return 'failed';
  mkdirSync(dirname(join(at, ENVIRONMENT_PATH)), { recursive: true });

  writeIfDifferent(join(at, UNIT_PATH), parts.unit, say);
  writeIfDifferent(join(at, UDEV_PATH), parts.rules, say);

  // Containers have no udev; the service runs there with the device files that it is given.
  const rulesRead = await command('udevadm', 'control', '--reload');
  if (rulesRead === null) {
    const subsystems = ['tty', 'hidraw', 'usbmisc', 'usb'].map((name) => `--subsystem-match=${name}`);
    await command('udevadm', 'trigger', '--action=change', ...subsystems);
    say({ zh: 'udev 已重新读取规则', en: 'udev has read the rules and applied them to what is plugged in' });
  } else
    say({
      zh: `udev 没有重新读取规则（${rulesRead}）：重新启动后生效`,
      en: `udev has not read the rules (${rulesRead}): they hold after a restart`,
    });
  const loaded = { zh: 'systemd 已重新读取服务', en: 'systemd has read the unit' };
  if (!(await must(loaded, 'systemctl', 'daemon-reload'))) return 'failed';

  for (const path of [parts.root, parts.config].filter((each) => !isOpen(each)))
    say({
      zh: `注意：用户 ${user} 可能读不到 ${path}。把程序放到 /opt，把配置放到 /etc/${SERVICE_NAME}。`,
      en: `Mind: the user ${user} may not be able to read ${path}. Keep the program in /opt and the configuration in /etc/${SERVICE_NAME}.`,
    });
  if (parts.secrets.length > 0)
    say({
      zh: `把 ${parts.secrets.map((name) => `${name}=…`).join('、')} 写入 ${ENVIRONMENT_PATH}（权限 0600）`,
      en: `put ${parts.secrets.map((name) => `${name}=…`).join(', ')} into ${ENVIRONMENT_PATH} (mode 0600)`,
    });
  say({
    zh: `现在启动，并在每次开机时启动：systemctl enable --now ${SERVICE_NAME}`,
    en: `Start it now and at each boot: systemctl enable --now ${SERVICE_NAME}`,
  });
  return 'installed';
}

/** New, empty, or one in which an agent has run: --state /var by mistake must not change the owner of a system. */
function isStateFolder(state: string): boolean {
  if (!existsSync(state)) return true;
  const names = readdirSync(state);
  return names.length === 0 || names.includes('journal') || names.includes('access.json');
}

function writeIfDifferent(file: string, text: string, say: InstallParts['say']): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === text)
    return say({ zh: `${file} 无需更改`, en: `${file} is as it should be` });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o644 });
  say({ zh: `已写入 ${file}`, en: `wrote ${file}` });
}

/** Whether everybody may read the file and pass through the folders above it. */
function isOpen(path: string): boolean {
  const may = (each: string, bits: number) =>
    ((statSync(each, { throwIfNoEntry: false })?.mode ?? 0) & bits) === bits;
  return may(path, 0o004) && foldersAbove(path).every((folder) => may(folder, 0o001));
}
