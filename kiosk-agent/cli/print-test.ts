/** `hall print-test`: a sheet with the agent's state on it, and what became of the sheet. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { faultLines, loadConfig, type Config } from '../config.ts';
import { PAPER_FAULTS, type PaperFault } from '../contract/events.ts';
import type { Bilingual, DeviceStateName, DeviceView } from '../contract/live.ts';
import { adviceFor } from '../device/advice.ts';
import { deviceFaults } from '../device/manager.ts';
import { modelOf } from '../device/models.ts';
import { statusSheet } from '../reactions/ticket-paper.ts';
import { openAlone, untilSettled } from './alone.ts';
import { EXIT } from './exit.ts';
import type { Language } from './language.ts';
import { findRunning, sentenceOf, type RunningAgent } from './running.ts';

/** The printer's driver decides within 15 s of sending and 10 s of waiting; a queue of tickets may be before it. */
const FATE_MS = 60_000;
const SETTLE_MS = 6_000;

export type PrintTestOptions = {
  /** without it the first printer of the configuration */
  printer?: string;
  config: string;
  state: string;
  language: Language;
};
export type CommandResult = { lines: string[]; exitCode: number };

/** What became of a sheet, and where the printer stands if it was not even sent. */
type Fate = { printed: true } | { printed: false; why: string; state?: DeviceStateName };

/** Prints one status sheet. Exit code 0 printed, 1 not or nobody knows, 4 the port. `version` stands on the sheet. */
export async function printTest(options: PrintTestOptions, version: string): Promise<CommandResult> {
  const { language } = options;
  const state = resolve(options.state);
  const loaded = loadConfig(options.config, deviceFaults, state);
  if (!loaded.ok) return { lines: [faultLines(options.config, loaded.faults)], exitCode: EXIT.configuration };
  const printers = loaded.config.devices.filter(({ model }) => modelOf(model)?.kind === 'printer');
  const row = printers.find(({ id }) => options.printer === undefined || id === options.printer);
  if (!row)
    return {
      lines: [WORDS.noPrinter[language](options.printer, printers.map(({ id }) => id).join(', '))],
      exitCode: EXIT.wrongUse,
    };
  const running = await findRunning(state);
  if (!running.running && (running.kind === 'unreadable' || running.kind === 'silent'))
    return { lines: [running.why], exitCode: EXIT.portOrPermission };
  const fate = running.running
    ? await throughAgent(running, row.id)
    : await alone(loaded.config, row, state, version);
  return told(row, fate, running.running, language);
}

const testAnswer = z.object({ ok: z.boolean(), why: z.string().optional() });

async function throughAgent(agent: RunningAgent, printer: string): Promise<Fate> {
  try {
    const response = await fetch(new URL(`api/v1/devices/${encodeURIComponent(printer)}/test`, agent.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${agent.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ what: 'print' }),
      signal: AbortSignal.timeout(FATE_MS),
    });
    const answer: unknown = await response.json();
    if (!response.ok)
      return { printed: false, why: `${response.status} ${String((answer as { detail?: unknown }).detail)}` };
    const { ok, why } = testAnswer.parse(answer);
    return ok ? { printed: true } : { printed: false, why: why ?? 'no-answer' };
  } catch (error) {
    return { printed: false, why: `${agent.url}: ${sentenceOf(error)}` };
  }
}

async function alone(
  config: Config,
  row: Config['devices'][number],
  stateFolder: string,
  version: string,
): Promise<Fate> {
  const { devices, close } = await openAlone({ rows: [row], stateFolder });
  try {
    await untilSettled(devices, SETTLE_MS);
    const [printer] = devices.printers();
    const view: DeviceView | undefined = devices.list()[0];
    if (!printer || !view) throw new Error(`${row.id} has no driver`);
    const sheet = statusSheet({
      config,
      version,
      devices: devices.list(),
      links: [],
      url: config.agent.publicUrl ?? `http://${config.agent.listen}/`,
      now: new Date(),
    });
    const fate = await printer.print(sheet(printer.columns));
    return fate.outcome === 'printed'
      ? { printed: true }
      : { printed: false, why: fate.why, state: printer.status.state };
  } finally {
    await close();
  }
}

/** A port that cannot be had: exit code 4. */
const PORT_FAULTS: ReadonlySet<string> = new Set([
  'printer-missing',
  'printer-busy',
  'printer-denied',
] satisfies PaperFault[]);

function told(
  row: Config['devices'][number],
  fate: Fate,
  throughAgent: boolean,
  language: Language,
): CommandResult {
  const by = WORDS.by[language](throughAgent);
  if (fate.printed)
    return { lines: [`✓ ${row.id}: ${WORDS.printed[language]} (${by})`], exitCode: EXIT.done };
  const lines = [`✗ ${row.id} (${row.port}): ${whyOf(fate.why)[language]} (${by})`];
  const advice = adviceOf(fate)?.[language];
  if (advice !== undefined) lines.push(`  → ${advice}`);
  return { lines, exitCode: PORT_FAULTS.has(fate.why) ? EXIT.portOrPermission : EXIT.trouble };
}

function adviceOf({ why, state }: Exclude<Fate, { printed: true }>): Bilingual | undefined {
  switch (why) {
    case 'printer-missing':
      return adviceFor('missing');
    case 'printer-busy':
      return adviceFor('busy');
    case 'printer-denied':
      return adviceFor('denied');
    case 'no-answer':
      return adviceFor('silent');
    case 'unplugged':
    case 'restarted':
      return adviceFor('lost');
    case 'no-printer':
      return undefined;
    default:
      if (isPaperFault(why)) return adviceFor('faulted', why);
      return state === undefined ? undefined : adviceFor(state);
  }
}

function isPaperFault(why: string): why is PaperFault {
  return PAPER_FAULTS.some((fault) => fault === why);
}

const WHY: Record<PaperFault, Bilingual> = {
  'no-printer': { zh: '没有打印机', en: 'there is no printer' },
  'printer-missing': { zh: '找不到打印机的端口', en: "the printer's port is not there" },
  'printer-busy': { zh: '打印机的端口被占用', en: "another program holds the printer's port" },
  'printer-denied': { zh: '没有权限打开打印机的端口', en: "no permission for the printer's port" },
  'printer-offline': { zh: '打印机离线', en: 'the printer is offline' },
  'paper-out': { zh: '缺纸', en: 'out of paper' },
  'cover-open': { zh: '机盖未合上', en: 'the cover is open' },
  'cutter-error': { zh: '切刀故障', en: 'the cutter is jammed' },
  'paper-jam': { zh: '卡纸', en: 'the paper is jammed' },
  'printer-error': { zh: '打印机报告故障', en: 'the printer reports an error' },
  'no-answer': {
    zh: '打印机没有回答：不知道纸是否出来',
    en: 'no answer: whether the sheet came out is not known',
  },
  unplugged: {
    zh: '打印机断开：不知道纸是否出来',
    en: 'the printer went away: whether the sheet came out is not known',
  },
  restarted: { zh: '程序在打印时结束', en: 'the program ended while it printed' },
};

function whyOf(why: string): Bilingual {
  return isPaperFault(why) ? WHY[why] : { zh: why, en: why };
}

const WORDS = {
  printed: { zh: '测试页已打印并切纸', en: 'the test sheet is printed and cut' },
  by: {
    zh: (agent: boolean) => (agent ? '由正在运行的程序' : '直接打开，没有程序在运行'),
    en: (agent: boolean) => (agent ? 'by the running agent' : 'opened directly, no agent runs'),
  },
  noPrinter: {
    zh: (wanted: string | undefined, known: string) =>
      wanted === undefined ? '配置中没有打印机' : `配置中没有打印机 ${wanted}；有：${known || '无'}`,
    en: (wanted: string | undefined, known: string) =>
      wanted === undefined
        ? 'there is no printer in the configuration'
        : `there is no printer ${wanted} in the configuration; there are: ${known || 'none'}`,
  },
};
