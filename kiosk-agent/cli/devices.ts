/** `hall devices`: what is plugged in, what it is taken for, what is missing, and which device it is bound to. */
import { join, resolve } from 'node:path';
import { faultLines, loadConfig } from '../config.ts';
import type { Bilingual } from '../contract/live.ts';
import { BINDINGS_FILE, openBindings, type Bindings } from '../device/bindings.ts';
import type { Clock } from '../device/clock.ts';
import { candidates, describe, identityOf } from '../device/fingerprint.ts';
import { listFound, type Found, type FoundList, type FoundSources } from '../device/found.ts';
import { listenForKey, type ListenAttempt, type ListenProgress } from '../device/listen.ts';
import { modelOf, type ModelRow } from '../device/models.ts';
import { deviceFaults, type DeviceRow } from '../device/rows.ts';
import { report, type ConfiguredReport, type DevicesReport } from './devices-report.ts';
import { EXIT } from './exit.ts';
import type { Language } from './language.ts';
import { table } from './table.ts';

/** What is to be printed, and the exit code: 0 fine, 1 missing or ambiguous, 2 wrong use, 3 configuration, 4 port. */
export type Said = { lines: string[]; exitCode: number };

export type DevicesOptions = {
  /** configuration file; without it only what is plugged in is listed */
  config?: string;
  /** the agent's state folder; without it no bindings are known */
  state?: string;
  json: boolean;
  language: Language;
};
export type DevicesParts = { sources: FoundSources; clock: Clock };

/** `hall devices [-c FILE] [--state DIR] [--json]` */
export async function listDevices(options: DevicesOptions, parts: DevicesParts): Promise<Said> {
  const loaded = load(options);
  if (!loaded.ok) return loaded.said;
  const [list, bindings] = await Promise.all([
    listFound(parts.sources, parts.clock),
    readBindings(options, parts),
  ]);
  const all = report(list, loaded.rows, bindings?.open.bindings ?? []);
  const trouble = all.configured.some(({ standing: is }) => !['there', 'network'].includes(is));
  return {
    lines: options.json
      ? [JSON.stringify({ ...all, troubles: [...all.troubles, ...(bindings?.said ?? [])] }, null, 2)]
      : printed(all, bindings?.said ?? [], options),
    exitCode: trouble ? EXIT.trouble : EXIT.done,
  };
}

function printed(
  all: DevicesReport,
  said: readonly string[],
  { language, config }: DevicesOptions,
): string[] {
  const word = (text: Bilingual) => text[language];
  const lines: string[] = [word(WORDS.pluggedIn)];
  if (all.found.length === 0) lines.push(`  ${word(WORDS.nothing)}`);
  lines.push(
    ...table(
      [word(WORDS.key), word(WORDS.what), word(WORDS.takenFor), word(WORDS.usedBy)],
      all.found.map((found) => [found.key, found.describe, word(found.takenFor), found.usedBy ?? '–']),
    ),
  );
  const known = all.found.filter((found) => found.candidates.length > 0);
  if (known.length > 0) lines.push('', word(WORDS.why));
  for (const found of known) {
    // One line for each reason, and no names where it could be anything: the table of models is long.
    const reasons = Map.groupBy(found.candidates, ({ why }) => word(why));
    for (const [why, models] of reasons) {
      const named = models.filter(({ score }) => score > 1).map(({ model }) => model);
      lines.push(`  ${found.key}: ${named.length > 0 ? `${named.join(', ')}: ` : ''}${why}`);
    }
  }
  if (config !== undefined) {
    lines.push('', word(WORDS.configured));
    if (all.configured.length === 0) lines.push(`  ${word(WORDS.nothing)}`);
    lines.push(
      ...table(
        [word(WORDS.device), word(WORDS.model), word(WORDS.port), word(WORDS.state), word(WORDS.found)],
        all.configured.map((each) => [
          each.device,
          each.model,
          each.bound ? word(WORDS.bound) : each.port,
          word(STANDING[each.standing]),
          `${each.found.length > 0 ? `${each.found.join(', ')}: ` : ''}${word(each.why)}`,
        ]),
      ),
    );
    if (all.stray.length > 0 || all.configured.some(({ todo }) => todo)) lines.push('', word(WORDS.todo));
    for (const { device, todo } of all.configured) if (todo) lines.push(`  ${device}: ${word(todo)}`);
    for (const device of all.stray)
      lines.push(`  ${device}: ${word(WORDS.stray)}: hall devices unbind ${device}`);
  }
  const notes = [...all.troubles, ...said];
  if (notes.length > 0) lines.push('', ...notes.map((note) => `${word(WORDS.note)}: ${note}`));
  return lines;
}

export type BindParts = DevicesParts & {
  /** how a thing may be understood as the device of this row, for `--press` */
  attempts: (row: DeviceRow, model: ModelRow, found: Found) => readonly ListenAttempt[];
  /** [0…1) */
  random: () => number;
  /** told while `--press` waits */
  progress: (line: string) => void;
  signal?: AbortSignal;
};

/** `hall devices bind DEVICE [KEY|--press] [--seconds N]`; `key` may also be a path as /dev/ttyUSB0 or COM3. */
export async function bindDevice(
  device: string,
  how: { key: string } | { press: true; seconds: number },
  options: DevicesOptions,
  parts: BindParts,
): Promise<Said> {
  const { language } = options;
  const say = (exitCode: number, ...lines: string[]): Said => ({ lines, exitCode });
  if (options.config === undefined || options.state === undefined)
    return say(EXIT.wrongUse, WORDS.needsBoth[language]);
  const loaded = load(options);
  if (!loaded.ok) return loaded.said;
  const row = loaded.rows.find(({ id }) => id === device);
  const model = row && modelOf(row.model);
  if (!row || !model) {
    const names = loaded.rows.map(({ id }) => id).join(', ') || '–';
    return say(EXIT.wrongUse, `${options.config}: ${WORDS.noDevice[language]} ${device} (${names})`);
  }
  const bindings = (await readBindings(options, parts))!;
  const list = await listFound(parts.sources, parts.clock);
  const all = report(list, loaded.rows, bindings.open.bindings);
  const holderOf = (found: Found): string | undefined => {
    const user = all.found.find(({ key }) => key === found.key)?.usedBy;
    return user === device || user === null ? undefined : user;
  };

  let found: Found;
  if ('key' in how) {
    const named = list.found.filter(({ key, path }) => [key, path].some((name) => isName(name, how.key)));
    const suitable = named.filter((each) => candidates(each, [model]).length > 0);
    const chosen = suitable[0] ?? named[0];
    if (!chosen)
      return say(
        EXIT.portOrPermission,
        `${how.key}: ${WORDS.notPlugged[language]}`,
        ...foundKeys(list),
        ...list.troubles,
      );
    if (suitable.length === 0)
      return say(
        EXIT.wrongUse,
        `${how.key} (${describe(chosen)}): ${WORDS.notSuitable[language]} ${model.name[language]}`,
      );
    found = chosen;
  } else {
    parts.progress(WORDS.pressNow[language].replace('{seconds}', String(how.seconds)));
    const heard = await listenForKey({
      found: list.found.filter(
        (each) => holderOf(each) === undefined && candidates(each, [model]).length > 0,
      ),
      attempts: (each) => parts.attempts(row, model, each),
      seconds: how.seconds,
      clock: parts.clock,
      random: parts.random,
      onProgress: (progress) => parts.progress(`  ${progressLine(progress)}`),
      ...(parts.signal && { signal: parts.signal }),
    });
    if (!heard.heard)
      return say(
        heard.why === 'no-free-port' ? EXIT.portOrPermission : EXIT.trouble,
        WORDS[heard.why][language],
        ...heard.troubles,
        ...list.troubles,
      );
    found = heard.heard.found;
  }
  const holder = holderOf(found);
  // What another device has by a binding changes hands, and that is said; a port in the file would be opened by both.
  if (holder !== undefined && !bindings.open.bindingOf(holder))
    return say(EXIT.wrongUse, `${found.key}: ${holder} ${WORDS.hasIt[language]} (${options.config})`);
  const identity = identityOf(found);
  if (!identity) return say(EXIT.portOrPermission, `${found.key}: ${WORDS.untold[language]}`);
  const { unbound } = await bindings.open.bind(device, identity);
  return say(
    EXIT.done,
    `${device} = ${describe(found)} (${found.path})`,
    ...unbound.map((other) => `${other}: ${WORDS.lostIt[language]}`),
    ...bindings.said,
  );
}

/** `hall devices unbind DEVICE`; the device need not be in the configuration any more. */
export async function unbindDevice(
  device: string,
  options: DevicesOptions,
  parts: Pick<DevicesParts, 'clock'>,
): Promise<Said> {
  const { language } = options;
  const bindings = await readBindings(options, parts);
  if (!bindings) return { lines: [WORDS.needsState[language]], exitCode: EXIT.wrongUse };
  const was = await bindings.open.unbind(device);
  return {
    lines: [`${device}: ${(was ? WORDS.unbound : WORDS.wasNotBound)[language]}`, ...bindings.said],
    exitCode: was ? EXIT.done : EXIT.wrongUse,
  };
}

type Loaded = { ok: true; rows: DeviceRow[] } | { ok: false; said: Said };

function load({ config, state }: DevicesOptions): Loaded {
  if (config === undefined) return { ok: true, rows: [] };
  const loaded = loadConfig(config, deviceFaults, resolve(state ?? '.'));
  if (loaded.ok) return { ok: true, rows: loaded.config.devices };
  return {
    ok: false,
    said: { lines: faultLines(config, loaded.faults).split('\n'), exitCode: EXIT.configuration },
  };
}

async function readBindings(
  { state }: DevicesOptions,
  { clock }: Pick<DevicesParts, 'clock'>,
): Promise<{ open: Bindings; said: string[] } | null> {
  if (state === undefined) return null;
  const said: string[] = [];
  const open = await openBindings(join(resolve(state), BINDINGS_FILE), {
    now: () => clock.now(),
    say: (sentence) => said.push(sentence),
  });
  return { open, said };
}

function progressLine(progress: ListenProgress): string {
  const { found, model } = progress;
  switch (progress.what) {
    case 'open':
      return `${found.path}: ${model}?`;
    case 'answers':
      return `${found.path}: ${model} ${progress.serial}`;
    case 'trouble':
      return `${found.path}: ${progress.trouble}`;
  }
}

function foundKeys(list: FoundList): string[] {
  return list.found.map((found) => `  ${found.key}  ${describe(found)}`);
}

function isName(name: string, wish: string): boolean {
  return name === wish || name.toLowerCase() === wish.toLowerCase();
}

const STANDING: Record<ConfiguredReport['standing'], Bilingual> = {
  there: { zh: '在', en: 'there' },
  missing: { zh: '缺失', en: 'missing' },
  ambiguous: { zh: '不明确', en: 'ambiguous' },
  'not-bound': { zh: '未绑定', en: 'not bound' },
  unknown: { zh: '未知', en: 'unknown' },
  network: { zh: '网络', en: 'network' },
};

const WORDS = {
  pluggedIn: { zh: '已插入', en: 'Plugged in' },
  nothing: { zh: '无', en: 'nothing' },
  key: { zh: '标识', en: 'KEY' },
  what: { zh: '设备', en: 'WHAT' },
  takenFor: { zh: '判断为', en: 'TAKEN FOR' },
  usedBy: { zh: '使用者', en: 'USED BY' },
  why: { zh: '依据', en: 'Why' },
  configured: { zh: '已配置', en: 'Configured' },
  device: { zh: '名称', en: 'DEVICE' },
  model: { zh: '型号', en: 'MODEL' },
  port: { zh: '端口', en: 'PORT' },
  state: { zh: '状态', en: 'STATE' },
  found: { zh: '说明', en: 'WHAT IT IS' },
  bound: { zh: '已绑定', en: 'bound' },
  todo: { zh: '处理', en: 'What to do' },
  note: { zh: '注意', en: 'note' },
  stray: { zh: '有绑定，但配置中没有此设备', en: 'is bound and not in the configuration' },
  needsBoth: {
    zh: '绑定需要 -c FILE 和 --state DIR',
    en: 'binding needs -c FILE and --state DIR: which devices there are, and where the binding is kept',
  },
  needsState: { zh: '需要 --state DIR', en: 'needs --state DIR, where the bindings are kept' },
  noDevice: { zh: 'devices: 下没有', en: 'there is no device' },
  notPlugged: { zh: '未插入。现有：', en: 'is not plugged in. There are:' },
  notSuitable: { zh: '不可能是', en: 'cannot be a' },
  hasIt: { zh: '按配置使用此端口', en: 'has it by its port in the configuration' },
  untold: {
    zh: '刚刚插入，系统尚未识别；五秒后再试',
    en: 'was plugged in a moment ago and the system does not know it yet; try again in five seconds',
  },
  lostIt: { zh: '已失去绑定', en: 'has lost it; bind it to something else' },
  unbound: { zh: '已解除绑定', en: 'is not bound any more' },
  wasNotBound: { zh: '没有绑定', en: 'was not bound' },
  pressNow: {
    zh: '请在 {seconds} 秒内按一下设备的键（或放卡、扫码）',
    en: 'Press a key of the device (or lay a card, or scan a code) within {seconds} s.',
  },
  'nothing-pressed': { zh: '没有收到按键', en: 'Nothing was pressed.' },
  'no-free-port': {
    zh: '没有可用的端口：被占用，或没有插入合适的设备',
    en: 'No port is free: nothing suitable is plugged in, or another program holds it (a running agent holds those of its own devices).',
  },
  stopped: { zh: '已停止', en: 'Stopped.' },
} satisfies Record<string, Bilingual>;
