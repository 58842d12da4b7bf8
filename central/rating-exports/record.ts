/** A rating as a region wants it. Pure: the same rating and profile always give the same record, on every try. */
import { isUnknown, type Channel, type Field, type Profile } from './profile.ts';

/** What is known of a rating, or of a visit that nobody rated in time (`channel: default`). Times are RFC 3339 with the hall's offset. */
export type Rating = {
  recordId: string;
  /** 1 the rating, 2 the second one after it was put right */
  attempt: 1 | 2;
  channel: Channel;
  level: 1 | 2 | 3 | 4 | 5;
  /** as the device sent it; null from a screen, and of a default */
  keyRaw: string | null;
  agentId: string;
  hall: string;
  /** 12 digits */
  region: string;
  session: number;
  number: string;
  service: string;
  stage: string;
  window: number;
  staff: string | null;
  promptedAt: string | null;
  /** when it was rated; of a default, when it became due */
  pressedAt: string;
  /** the visitor's own, or null: none is ever made up */
  reason: { options: string[]; text?: string | undefined } | null;
};
export type Sent = Record<string, string | number>;
export type Why =
  'person' | 'case' | 'mapping' | 'not-public' | 'no-reason' | 'no-value' | 'format' | 'key-differs';
export type Missing = { field: string; why: Why; say: string };

/** The record to send, or every reason why there can be none. */
export function buildRecord(rating: Rating, profile: Profile): { record: Sent } | { missing: Missing[] } {
  const values = new Map<string, string>();
  const absent = new Map<string, Missing>();
  for (const [name, field] of Object.entries(profile.fields)) {
    const found = valueOf(name, field, rating, profile);
    if (typeof found === 'string') values.set(name, found);
    else absent.set(name, found);
  }
  const missing = [...keyDiffers(rating, profile)];
  const record: Sent = {};
  for (const [name, field] of Object.entries(profile.fields)) {
    const value = values.get(name);
    if (value === undefined) {
      if (isRequired(field, values) || isCode(field)) missing.push(absent.get(name)!);
      continue;
    }
    const fault = formatFault(value, field);
    if (fault) missing.push({ field: name, why: 'format', say: `${name} ${fault}` });
    else record[name] = field.type === 'integer' ? Number(value) : value;
  }
  return missing.length > 0 ? { missing } : { record };
}

/** Says in one sentence why a value does not fit its field; null when it fits. */
export function formatFault(value: string, { type, maxLength, pattern }: Field): string | null {
  if (type === 'integer' && !/^-?\d{1,15}$/.test(value)) return 'is no whole number';
  if (maxLength !== undefined && [...value].length > maxLength)
    return `is longer than ${maxLength} characters`;
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, 'u').test(value))
    return `does not fit ${pattern}`;
  return null;
}

/** Why a value of this kind can never be had here; null when that depends on the rating or the mapping. */
export function neverThere(name: string, { value }: Field, region: string): Missing | null {
  if (isUnknown(value)) return notPublic(name, value.source);
  if (!('withheld' in value)) return null;
  if (value.withheld === 'person')
    return {
      ...{ field: name, why: 'person' },
      say: `${name} is required by ${region} and this program keeps no names, numbers or telephones of persons; the receiving side must join them by the case`,
    };
  return {
    ...{ field: name, why: 'case' },
    say: `${name} is required by ${region} and is a fact of the case, which no rating carries`,
  };
}

/** Without its level or how it came about a record would say something else, whatever the region insists on. */
function isCode({ value }: Field): boolean {
  return 'fact' in value && (value.fact === 'level' || value.fact === 'channel');
}

function isRequired({ required }: Field, values: ReadonlyMap<string, string>): boolean {
  if (required === 'always') return true;
  if (required === 'never' || isUnknown(required)) return false;
  return required.is.includes(values.get(required.when) ?? '');
}

function valueOf(name: string, field: Field, rating: Rating, profile: Profile): string | Missing {
  const { value } = field;
  const never = neverThere(name, field, profile.name.en);
  if (never) return never;
  if ('constant' in value) return value.constant;
  if ('service' in value || 'hall' in value) {
    const [what, key, of] =
      'service' in value
        ? (['services', value.service, rating.service] as const)
        : (['halls', value.hall, rating.hall] as const);
    const mapped = own(own(profile.mapping[what], of), key);
    return (
      mapped ?? {
        ...{ field: name, why: 'mapping' },
        say: `${name}: mapping.${what}.${of}.${key} is not in the profile`,
      }
    );
  }
  return 'fact' in value ? factOf(value.fact, name, rating, profile) : nothing(name);
}

type Fact = Extract<Field['value'], { fact: unknown }>['fact'];
function factOf(fact: Fact, name: string, rating: Rating, profile: Profile): string | Missing {
  switch (fact) {
    case 'record-id':
      return rating.recordId;
    case 'level': {
      const code = profile.levels[String(rating.level) as '1'];
      return isUnknown(code) ? notPublic(name, code.source) : code;
    }
    case 'channel': {
      const code = profile.channels[rating.channel];
      return isUnknown(code) ? notPublic(name, code.source) : code;
    }
    case 'pressed-at':
      return timeAs(rating.pressedAt, profile.times);
    case 'prompted-at':
      return rating.promptedAt === null ? nothing(name) : timeAs(rating.promptedAt, profile.times);
    case 'attempt':
      return String(rating.attempt);
    case 'is-default':
      return rating.channel === 'default' ? '1' : '0';
    case 'reason-options': {
      const { options = [] } = rating.reason ?? {};
      const codes = options.map((option) => own(profile.options, option));
      const unmapped = options.find((_, at) => codes[at] === undefined);
      if (unmapped !== undefined)
        return { field: name, why: 'mapping', say: `${name}: options.${unmapped} is not in the profile` };
      return codes.length > 0 ? codes.join(',') : noReason(name);
    }
    case 'reason-text':
      return rating.reason?.text ? masked(rating.reason.text) : noReason(name);
    case 'agent':
      return rating.agentId;
    case 'staff':
      return rating.staff ?? nothing(name);
    case 'stage':
      return rating.stage === '' ? nothing(name) : rating.stage;
    case 'hall':
    case 'region':
    case 'service':
    case 'number':
      return rating[fact];
    case 'window':
    case 'session':
      return String(rating[fact]);
  }
}

/** A key's code is not the score: where the hall names its evaluators' model, both must say the same. */
function keyDiffers({ keyRaw, hall, level }: Rating, profile: Profile): Missing[] {
  const model = own(own(profile.mapping.halls, hall), 'keyMap');
  const map = model === undefined ? undefined : own(profile.keyMaps, model);
  if (!map || keyRaw === null || own(map, keyRaw) === level) return [];
  return [
    {
      ...{ field: 'level', why: 'key-differs' },
      say: `the device sent key ${keyRaw}, which is level ${own(map, keyRaw) ?? 'none'} by keyMaps.${model}, and the rating says ${level}: the hall's key map is wrong`,
    },
  ];
}

/** `2026-11-23T09:05:07.123+08:00` in the region's form. The moment is never moved; fractions are cut off where the form has none. */
export function timeAs(time: string, { format, zone }: Profile['times']): string {
  const offset = zone === 'hall' ? (/(?:[+-]\d\d:\d\d|Z)$/.exec(time)?.[0] ?? 'Z') : zone;
  const minutes =
    offset === 'Z'
      ? 0
      : (offset[0] === '-' ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4)));
  const there = new Date(Date.parse(time) + minutes * 60_000).toISOString();
  if (format === 'rfc3339') return there.replace('Z', offset);
  const plain = there.slice(0, 19).replace('T', ' ');
  return format === 'yyyyMMddHHmmss' ? plain.replace(/\D/g, '') : plain;
}

/** The hall has masked these before it kept them; an older hall may not have. */
function masked(text: string): string {
  return text.replace(/(?<![0-9A-Za-z])(?:\d{17}[\dXx]|\d{15}|1[3-9]\d{9})(?![0-9A-Za-z])/g, (found) =>
    '*'.repeat(found.length),
  );
}

function own<T>(map: Record<string, T> | undefined, key: string): T | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}
const nothing = (field: string): Missing => ({
  field,
  why: 'no-value',
  say: `${field}: the rating has none`,
});
const noReason = (field: string): Missing => ({
  ...{ field, why: 'no-reason' },
  say: `${field}: the visitor gave no reason, and none is made up`,
});
const notPublic = (field: string, source: string): Missing => ({
  ...{ field, why: 'not-public' },
  say: `${field}: not public (${source}); the office writes it into its own profile`,
});
