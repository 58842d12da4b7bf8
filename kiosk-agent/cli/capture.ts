/** `hall capture`: a device's wire with its times, through the running agent or by opening the device. */
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { faultLines, loadConfig, type Config } from '../config.ts';
import { captureHead, captureLine, isMasked } from '../device/capture-format.ts';
import { deviceFaults } from '../device/manager.ts';
import { modelOf } from '../device/models.ts';
import { openAlone } from './alone.ts';
import { EXIT } from './exit.ts';
import type { Language } from './language.ts';
import { findRunning, sentenceOf, type RunningAgent } from './running.ts';

/** The agent's own limit of one capture. */
const MOST_S = 3600;
/** More than this waiting in a pipe means that nobody reads it any more. */
const MOST_WAITING = 8 * 1024 * 1024;

export type CaptureOptions = {
  /** id in the configuration; an address on a line stands for its whole line */
  device: string;
  config: string;
  state: string;
  /** 1…3600; without it until it is told to end */
  seconds?: number;
  language: Language;
};
export type CaptureParts = {
  /** nothing but captured lines */
  out: Writable;
  error: (line: string) => void;
  /** Ctrl-C */
  ended: AbortSignal;
};

/** Captures until the time is up, it is told to end, or `out` closes; answers the exit code. */
export async function capture(options: CaptureOptions, parts: CaptureParts): Promise<number> {
  const state = resolve(options.state);
  const loaded = loadConfig(options.config, deviceFaults, state);
  if (!loaded.ok) {
    parts.error(faultLines(options.config, loaded.faults));
    return EXIT.configuration;
  }
  const { language } = options;
  const row = rowOf(loaded.config, options.device);
  if (!row) {
    parts.error(
      WORDS.unknown[language](options.device, loaded.config.devices.map(({ id }) => id).join(', ')),
    );
    return EXIT.wrongUse;
  }
  const seconds = options.seconds ?? MOST_S;
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const timer = setTimeout(end, seconds * 1000);
  parts.ended.addEventListener('abort', end, { once: true });
  // A reader that goes away (`| head`) is an end like Ctrl-C, not an error.
  parts.out.once('close', end).once('error', end);
  if (parts.ended.aborted || parts.out.destroyed) end();
  try {
    const running = await findRunning(state);
    if (!running.running && (running.kind === 'unreadable' || running.kind === 'silent')) {
      parts.error(running.why);
      return EXIT.portOrPermission;
    }
    parts.error(WORDS.begins[language](row.id, running.running, options.seconds));
    const lines = running.running
      ? await fromAgent(running, row.id, seconds, parts, ending.signal)
      : await fromDevice(row, state, parts, ending.signal);
    if (typeof lines === 'string') {
      parts.error(lines);
      return EXIT.trouble;
    }
    parts.error(WORDS.ends[language](lines));
    return EXIT.done;
  } finally {
    clearTimeout(timer);
    parts.ended.removeEventListener('abort', end);
    parts.out.off('close', end).off('error', end);
  }
}

function rowOf(config: Config, device: string): Config['devices'][number] | undefined {
  return config.devices.find(
    ({ id, addresses }) =>
      id === device || Object.keys(addresses ?? {}).some((address) => `${id}.${address}` === device),
  );
}

/** Number of lines, or the sentence that says what stopped it before its time. */
async function fromAgent(
  agent: RunningAgent,
  device: string,
  seconds: number,
  { out }: CaptureParts,
  ending: AbortSignal,
): Promise<number | string> {
  let lines = 0;
  // Only whole lines go out: an answer that breaks off leaves no half one.
  let rest = '';
  try {
    const response = await fetch(
      new URL(`api/v1/devices/${encodeURIComponent(device)}/capture?seconds=${seconds}`, agent.url),
      { headers: { authorization: `Bearer ${agent.token}` }, signal: ending },
    );
    if (!response.ok || !response.body) {
      const problem = (await response.json().catch(() => ({}))) as { detail?: string };
      return `${agent.url}: ${response.status} ${problem.detail ?? 'the agent gives no capture'}`;
    }
    const decoder = new TextDecoder();
    for await (const bytes of response.body) {
      rest += decoder.decode(bytes as Uint8Array, { stream: true });
      const whole = rest.slice(0, rest.lastIndexOf('\n') + 1);
      rest = rest.slice(whole.length);
      if (whole === '') continue;
      lines += whole.split('\n').length - 1;
      if (!out.write(whole)) await once(out, 'drain', { signal: ending });
    }
    // The agent ends a capture when its time is up, a little before or after ours.
    return ending.aborted || rest === '' ? lines : `${agent.url}: the answer broke off`;
  } catch (error) {
    if (ending.aborted) return lines;
    return `${agent.url}: ${sentenceOf(error)}`;
  }
}

async function fromDevice(
  row: Config['devices'][number],
  stateFolder: string,
  { out }: CaptureParts,
  ending: AbortSignal,
): Promise<number | string> {
  const startedAt = new Date();
  const startedMs = performance.now();
  let lines = 1;
  const kind = modelOf(row.model)?.kind ?? '';
  const { id: device, model, port } = row;
  out.write(
    captureHead({ device, model, port, kind, startedAt: startedAt.toISOString(), masked: isMasked(kind) }),
  );
  const { promise: full, resolve: overflow } = Promise.withResolvers<'full'>();
  const alone = await openAlone({
    rows: [row],
    stateFolder,
    onFrame: (_line, direction, bytes, decoded) => {
      if (out.destroyed) return;
      if (out.writableLength > MOST_WAITING) return overflow('full');
      lines += 1;
      out.write(captureLine(startedMs, { atMs: performance.now(), direction, bytes, decoded }));
    },
  });
  try {
    const end = await Promise.race([full, untilAborted(ending)]);
    if (end === 'full') return `${device}: the capture is not read any more: more than 8 MiB are waiting`;
    const view = alone.devices.list()[0];
    // A capture of nothing must say why.
    return lines > 1 || view?.state === 'ready'
      ? lines
      : `${device}: ${view?.state ?? 'missing'}. ${view?.advice?.en ?? ''}`.trim();
  } finally {
    await alone.close();
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}

const WORDS = {
  unknown: {
    zh: (device: string, known: string) => `配置中没有设备 ${device}；有：${known || '无'}`,
    en: (device: string, known: string) =>
      `there is no device ${device} in the configuration; there are: ${known || 'none'}`,
  },
  begins: {
    zh: (device: string, agent: boolean, seconds: number | undefined) =>
      `${device}：${agent ? '由正在运行的程序记录' : '没有程序在运行，直接打开设备记录'}${seconds === undefined ? '，按 Ctrl-C 结束' : `，${seconds} 秒`}`,
    en: (device: string, agent: boolean, seconds: number | undefined) =>
      `${device}: captured ${agent ? 'by the running agent' : 'by opening the device, no agent runs'}${seconds === undefined ? ', Ctrl-C ends it' : `, for ${seconds} s`}`,
  },
  ends: {
    zh: (lines: number) => `已记录 ${Math.max(0, lines - 1)} 帧`,
    en: (lines: number) => `frames captured: ${Math.max(0, lines - 1)}`,
  },
};
