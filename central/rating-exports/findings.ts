/** What is wrong with a profile beyond its form, and what cannot be sent with it although nothing is wrong. Pure. */
import type { Fault, ReadProfile } from './read-profile.ts';
import { CHANNELS, isUnknown, type Profile } from './profile.ts';
import { formatFault, neverThere } from './record.ts';

type Found = { path: string[]; say: string };

/** Mistakes: with any of these the profile is not used. Each with file, line and path. */
export function faultsOf({ profile, at }: ReadProfile): Fault[] {
  return [
    ...ambiguous(profile),
    ...wrongRules(profile),
    ...wrongTransport(profile),
    ...wrongMapping(profile),
  ].map(({ path, say }) => ({ ...at(path), path: path.join('.'), say }));
}

/** What cannot be sent, a sentence each; with an empty list everything can, as far as the mapping goes. */
export function gapsOf(profile: Profile): string[] {
  const { name, transport, channels, levels, defaultRule, fields } = profile;
  const gaps: string[] = [];
  if ('notPublic' in transport)
    gaps.push(
      `transport: not public: ${transport.notPublic} (${transport.source}). Nothing is pushed with this profile`,
    );
  for (const [field, rule] of Object.entries(fields)) {
    if (rule.required !== 'always') continue;
    const never = neverThere(field, rule, name.en);
    if (never) gaps.push(`cannot be sent: ${never.say}`);
  }
  const leftOut = Object.entries(fields).filter(
    ([, { required, value }]) => isUnknown(required) && ('withheld' in value || isUnknown(value)),
  );
  if (leftOut.length > 0)
    gaps.push(
      `left out: ${leftOut.map(([field]) => field).join(', ')}: not known here; whether ${name.en} insists on them is not public`,
    );
  for (const [level, code] of Object.entries(levels))
    if (isUnknown(code)) gaps.push(`cannot be sent: level ${level} has no public code (${code.source})`);
  for (const channel of CHANNELS) {
    const code = channels[channel];
    if (isUnknown(code)) gaps.push(`not sent from ${channel}: its code is not public (${code.source})`);
  }
  if (isUnknown(defaultRule))
    gaps.push(`visits that nobody rated are not sent: the rule is not public (${defaultRule.source})`);
  return gaps;
}

/** Codes by which the other side tells things apart must be apart. */
function ambiguous({ levels, channels, keyMaps }: Profile): Found[] {
  const found: Found[] = [];
  const seen = new Map<string, string>();
  for (const [level, code] of Object.entries(levels)) {
    if (isUnknown(code)) continue;
    const before = seen.get(code);
    if (before) found.push({ path: ['levels', level], say: `code ${code} is level ${before} already` });
    seen.set(code, level);
  }
  for (const channel of CHANNELS)
    if (channel !== 'default' && !isUnknown(channels.default) && channels[channel] === channels.default)
      found.push({
        path: ['channels', 'default'],
        say: `${channels.default} is the code of ${channel}: a default must never look like a rating`,
      });
  for (const [model, map] of Object.entries(keyMaps)) {
    const levelsOf = Object.values(map);
    if (levelsOf.length !== 5 || new Set(levelsOf).size !== 5)
      found.push({ path: ['keyMaps', model], say: 'five keys for five levels, each once' });
  }
  return found;
}

function wrongRules({ defaultRule, levels, channels, fields }: Profile): Found[] {
  const found: Found[] = [];
  if (defaultRule !== 'none' && !isUnknown(defaultRule)) {
    if (isUnknown(channels.default))
      found.push({ path: ['defaultRule'], say: 'a default needs a code of its own in channels.default' });
    if (
      !Object.values(fields).some(
        ({ value }) => 'fact' in value && ['channel', 'is-default'].includes(value.fact),
      )
    )
      found.push({
        path: ['defaultRule'],
        say: 'no field tells a default from a rating (fact: channel or is-default)',
      });
  }
  for (const [name, { required, value, ...field }] of Object.entries(fields)) {
    const codes =
      'fact' in value && value.fact === 'level'
        ? levels
        : 'fact' in value && value.fact === 'channel'
          ? channels
          : {};
    for (const [of, code] of Object.entries(codes as Record<string, Profile['channels']['press']>)) {
      const misfit = isUnknown(code) ? null : formatFault(code, { required, value, ...field });
      if (misfit)
        found.push({ path: [codes === levels ? 'levels' : 'channels', of], say: `for ${name} it ${misfit}` });
    }
    if (typeof required === 'object' && 'when' in required && !Object.hasOwn(fields, required.when))
      found.push({ path: ['fields', name, 'required', 'when'], say: `there is no field ${required.when}` });
    const fault = 'constant' in value ? formatFault(value.constant, { required, value, ...field }) : null;
    if (fault) found.push({ path: ['fields', name, 'value', 'constant'], say: `it ${fault}` });
  }
  return found;
}

function wrongTransport({ transport }: Profile): Found[] {
  if ('notPublic' in transport) return [];
  const found: Found[] = [];
  const { format, taken, batch, encryption } = transport;
  if (format !== 'records' && !taken)
    found.push({
      path: ['transport'],
      say: `${format} needs taken: which answer means that a record is taken`,
    });
  if (format !== 'records' && batch > 1)
    found.push({ path: ['transport', 'batch'], say: `${format} sends one record at a time` });
  if (format === 'records' && (taken || encryption || transport.envelope))
    found.push({ path: ['transport'], say: 'records has its own answer, no envelope and no encryption' });
  if (encryption && (encryption.cipher === 'sm4-cbc') !== (encryption.iv !== undefined))
    found.push({ path: ['transport', 'encryption'], say: 'sm4-cbc needs iv, sm4-ecb has none' });
  return found;
}

/** What the office wrote is checked by the fields that it fills, and must not hold a person. */
function wrongMapping({ mapping, fields, keyMaps }: Profile): Found[] {
  const found: Found[] = [];
  for (const [what, key] of [
    ['services', 'service'],
    ['halls', 'hall'],
  ] as const)
    for (const [place, values] of Object.entries(mapping[what]))
      for (const [name, value] of Object.entries(values)) {
        const path = ['mapping', what, place, name];
        if (what === 'halls' && name === 'keyMap') {
          if (!Object.hasOwn(keyMaps, value)) found.push({ path, say: `there is no keyMaps.${value}` });
          continue;
        }
        const filled = Object.values(fields).filter(
          (field) => key in field.value && (field.value as Record<string, unknown>)[key] === name,
        );
        if (filled.length === 0) found.push({ path, say: 'no field is filled from it' });
        for (const field of filled) {
          const fault = formatFault(value, field);
          if (fault) found.push({ path, say: `it ${fault}` });
        }
        if (isIdNumber(value))
          found.push({ path, say: 'that is the ID number of a person; it does not belong here' });
      }
  return found;
}

/** GB 11643: 17 digits with a date of birth, and the check character. A 统一社会信用代码 is as long and is none. */
function isIdNumber(text: string): boolean {
  if (!/^[1-9]\d{5}(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]$/.test(text)) return false;
  const sum = [...text.slice(0, 17)].reduce(
    (total, digit, at) => total + Number(digit) * (2 ** (17 - at) % 11),
    0,
  );
  return '10X98765432'[sum % 11] === text.at(-1)!.toUpperCase();
}
