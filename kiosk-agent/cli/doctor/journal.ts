/** The journal as it lies on the disk, and whether an agent has it. Nothing is written to it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openForReading, rowsAfter } from '../../journal/file.ts';
import { findFault, JOURNAL_NAME, sealedFiles } from '../../journal/repair.ts';
import { statOf, type JournalStat } from '../../journal/stat.ts';
import type { NoRunningAgent, RunningAgent } from '../running.ts';
import type { Check } from './check.ts';

/** What waits longer than this is not on its way any more. */
const BACKLOG_TROUBLE_MS = 10 * 60_000;

export type JournalLook =
  | { found: false; folder: string }
  | {
      found: true;
      folder: string;
      path: string;
      stat: JournalStat;
      newestAt: string | null;
      fault: string | null;
    }
  | { found: true; folder: string; path: string; stat: null; fault: string };

/** Reads the journal. Beside a running agent its records are not walked: they grow meanwhile, and it checks them itself. */
export function lookAtJournal(stateFolder: string, agentId: string, running: boolean): JournalLook {
  const folder = join(stateFolder, 'journal');
  const path = join(folder, JOURNAL_NAME);
  if (!existsSync(path)) return { found: false, folder };
  const open: DatabaseSync[] = [];
  try {
    for (const sealed of sealedFiles(folder)) open.push(openForReading(sealed.path));
    const current = openForReading(path);
    open.push(current);
    const stat = statOf(open, 0, null);
    const [newest] = rowsAfter(current, stat.lastSeq - 1);
    const newestAt = newest ? String((JSON.parse(newest.json) as { time?: unknown }).time) : null;
    return { found: true, folder, path, stat, newestAt, fault: running ? null : findFault(path, agentId) };
  } catch (error) {
    return {
      found: true,
      folder,
      path,
      stat: null,
      fault: error instanceof Error ? error.message : String(error),
    };
  } finally {
    for (const database of open) database.close();
  }
}

export function journalState(look: JournalLook): Check[] {
  if (!look.found)
    return [
      {
        check: 'journal',
        subject: look.folder,
        state: 'unknown',
        sentence: { zh: '还没有日志', en: 'there is no journal yet' },
        advice: {
          zh: '首次启动时会创建；如果应当已有，请核对 --state。',
          en: 'The first start makes it; if there should be one, look at --state.',
        },
      },
    ];
  const checks: Check[] = [];
  if (look.fault !== null || look.stat === null)
    checks.push({
      check: 'journal',
      subject: look.path,
      state: 'trouble',
      sentence: { zh: `损坏或无法读取：${look.fault}`, en: `damaged or not readable: ${look.fault}` },
      advice: {
        zh: '不要删除。下次启动时会保留完好的部分，损坏的文件另存；然后检查磁盘。',
        en: 'Do not remove it. The next start keeps its good part and sets the damaged file aside; then look at the disk.',
      },
    });
  else {
    const { firstSeq, lastSeq, sealed } = look.stat;
    const more =
      sealed.length > 0
        ? { zh: `，另有 ${sealed.length} 个更早的部分`, en: `, and ${sealed.length} earlier parts` }
        : { zh: '', en: '' };
    checks.push({
      check: 'journal',
      subject: look.path,
      state: 'good',
      sentence: {
        zh: `记录 ${firstSeq} 到 ${lastSeq}${more.zh}`,
        en: `records ${firstSeq} to ${lastSeq}${more.en}`,
      },
    });
  }
  const aside = readdirSync(look.folder).filter((name) => /^journal\.damaged-.*\.sqlite$/.test(name));
  if (aside.length > 0)
    checks.push({
      check: 'journal',
      subject: aside.sort().at(-1) ?? '',
      state: 'unknown',
      sentence: {
        zh: `${aside.length} 个损坏的文件已另存，完好的部分已保留并继续上传`,
        en: `${aside.length} damaged files were set aside; their good part is kept and still sent`,
      },
      advice: {
        zh: '检查磁盘和电源；确认后可把这些文件移走。',
        en: 'Look at the disk and the power; the files may be moved away when that is settled.',
      },
    });
  return checks;
}

/** Who has the journal: the agent that answers, one that does not, or nobody. */
export function agentState(stateFolder: string, agent: RunningAgent | NoRunningAgent): Check {
  const head = { check: 'agent', subject: stateFolder } as const;
  if (agent.running) {
    const { status, version, journal } = agent.health;
    const says = {
      zh: `进程 ${agent.pid} 在 ${agent.url} 运行，版本 ${version}，状态 ${status}`,
      en: `process ${agent.pid} runs at ${agent.url}, version ${version}, status ${status}`,
    };
    return journal.writable
      ? { ...head, state: 'good', sentence: says }
      : {
          ...head,
          state: 'trouble',
          sentence: {
            zh: `${says.zh}：磁盘拒绝写入，不再取号`,
            en: `${says.en}: the disk refuses to write, no ticket is given`,
          },
          advice: {
            zh: '清理空间或更换磁盘；几秒内自行恢复。',
            en: 'Make room or replace the disk; it goes on by itself within seconds.',
          },
        };
  }
  const held = isHeld(join(stateFolder, 'journal'));
  if (agent.kind === 'unreadable')
    return {
      ...head,
      state: 'unknown',
      sentence: { zh: agent.why, en: agent.why },
      advice: { zh: '在命令前加 sudo。', en: 'Put sudo before the command.' },
    };
  if (agent.kind === 'silent' || held)
    return {
      ...head,
      state: 'trouble',
      sentence: {
        zh: `${holderOf(stateFolder)} 占用日志，但不回答`,
        en: `${holderOf(stateFolder)} holds the journal and does not answer${agent.kind === 'silent' ? ` (${agent.why})` : ''}`,
      },
      advice: {
        zh: '作为服务运行时会由 systemd 重启；否则结束该进程后重新启动。',
        en: 'As a service it is restarted by systemd; else end that process and start the agent again.',
      },
    };
  return {
    ...head,
    state: 'unknown',
    sentence:
      agent.kind === 'stale'
        ? {
            zh: `没有程序在运行；上一次没有正常结束：${agent.why}`,
            en: `no agent runs: ${agent.why}`,
          }
        : { zh: '没有程序在运行：直接打开设备检查', en: 'no agent runs: the devices are opened directly' },
    ...(agent.kind === 'stale' && {
      advice: {
        zh: '重新启动即可，日志不受影响；查看系统日志了解原因。',
        en: 'Start it again, the journal takes no harm; the system log may tell why.',
      },
    }),
  };
}

/** What still waits to be sent, by link. */
export function backlog(
  look: JournalLook,
  agent: RunningAgent | NoRunningAgent,
  links: readonly string[],
  now: Date,
): Check[] {
  return links.map((link): Check => {
    const stat = look.found ? look.stat : null;
    const lag = agent.running ? agent.health.links.find(({ name }) => name === link)?.lagEvents : undefined;
    const fromDisk = stat?.links[link];
    // A link that never sent has no cursor: everything waits.
    const pending = lag ?? fromDisk?.pending ?? stat?.lastSeq ?? 0;
    const oldestAt = fromDisk?.oldestPendingAt ?? null;
    const waitingMs = pending > 0 && oldestAt !== null ? now.getTime() - Date.parse(oldestAt) : 0;
    const late = waitingMs > BACKLOG_TROUBLE_MS;
    const since = oldestAt === null ? '' : oldestAt.slice(0, 16).replace('T', ' ');
    return {
      check: 'backlog',
      subject: link,
      state: late ? 'trouble' : 'good',
      sentence:
        pending === 0
          ? { zh: '全部已送达', en: 'everything has been delivered' }
          : {
              zh: `${pending} 条待发${since && `，最早 ${since}`}`,
              en: `${pending} events wait${since && `, the oldest since ${since}`}`,
            },
      ...(late && {
        advice: {
          zh: '没有丢失：连接恢复后自动补发。检查网络和上级服务器。',
          en: 'Nothing is lost: they are sent when the link is back. Look at the network and the central server.',
        },
      }),
    };
  });
}

/** Whether a process has the journal's lock; asked through SQLite, which alone may touch that file (journal/lock.ts). */
function isHeld(folder: string): boolean {
  const file = join(folder, 'lock.sqlite');
  if (!existsSync(file)) return false;
  const SQLITE_BUSY = 5;
  try {
    const database = new DatabaseSync(file, { readOnly: true, timeout: 0 });
    try {
      database.prepare('SELECT count(*) FROM sqlite_master').get();
      return false;
    } finally {
      database.close();
    }
  } catch (error) {
    return (error as { errcode?: number }).errcode === SQLITE_BUSY;
  }
}

function holderOf(stateFolder: string): string {
  try {
    const holder = JSON.parse(readFileSync(join(stateFolder, 'journal', 'holder.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    return `process ${String(holder['pid'])}`;
  } catch {
    return 'a process';
  }
}
