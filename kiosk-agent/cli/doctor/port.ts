/** The port of a device: is it there, may the agent use it, who else has it. */
import { access, constants, readFile, realpath, stat } from 'node:fs/promises';
import { adviceFor } from '../../device/advice.ts';
import type { PortList } from '../../device/ports.ts';
import { holdersOf, suspectsRunning, userOfProcess, type ProcessUser } from './holders.ts';
import type { Check } from './check.ts';

/** Whether the port exists; a name may be a link, as under /dev/hall. */
export async function portThere(device: string, path: string, list: PortList): Promise<Check> {
  const head = { check: 'port', subject: device } as const;
  const real = await realpath(path).catch(() => null);
  if (real !== null)
    return {
      ...head,
      state: 'good',
      sentence:
        real === path
          ? { zh: `${path} 存在`, en: `${path} is there` }
          : { zh: `${path} 存在（${real}）`, en: `${path} is there (${real})` },
    };
  // COM3 is no file.
  const listed = list.ok && list.ports.find((port) => port.path.toLowerCase() === path.toLowerCase());
  if (listed) return { ...head, state: 'good', sentence: { zh: `${path} 存在`, en: `${path} is there` } };
  const others = list.ok ? list.ports.map((port) => port.path) : [];
  const known =
    others.length === 0
      ? { zh: '没有串口', en: 'no serial port is there' }
      : { zh: `现有 ${others.join('、')}`, en: `there are ${others.join(', ')}` };
  const advice = adviceFor('missing');
  return {
    ...head,
    state: 'trouble',
    sentence: list.ok
      ? { zh: `没有 ${path}；${known.zh}`, en: `there is no ${path}; ${known.en}` }
      : { zh: `没有 ${path}`, en: `there is no ${path}` },
    ...(advice && { advice }),
  };
}

/** A user by name, with what it may do by its groups. */
export type NamedUser = ProcessUser & { name: string };

/**
 * As whom the agent runs: the running one's user; else the service's user when the doctor is root; else who runs the
 * doctor. `extraGroups` are those that the service's unit adds. null where there are no such users.
 */
export async function agentUser(
  pid: number | undefined,
  me: ProcessUser | null,
  serviceUser: string,
  extraGroups: readonly string[],
): Promise<NamedUser | null> {
  if (me === null) return null;
  const users = await table('/etc/passwd');
  const groups = await table('/etc/group');
  const nameOf = (uid: number): string => users.find((row) => Number(row[2]) === uid)?.[0] ?? String(uid);
  const running = pid === undefined ? null : await userOfProcess(pid);
  if (running) return { ...running, name: nameOf(running.uid) };
  const row = me.uid === 0 ? users.find(([name]) => name === serviceUser) : undefined;
  if (!row) return { ...me, name: nameOf(me.uid) };
  const member = groups.filter(
    ([name = '', , , members = '']) => members.split(',').includes(serviceUser) || extraGroups.includes(name),
  );
  return {
    name: serviceUser,
    uid: Number(row[2]),
    gids: [Number(row[3]), ...member.map((group) => Number(group[2]))],
  };
}

/** Whether this user may read and write the device file. */
export async function portPermission(device: string, path: string, user: NamedUser): Promise<Check> {
  const head = { check: 'permission', subject: device } as const;
  const file = await stat(path).catch(() => null);
  if (!file)
    return { ...head, state: 'unknown', sentence: { zh: `没有 ${path}`, en: `there is no ${path}` } };
  const mode = (file.mode & 0o777).toString(8).padStart(4, '0');
  const group =
    (await table('/etc/group')).find((row) => Number(row[2]) === file.gid)?.[0] ?? String(file.gid);
  if (await mayUse(path, file, user))
    return {
      ...head,
      state: 'good',
      sentence: {
        zh: `用户 ${user.name} 可以使用 ${path}（组 ${group}，${mode}）`,
        en: `the user ${user.name} may use ${path} (group ${group}, mode ${mode})`,
      },
    };
  return {
    ...head,
    state: 'trouble',
    sentence: {
      zh: `用户 ${user.name} 不能使用 ${path}（组 ${group}，${mode}）`,
      en: `the user ${user.name} may not use ${path} (group ${group}, mode ${mode})`,
    },
    advice: {
      zh: `sudo usermod -aG ${group} ${user.name} 后重新登录；或安装规则：sudo npx hall service --install，然后重新插拔。`,
      en: `sudo usermod -aG ${group} ${user.name} and log in again; or install the rule with sudo npx hall service --install and plug it again.`,
    },
  };
}

async function mayUse(
  path: string,
  file: { mode: number; uid: number; gid: number },
  user: NamedUser,
): Promise<boolean> {
  if (user.uid === 0) return true;
  // The system knows lists of access that the mode does not show.
  if (user.uid === process.geteuid?.())
    return access(path, constants.R_OK | constants.W_OK).then(
      () => true,
      () => false,
    );
  const bits = user.uid === file.uid ? 0o600 : user.gids.includes(file.gid) ? 0o060 : 0o006;
  return (file.mode & bits) === bits;
}

/** Who has the port open, apart from `agentPid`; null when that is nobody and nothing to speak of. */
export async function portHolder(
  device: string,
  path: string,
  agentPid: number | undefined,
): Promise<Check | null> {
  const head = { check: 'holder', subject: device } as const;
  const found = await holdersOf(await realpath(path).catch(() => path));
  if (!found.known)
    return {
      ...head,
      state: 'unknown',
      sentence: { zh: '此系统看不到谁占用端口', en: 'this system does not say who holds a port' },
      advice: {
        zh: '关闭串口调试工具和另一个本程序。',
        en: 'Close terminal programs and other copies of this one.',
      },
    };
  const others = found.holders.filter(({ pid }) => pid !== agentPid && pid !== process.pid);
  if (others.length > 0) {
    const names = others.map(({ pid, program }) => `${program} (${pid})`).join(', ');
    const advice = adviceFor('busy');
    return {
      ...head,
      state: 'trouble',
      sentence: { zh: `${path} 被占用：${names}`, en: `${path} is held by ${names}` },
      ...(advice && { advice }),
    };
  }
  const suspects = found.unseen ? await suspectsRunning() : [];
  if (!found.unseen) return null;
  return {
    ...head,
    state: 'unknown',
    sentence:
      suspects.length > 0
        ? {
            zh: `看不到其他用户的进程；${suspects.map(({ program }) => program).join('、')} 正在运行`,
            en: `processes of other users are not seen; ${suspects.map(({ program }) => program).join(' and ')} runs`,
          }
        : { zh: '看不到其他用户的进程', en: 'processes of other users are not seen' },
    advice: { zh: '在命令前加 sudo 查看占用者。', en: 'Put sudo before the command to see who holds it.' },
  };
}

/** Rows of /etc/passwd or /etc/group; empty where there are none. */
async function table(file: string): Promise<string[][]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(':'));
}
