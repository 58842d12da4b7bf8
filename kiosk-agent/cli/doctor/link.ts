/** The way to the next hop, and what its clock says of ours. */
import { connect } from 'node:net';
import { readSecret } from '../../config.ts';
import { HttpWire } from '../../link/http-wire.ts';
import { sentenceOf, type NoRunningAgent, type RunningAgent } from '../running.ts';
import type { Check } from './check.ts';

const REACH_MS = 3_000;
/** Ratings and calls carry times; a minute more or less would show in them. The far end's header has whole seconds. */
const CLOCK_LIMIT_S = 30;
/** No release is older: a clock before this is one whose battery is empty. */
const NOT_BEFORE = Date.parse('2026-01-01T00:00:00Z');

/** Who is at the other end of an agent's link, and the command there that lets it in. */
export type FarEnd = { zh: string; en: string; command: string };
export const FAR_ENDS = {
  hub: { zh: '上级服务器', en: 'the central server', command: 'hall-central agent add' },
  satellite: { zh: '大厅服务器', en: 'the hub', command: 'hall satellite add' },
} as const satisfies Record<'hub' | 'satellite', FarEnd>;

export type LinkRow = { name: string; url: string; token: string };
export type Reached =
  { reached: true; date: Date | null; roundTripMs: number } | { reached: false; why: string };

/** Asks whoever listens there, without the token: any answer is an answer. Never rejects; ends within 3 s. */
export async function reach(address: string): Promise<Reached> {
  // socketio:http://HOST:PORT, http://…, mqtt://HOST:PORT
  const text = address.replace(/^socketio:/, '');
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url) return { reached: false, why: `${address} is no address` };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return reachPort(url);
  const startedMs = performance.now();
  try {
    const date = new Date((await dateOf(url, address === text)) ?? Number.NaN);
    return {
      reached: true,
      date: Number.isNaN(date.getTime()) ? null : date,
      roundTripMs: performance.now() - startedMs,
    };
  } catch (error) {
    return { reached: false, why: sentenceOf(error) };
  }
}

/** The header of whatever answer comes. A link over plain HTTP goes through proxies, and so does the question. */
async function dateOf(url: URL, overHttp: boolean): Promise<string | null | undefined> {
  if (overHttp) {
    const wire = new HttpWire(url.href, {});
    return wire
      .ask('HEAD', '', { timeoutMs: REACH_MS })
      .then(({ date }) => date)
      .finally(() => wire.close());
  }
  const signal = AbortSignal.timeout(REACH_MS);
  return (await fetch(url, { method: 'HEAD', redirect: 'manual', signal })).headers.get('date');
}

function reachPort(url: URL): Promise<Reached> {
  const port = Number(url.port) || (url.protocol.startsWith('mqtts') ? 8883 : 1883);
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port, timeout: REACH_MS });
    const give = (reached: Reached): void => {
      socket.destroy();
      resolve(reached);
    };
    socket.once('connect', () =>
      give({ reached: true, date: null, roundTripMs: performance.now() - startedMs }),
    );
    socket.once('timeout', () => give({ reached: false, why: `no answer within ${REACH_MS / 1000} s` }));
    socket.once('error', (error) => give({ reached: false, why: error.message }));
  });
}

/** The link as the running agent sees it, else whether the far end and the token are there. */
export function linkState(
  link: LinkRow,
  reached: Reached,
  agent: RunningAgent | NoRunningAgent,
  env: NodeJS.ProcessEnv,
  far: FarEnd = FAR_ENDS.hub,
): Check {
  const head = { check: 'link', subject: link.name } as const;
  const known = agent.running ? agent.health.links.find(({ name }) => name === link.name) : undefined;
  if (known?.state === 'refused')
    return {
      ...head,
      state: 'trouble',
      sentence: { zh: `${link.url} 拒绝了本机`, en: `${link.url} refuses this agent` },
      advice: {
        zh: `令牌不对，或${far.zh}的数据比本机的新（恢复过备份）：用 ${far.command} 生成新令牌；原因见技术员页面。`,
        en: `The token is wrong, or ${far.en} has more than this journal (a restored backup): ${far.command} gives a new token; the technician page tells the reason.`,
      },
    };
  if (!reached.reached)
    return {
      ...head,
      state: 'trouble',
      sentence: {
        zh: `连不上 ${link.url}：${reached.why}`,
        en: `${link.url} is not reached: ${reached.why}`,
      },
      advice: {
        zh: `检查网线、地址和防火墙，以及${far.zh}是否运行；数据不会丢失，恢复后自动补发。`,
        en: `Look at the cable, the address and the firewall, and whether ${far.en} runs; nothing is lost, it catches up.`,
      },
    };
  // A secret of the service's environment is not in the technician's shell.
  const secret = readSecret(link.token, env);
  if (!known && !secret.ok) {
    const ours = link.token.startsWith('env:');
    return {
      ...head,
      state: ours ? 'unknown' : 'trouble',
      sentence: {
        zh: `${link.url} 可达；令牌：${secret.why}`,
        en: `${link.url} is reached; the token: ${secret.why}`,
      },
      advice: ours
        ? {
            zh: '服务的环境变量在 /etc/public-service-hall/environment 中，此处看不到。',
            en: "A service has its own in /etc/public-service-hall/environment, which is not this shell's.",
          }
        : {
            zh: `用 ${far.command} 生成令牌，写入该文件。`,
            en: `${far.command} prints a token; put it into that file.`,
          },
    };
  }
  if (known?.state === 'away')
    return {
      ...head,
      state: 'trouble',
      sentence: {
        zh: `${link.url} 可达，但程序没有连上`,
        en: `${link.url} is reached, but the agent is not connected`,
      },
      advice: {
        zh: '片刻后再试；原因见技术员页面。',
        en: 'Try again in a moment; the technician page tells the reason.',
      },
    };
  return {
    ...head,
    state: 'good',
    sentence: known
      ? {
          zh: `${link.url}：${known.state}，已确认到 ${known.ackedSeq}`,
          en: `${link.url}: ${known.state}, acknowledged through ${known.ackedSeq}`,
        }
      : { zh: `${link.url} 可达，令牌已设置`, en: `${link.url} is reached, the token is there` },
  };
}

/** Our clock beside the far end's. */
export function clockBeside(
  link: string,
  reached: Reached,
  now: Date,
  far: FarEnd = FAR_ENDS.hub,
): Check | null {
  if (!reached.reached || !reached.date) return null;
  const offsetS = Math.round((now.getTime() - reached.roundTripMs / 2 - reached.date.getTime()) / 1000);
  const off = Math.abs(offsetS) > CLOCK_LIMIT_S;
  const [zh, en] = offsetS >= 0 ? ['快', 'ahead of'] : ['慢', 'behind'];
  return {
    check: 'clock',
    subject: link,
    state: off ? 'trouble' : 'good',
    sentence:
      Math.abs(offsetS) <= 2
        ? { zh: `与${far.zh}一致`, en: `agrees with ${far.en}` }
        : {
            zh: `比${far.zh}${zh} ${Math.abs(offsetS)} 秒`,
            en: `${Math.abs(offsetS)} s ${en} ${far.en}`,
          },
    ...(off && {
      advice: {
        zh: '打开自动对时（timedatectl set-ntp true，或 Windows 的“自动设置时间”），或请上级核对服务器时钟。',
        en: 'Switch on time synchronisation (timedatectl set-ntp true, or "set time automatically" on Windows), or have the server look at its own.',
      },
    }),
  };
}

/** Whether the clock can be right at all, and whether the computer lives in the hall's time zone. */
export function clockItself(
  now: Date,
  newestAt: string | null,
  zones: { hall: string; computer: string },
): Check {
  const head = {
    check: 'clock',
    subject: now.toISOString().slice(0, 19).replace('T', ' ') + ' UTC',
  } as const;
  const set = {
    zh: '校准时钟并打开自动对时；主板电池可能没电。',
    en: 'Set the clock and switch on time synchronisation; the battery on the board may be empty.',
  };
  if (now.getTime() < NOT_BEFORE)
    return {
      ...head,
      state: 'trouble',
      sentence: { zh: '时钟不可能正确', en: 'the clock cannot be right' },
      advice: set,
    };
  if (newestAt !== null && now.getTime() < Date.parse(newestAt) - CLOCK_LIMIT_S * 1000)
    return {
      ...head,
      state: 'trouble',
      sentence: {
        zh: `时钟早于日志中最新的记录（${newestAt}）`,
        en: `the clock stands before the newest record of the journal (${newestAt})`,
      },
      advice: set,
    };
  const offset = (timeZone: string): string =>
    new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
      .formatToParts(now)
      .find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [hall, computer] = [offset(zones.hall), offset(zones.computer)];
  if (hall !== computer)
    return {
      ...head,
      state: 'unknown',
      sentence: {
        zh: `电脑时区 ${zones.computer}（${computer}），大厅 ${zones.hall}（${hall}）`,
        en: `the computer is in ${zones.computer} (${computer}), the hall in ${zones.hall} (${hall})`,
      },
      advice: {
        zh: `程序按大厅时区工作；要让系统日志一致：timedatectl set-timezone ${zones.hall}`,
        en: `The agent works in the hall's zone; to have system logs agree: timedatectl set-timezone ${zones.hall}`,
      },
    };
  return {
    ...head,
    state: 'good',
    sentence: { zh: `时区 ${zones.computer}`, en: `time zone ${zones.computer}` },
  };
}
