/**
 * Devices that are described by their frames (contract/devices.ts, FrameDescription; evaluators.md, "Models are
 * data"): a description becomes a codec. Pure: bytes to keys and back, no time.
 */
import type { FrameDescription } from '../../contract/devices.ts';
import { FrameReceiver } from './frame-receiver.ts';
import {
  canBeTaken,
  parseTemplate,
  sumByte,
  type Cell,
  type Template,
  type TemplateUse,
} from './frame-template.ts';

export type FrameRole = 'pad' | 'evaluator';
/** A key as it came: `code` is upper-case hex of the digits and the key byte, as 0C or 060F. */
export type KeyFrame = { role: FrameRole; address: number | null; code: string; bytes: Uint8Array };
/** What a device can be told besides that its key has been taken. */
export type FrameCommand = 'display' | 'beep' | 'open' | 'shut' | 'thanks';
/** Three characters each, the leftmost first; a blank is a space. */
export type DisplayText = { waiting: string; ticket: string };

export type FrameFault = { path: string; why: string };
export type CompiledFrames = { ok: true; codec: FramesCodec } | { ok: false; faults: FrameFault[] };

type Digits = FrameDescription['digits'];
type KeyTemplate = { role: FrameRole; template: Template };
type Commands = Partial<Record<FrameCommand, Template>>;
type RoleTemplates = { keys: Template[]; acknowledge: 'echo' | Template | null; commands: Commands };

/** Makes the codec of a description, or names every fault in it: `path` as pad.keys.0, `why` a sentence. */
export function compileFrames(description: FrameDescription): CompiledFrames {
  const faults: FrameFault[] = [];
  const all: { path: string; use: TemplateUse; template: Template }[] = [];
  const roles = new Map<FrameRole, RoleTemplates>();

  const read = (path: string, text: string, use: TemplateUse): Template => {
    const parsed = parseTemplate(text, use);
    if (!parsed.ok) {
      faults.push(...parsed.faults.map((why) => ({ path, why })));
      return [];
    }
    all.push({ path, use, template: parsed.template });
    return parsed.template;
  };
  const readRole = (role: FrameRole, texts: RoleTexts): void => {
    const keys = texts.keys.map((text, at) => read(`${role}.keys.${at}`, text, 'key'));
    const { acknowledge } = texts;
    const commands: Commands = {};
    for (const command of ['display', 'beep', 'open', 'shut', 'thanks'] as const) {
      const text = texts[command];
      if (text !== undefined)
        commands[command] = read(`${role}.${command}`, text, command === 'display' ? 'display' : 'command');
    }
    roles.set(role, {
      keys,
      commands,
      acknowledge:
        acknowledge === undefined || acknowledge === 'echo'
          ? (acknowledge ?? null)
          : read(`${role}.acknowledge`, acknowledge, 'acknowledge'),
    });
  };
  if (description.pad) readRole('pad', description.pad);
  if (description.evaluator) readRole('evaluator', description.evaluator);
  if (roles.size === 0) faults.push({ path: 'pad', why: 'neither a pad nor an evaluator is described' });

  const keys = all.filter(({ use }) => use === 'key');
  faults.push(...addressFaults(all), ...confusable(keys, description.digits), ...acknowledgeFaults(roles));
  return faults.length > 0
    ? { ok: false, faults }
    : { ok: true, codec: new FramesCodec(roles, description.digits) };
}

type RoleTexts = { keys: string[]; acknowledge?: string | undefined } & Partial<
  Record<FrameCommand, string | undefined>
>;

const has = (template: Template, kind: Cell['kind']) => template.some((cell) => cell.kind === kind);
const digitsIn = (template: Template) => template.filter((cell) => cell.kind === 'digit').length;

/** A device without an address is alone on its line: either every frame has one, or none. */
function addressFaults(all: { path: string; template: Template }[]): FrameFault[] {
  const withAddress = all.find(({ template }) => has(template, 'address'));
  if (!withAddress) return [];
  return all
    .filter(({ template }) => !has(template, 'address'))
    .map(({ path }) => ({
      path,
      why: `it has no {address}, but ${withAddress.path} has one: either all frames have it or none`,
    }));
}

function confusable(keys: { path: string; template: Template }[], digits: Digits): FrameFault[] {
  return keys.flatMap(({ path, template }, at) =>
    keys
      .slice(0, at)
      .filter((earlier) => canBeTaken(template, earlier.template, digits))
      .map((earlier) => ({
        path,
        why: `it cannot be told from ${earlier.path}: the same bytes could be either`,
      })),
  );
}

function acknowledgeFaults(roles: Map<FrameRole, RoleTemplates>): FrameFault[] {
  return [...roles].flatMap(([role, { keys, acknowledge }]) => {
    if (acknowledge === null || acknowledge === 'echo') return [];
    const wanted = digitsIn(acknowledge);
    return keys.flatMap((key, at) =>
      wanted > digitsIn(key) && key.length > 0
        ? [
            {
              path: `${role}.acknowledge`,
              why: `it has ${wanted} × {digit}, but ${role}.keys.${at} has ${digitsIn(key)}`,
            },
          ]
        : [],
    );
  });
}

export class FramesCodec {
  /** whether devices have addresses; then several may share a line */
  readonly addressed: boolean;
  readonly #roles: ReadonlyMap<FrameRole, RoleTemplates>;
  readonly #digits: Digits;

  /** Use {@link compileFrames}. */
  constructor(roles: ReadonlyMap<FrameRole, RoleTemplates>, digits: Digits) {
    this.#roles = roles;
    this.#digits = digits;
    this.addressed = this.#keys().some(({ template }) => has(template, 'address'));
  }

  /**
   * A receiver for one line. `known`: codes per role that the model gives a meaning; of frames of a single byte only
   * these are keys, for every other byte is as likely noise.
   */
  receiver(known: Readonly<Record<FrameRole, ReadonlySet<string>>>): FrameReceiver {
    return new FrameReceiver(this.#keys(), this.#digits, known);
  }

  can(role: FrameRole, command: FrameCommand | 'acknowledge'): boolean {
    const templates = this.#roles.get(role);
    if (command === 'acknowledge') return (templates?.acknowledge ?? null) !== null;
    return templates?.commands[command] !== undefined;
  }

  /** What tells the device that this key was taken; null where its model has no such frame. */
  acknowledge(frame: KeyFrame): Uint8Array | null {
    const acknowledge = this.#roles.get(frame.role)?.acknowledge ?? null;
    if (acknowledge === 'echo') return frame.bytes.slice();
    if (acknowledge === null) return null;
    const code = Buffer.from(frame.code, 'hex');
    return this.#fill(acknowledge, frame.address, { code });
  }

  /**
   * A command as its frame, null where the model has none. `text` is for `display`; in binary digits what is no digit
   * is sent as a blank.
   */
  command(
    role: FrameRole,
    command: FrameCommand,
    address: number | null,
    text?: DisplayText,
  ): Uint8Array | null {
    const template = this.#roles.get(role)?.commands[command];
    return template ? this.#fill(template, address, { ...(text && { text }) }) : null;
  }

  #keys(): KeyTemplate[] {
    return [...this.#roles].flatMap(([role, { keys }]) => keys.map((template) => ({ role, template })));
  }

  #fill(
    template: Template,
    address: number | null,
    values: { code?: Uint8Array; text?: DisplayText },
  ): Uint8Array {
    const bytes = new Uint8Array(template.length);
    let digit = 0;
    template.forEach((cell, at) => {
      if (cell.kind === 'byte') bytes[at] = cell.value;
      else if (cell.kind === 'address') bytes[at] = address ?? 0;
      else if (cell.kind === 'key') bytes[at] = values.code?.at(-1) ?? 0;
      else if (cell.kind === 'digit') bytes[at] = values.code?.[digit++] ?? 0;
      else if (cell.kind === 'waiting' || cell.kind === 'ticket')
        bytes[at] = this.#character(values.text?.[cell.kind][cell.place]);
      else if (cell.kind === 'check') bytes[at] = sumByte(cell, bytes);
    });
    return bytes;
  }

  #character(character = ' '): number {
    if (this.#digits === 'binary') return /^\d$/.test(character) ? Number(character) : BLANK;
    return /^[ -~]$/.test(character) ? character.charCodeAt(0) : 0x20;
  }
}

/** "six digits (0A = blank)" (evaluators.md §3). */
const BLANK = 0x0a;
