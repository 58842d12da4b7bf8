/**
 * The configuration of one agent: one schema gives types, defaults, every error with its path and line, and the
 * JSON Schema for editors. Names in it are fixed by docs/configuration.md.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { calendarSection, withCalendarFile } from './config/calendar.ts';
import { crossFaults } from './config/cross-check.ts';
import { identitySection, platformSection, secret, videoSection } from './config/connections.ts';
import { overlay } from './config/overlay.ts';
import { formSection, mapSection, withPictures } from './config/pictures.ts';
import { rulesSection, text } from './config/rules.ts';
import { deviceRow } from './contract/devices.ts';
import { id } from './contract/id.ts';
import { agentId } from './contract/link.ts';
import type { OfficeConfiguration } from './contract/office.ts';

const timeZone = z.string().refine((zone) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}, 'not a time zone of the IANA list, for example Asia/Shanghai');

const service = z.strictObject({
  id,
  prefix: z
    .string()
    .regex(/^[A-Z]{1,2}$/, 'one or two capital letters')
    .describe('What its numbers begin with; no two services share one'),
  name: text,
  description: text.optional().describe('A line under the name on the kiosk'),
  minutes: z
    .number()
    .min(1)
    .max(240)
    .default(10)
    .describe('Expected minutes at the window, until enough visits have been measured'),
  area: text.optional().describe('Where to wait'),
  materials: z.array(text).default([]).describe('What to bring (一次性告知)'),
  forms: z
    .array(formSection)
    .max(12)
    .default([])
    .describe('Sample forms (样表), shown at the query terminal'),
  timeLimit: text.optional().describe('How long the case takes'),
  fee: text.optional().describe('What it costs'),
  limitWorkingDays: z
    .int()
    .min(0)
    .max(365)
    .optional()
    .describe('The promised time of a case in working days; a due date is computed from it'),
  realName: z
    .enum(['off', 'optional', 'required'])
    .optional()
    .describe('Whether its tickets name their holder; without it: as rules.realName.mode says'),
  appointments: z.boolean().default(true).describe('Whether appointments are made for it'),
});

const window = z.strictObject({
  number: z.int().min(1).max(999),
  services: z.array(id).describe('Services this window takes'),
  area: text.optional().describe('Where it stands; the window map groups windows by it'),
  temporary: z
    .boolean()
    .default(false)
    .describe('A window that takes what a surge gives it, and may have no services of its own'),
});

const link = z.strictObject({
  name: id,
  url: z
    .string()
    .regex(/^socketio:https?:\/\/.+/, 'socketio:http://HOST:PORT (http and mqtt links come later)'),
  token: secret,
});

export const configSchema = z
  .strictObject({
    hall: z.strictObject({
      id: id.describe('Short name of the hall; stands in every event'),
      name: text,
      region: z
        .string()
        .regex(/^\d{12}$/, '12 digits, quoted, for example "371000000000"')
        .describe('Region code of the administrative division'),
      timeZone: timeZone.describe('IANA name; numbers restart at midnight there'),
      opening: z
        .strictObject({
          from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
          to: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
        })
        .optional()
        .describe('Published opening time, in which tickets can be taken; without it: always'),
      calendar: calendarSection.prefault({}),
      notices: z.array(text).default([]).describe('Lines at the foot of the board'),
      fees: z.array(z.strictObject({ item: text, price: text })).default([]),
      feeBasis: text.optional(),
      map: mapSection.optional(),
      staffPhotos: z
        .string()
        .min(1)
        .optional()
        .describe(
          'A folder beside this file with photos named by staff number (1024.jpg, 1024.png), shown on the windows’ screens',
        ),
      speech: text
        .default({
          zh: '请{number}号到{window}号窗口办理业务',
          en: 'Ticket {number}, please go to window {window}',
        })
        .describe('What is said at a call'),
      signs: z
        .strictObject({
          call: z.string().min(1).max(60).default('请{number}到{window}号窗口'),
          serving: z.string().max(60).default('{number}号 办理中'),
          idle: z.string().max(60).default('{window}号窗口'),
          paused: z.string().max(60).default('暂停服务'),
          closed: z.string().max(60).default('窗口关闭'),
          flashS: z.int().min(0).max(60).default(10),
        })
        .prefault({})
        .describe('What stands on the signs over the windows; an empty text leaves the sign dark'),
    }),
    agent: z.strictObject({
      id: agentId.describe('Name of this agent; the central server lets it in under this name'),
      role: z
        .enum(['hub', 'satellite'])
        .describe(
          'hub: keeps the queue and serves the screens; satellite: lends its devices to the hub that its link leads to',
        ),
      listen: z
        .string()
        .regex(/^([^:]+|\[[0-9a-f:]+\]):\d{1,5}$/, 'HOST:PORT')
        .default('127.0.0.1:8480')
        .describe('Where screens reach it; 0.0.0.0:8480 for the whole network, port 0 for any free one'),
      localScreens: z
        .array(z.enum(['kiosk', 'window', 'board']))
        .default(['kiosk', 'window', 'board'])
        .describe('Screens that a browser on this PC may be without a token'),
      publicUrl: z
        .url({ protocol: /^https?$/ })
        .optional()
        .describe('What the QR on the ticket begins with; without it: the address it listens on'),
    }),
    services: z.array(service).min(1),
    windows: z.array(window).min(1),
    devices: z.array(deviceRow).default([]),
    links: z.array(link).default([]),
    rules: rulesSection,
    platform: platformSection.optional(),
    video: videoSection.optional(),
    identity: identitySection.optional(),
    journal: z.strictObject({ keepDays: z.int().min(1).max(3650).default(400) }).prefault({}),
  })
  .superRefine((config, context) => {
    const serviceIds = new Set(config.services.map((each) => each.id));
    const numbers = new Set(config.windows.map((each) => each.number));
    unique(context, config.services, 'services', 'id');
    unique(context, config.services, 'services', 'prefix');
    unique(context, config.windows, 'windows', 'number');
    unique(context, config.devices, 'devices', 'id');
    unique(context, config.links, 'links', 'name');
    if (config.agent.role === 'satellite' && config.links.length !== 1)
      context.addIssue({
        code: 'custom',
        path: ['links'],
        message: 'a satellite has exactly one link, the one to its hub: socketio:http://HUB:8480',
      });
    for (const { path, message } of crossFaults(config)) context.addIssue({ code: 'custom', path, message });
    config.windows.forEach((each, w) => {
      if (each.services.length === 0 && !each.temporary)
        context.addIssue({
          code: 'custom',
          path: ['windows', w, 'services'],
          message: 'a window without services must be temporary: true',
        });
    });
    config.windows.forEach((each, w) =>
      each.services.forEach((name, s) => {
        if (!serviceIds.has(name))
          context.addIssue({
            code: 'custom',
            path: ['windows', w, 'services', s],
            message: `no service ${name} under services:`,
          });
      }),
    );
    config.devices.forEach((each, d) => {
      if (each.window !== undefined && !numbers.has(each.window))
        context.addIssue({
          code: 'custom',
          path: ['devices', d, 'window'],
          message: `no window ${each.window} under windows:`,
        });
      for (const [address, unit] of Object.entries(each.addresses ?? {}))
        if (unit.window !== undefined && !numbers.has(unit.window))
          context.addIssue({
            code: 'custom',
            path: ['devices', d, 'addresses', address, 'window'],
            message: `no window ${unit.window} under windows:`,
          });
      for (const [path, unit] of [
        [[], each] as const,
        ...Object.entries(each.addresses ?? {}).map(
          ([address, one]) => [['addresses', address], one] as const,
        ),
      ])
        if (unit.transferTo !== undefined && !serviceIds.has(unit.transferTo))
          context.addIssue({
            code: 'custom',
            path: ['devices', d, ...path, 'transferTo'],
            message: `no service ${unit.transferTo} under services:`,
          });
    });
  });

export type Config = z.infer<typeof configSchema>;
/** One fault of a configuration file, ready to be printed. */
export type ConfigFault = { path: string; line: number; column: number; message: string };
/** Faults of the device rows that only the device room can find. */
export type DeviceCheck = (rows: Config['devices']) => {
  index: number;
  /** path below the row, as ['addresses', '1', 'window'] */
  path: string[];
  why: string;
}[];
export type ConfigResult = { ok: true; config: Config } | { ok: false; faults: ConfigFault[] };

/**
 * Reads and checks a configuration file.
 * @param checkDevices what the device room knows beyond the form: models, ports, windows
 * @param state folder that `${state}` stands for
 * @param office what a central office lays over it
 */
export function loadConfig(
  file: string,
  checkDevices: DeviceCheck,
  state: string,
  office: OfficeConfiguration = {},
): ConfigResult {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    return {
      ok: false,
      faults: [{ path: '', line: 0, column: 0, message: `cannot be read: ${(error as Error).message}` }],
    };
  }
  return parseConfig(source, checkDevices, state, dirname(file), office);
}

/** As {@link loadConfig}, from the text of the file; `folder`: what the files that it names are beside. */
export function parseConfig(
  source: string,
  checkDevices: DeviceCheck,
  state: string,
  folder = '.',
  office: OfficeConfiguration = {},
): ConfigResult {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0)
    return {
      ok: false,
      faults: document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return { path: '', line, column: col, message: error.message.split('\n')[0] ?? 'not YAML' };
      }),
    };
  // Laid over after the file's own words are read: `${state}` is the file's.
  const { content } = overlay(inState(document.toJS(), state), office);
  const parsed = configSchema.safeParse(content);
  const faults: ConfigFault[] = [];
  if (!parsed.success)
    for (const issue of parsed.error.issues) {
      const inner =
        issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
      for (const path of inner) {
        const message =
          issue.code === 'unrecognized_keys' ? 'is not a setting; see docs/configuration.md' : issue.message;
        faults.push({ path: pathText(path), ...place(document, lines, path), message });
      }
    }
  else
    for (const { index, path: inRow, why } of checkDevices(parsed.data.devices)) {
      const path = ['devices', index, ...inRow];
      faults.push({ path: pathText(path), ...place(document, lines, path), message: why });
    }
  if (!parsed.success || faults.length > 0) return { ok: false, faults };
  const calendar = withCalendarFile(parsed.data.hall.calendar, folder);
  if (!calendar.ok) {
    const path = ['hall', 'calendar', 'file'];
    return {
      ok: false,
      faults: [{ path: pathText(path), ...place(document, lines, path), message: calendar.why }],
    };
  }
  const pictured = withPictures(
    { ...parsed.data, hall: { ...parsed.data.hall, calendar: calendar.calendar } },
    folder,
  );
  if (pictured.faults.length > 0)
    return {
      ok: false,
      faults: pictured.faults.map(({ path, message }) => ({
        path: pathText(path),
        ...place(document, lines, path),
        message,
      })),
    };
  const { staffPhotos } = pictured.config.hall;
  const hall = {
    ...pictured.config.hall,
    ...(staffPhotos === undefined ? {} : { staffPhotos: resolve(folder, staffPhotos) }),
  };
  return { ok: true, config: { ...pictured.config, hall } };
}

/** Every fault of a configuration, one line each: FILE:LINE:COLUMN: path: what is wrong. */
export function faultLines(file: string, faults: ConfigFault[]): string {
  return faults
    .map(
      (fault) =>
        `${file}${fault.line > 0 ? `:${fault.line}:${fault.column}` : ''}: ${fault.path ? `${fault.path}: ` : ''}${fault.message}`,
    )
    .join('\n');
}

/** The JSON Schema of the configuration file, for editors. */
export function configJsonSchema(): unknown {
  return {
    ...(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as object),
    title: 'Hall configuration',
  };
}

/**
 * Reads a secret that the file names as env:NAME or file:PATH.
 * Returns the value without its line end, or a sentence that says what is missing.
 */
export function readSecret(
  reference: string,
  env: NodeJS.ProcessEnv,
): { ok: true; value: string } | { ok: false; why: string } {
  const name = reference.slice(reference.indexOf(':') + 1);
  if (reference.startsWith('env:')) {
    const value = env[name];
    return value ? { ok: true, value } : { ok: false, why: `the environment variable ${name} is not set` };
  }
  try {
    return { ok: true, value: readFileSync(name, 'utf8').trim() };
  } catch (error) {
    return { ok: false, why: `the secret file ${name} cannot be read: ${(error as Error).message}` };
  }
}

/**
 * As {@link readSecret}, for a secret of raw bytes: a file's bytes as they are; a variable's text as UTF-8.
 */
export function readSecretBytes(
  reference: string,
  env: NodeJS.ProcessEnv,
): { ok: true; value: Buffer } | { ok: false; why: string } {
  if (reference.startsWith('env:')) {
    const text = readSecret(reference, env);
    return text.ok ? { ok: true, value: Buffer.from(text.value) } : text;
  }
  const file = reference.slice(reference.indexOf(':') + 1);
  try {
    return { ok: true, value: readFileSync(file) };
  } catch (error) {
    return { ok: false, why: `the secret file ${file} cannot be read: ${(error as Error).message}` };
  }
}

function unique<T>(context: z.RefinementCtx, rows: T[], section: string, key: keyof T & string): void {
  const seen = new Map<unknown, number>();
  rows.forEach((row, index) => {
    const first = seen.get(row[key]);
    if (first !== undefined)
      context.addIssue({
        code: 'custom',
        path: [section, index, key],
        message: `${String(row[key])} is already used by ${section}[${first}]`,
      });
    else seen.set(row[key], index);
  });
}

function inState(value: unknown, state: string): unknown {
  if (typeof value === 'string') return value.replaceAll('${state}', state);
  if (Array.isArray(value)) return value.map((each) => inState(each, state));
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inState(each, state)]));
  return value;
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

/** Line and column of the node at `path`, or of the nearest one above it that stands in the file. */
function place(
  document: Document,
  lines: LineCounter,
  path: readonly PropertyKey[],
): { line: number; column: number } {
  let node: unknown = document.contents;
  let offset = rangeStart(node) ?? 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (!pair) break;
      offset = rangeStart(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      node = node.items[part];
      offset = rangeStart(node) ?? offset;
    } else break;
  }
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

function rangeStart(node: unknown): number | undefined {
  return (node as { range?: [number, number, number] } | null)?.range?.[0];
}
