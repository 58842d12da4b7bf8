/**
 * `npm run generate`: writes what is made from the sources: the configuration's JSON Schema and reference, the list of
 * problem codes, the table of device models, the page of faults, the far end's OpenAPI and the events' AsyncAPI documents. CI runs it and fails when a file differs.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { profileJsonSchema } from '../central/rating-exports/profile.ts';
import { serviceFiles } from '../kiosk-agent/cli/service.ts';
import { openapiDocument } from '../central/openapi/document.ts';
import { configJsonSchema } from '../kiosk-agent/config.ts';
import { asyncapiDocument } from '../kiosk-agent/contract/asyncapi.ts';
import { PROBLEM_CODES } from '../kiosk-agent/contract/problem.ts';
import { MODELS, type ModelRow } from '../kiosk-agent/device/models.ts';
import { columns } from './matrix/columns.ts';
import { type FaultWords, faultsPage } from './matrix/page.ts';

type Schema = {
  type?: string | string[];
  description?: string;
  default?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  anyOf?: Schema[];
  oneOf?: Schema[];
  additionalProperties?: boolean | Schema;
};

const root = join(import.meta.dirname, '..');
const note = '<!-- Made by `npm run generate`; do not edit. -->\n\n';

const schema = configJsonSchema() as Schema;
writeFileSync(join(root, 'docs', 'hall.schema.json'), `${JSON.stringify(schema, null, 2)}\n`);
writeFileSync(
  join(root, 'docs', 'configuration.md'),
  `${note}# Configuration\n\nOne YAML file describes a hall to one agent; \`halls/weihai.yaml\` is a complete example. \`npx hall config check FILE\` names every error with its path and line.
\`\${state}\` stands for the folder given by \`--state\`. A secret is \`env:NAME\` or \`file:PATH\`, never a value in the file. A text is \`{zh: …, en: …}\`.
In an editor that knows YAML schemas: \`# yaml-language-server: $schema=docs/hall.schema.json\`.

| setting | what it may be | default | meaning |
|---|---|---|---|
${rows(schema, '', true).join('\n')}
`,
);
writeFileSync(
  join(root, 'docs', 'problem-codes.md'),
  `${note}# Problem codes\n\nEvery refused request answers an RFC 9457 document with one of these in \`code\`. They stay the same for ever; programs may rely on them.\n\n| code | HTTP status |\n|---|---|\n${Object.entries(
    PROBLEM_CODES,
  )
    .map(([code, status]) => `| \`${code}\` | ${status} |`)
    .join('\n')}\n`,
);
writeFileSync(
  join(root, 'docs', 'models.md'),
  `${note}# Device models\n\nRows of \`kiosk-agent/device/models.ts\`. None has been tried on a real device: what each was proved with stands in [devices.md](devices.md).\n\n| model | device | kind | ports | line | speciality |\n|---|---|---|---|---|---|\n${MODELS.map(
    (model) =>
      `| \`${model.id}\` | ${model.name.zh} · ${model.name.en} | ${model.kind} | ${model.transports.join(', ')} | ${model.line.baud} ${model.line.data}${model.line.parity[0]?.toUpperCase()}${model.line.stop} | ${speciality(
        model,
      )} |`,
  ).join('\n')}\n`,
);

for (const [name, document] of [
  ['far-end.openapi.json', openapiDocument()],
  ['events.asyncapi.json', asyncapiDocument()],
] as const)
  writeFileSync(join(root, 'docs', name), `${JSON.stringify(document, null, 2)}\n`);
writeFileSync(
  join(root, 'docs', 'rating-profile.schema.json'),
  `${JSON.stringify(profileJsonSchema(), null, 2)}\n`,
);

// The panel's words: a script for browsers, without types.
const panel = join(root, 'firmware-sim', 'panel', 'fault-names.js');
const { faultNames } = (await import(panel)) as { faultNames: FaultWords };
writeFileSync(join(root, 'docs', 'faults.md'), `${note}${faultsPage(columns, faultNames)}`);

for (const { path, text } of serviceFiles()) writeFileSync(join(root, path), text);

function speciality(model: ModelRow): string {
  const levels = (map: Readonly<Record<string, number>>) =>
    `keys ${Object.entries(map)
      .sort(([, a], [, b]) => b - a)
      .map(([code]) => code)
      .join(' ')} for levels ${Object.values(map)
      .sort((a, b) => b - a)
      .join(' ')}`;
  const usb = model.fingerprints.flatMap(({ vendorId, productId, usagePage, usage }) => [
    ...(vendorId ? [`USB ${vendorId}:${productId ?? '*'}`] : []),
    ...(usagePage !== undefined ? [`HID page ${usagePage.toString(16)} usage ${usage ?? '*'}`] : []),
  ]);
  const own = (): string[] => {
    switch (model.kind) {
      case 'printer':
        return [`${model.columns} columns`, `confirmed by ${model.confirmation}`];
      case 'evaluator':
        return [levels(model.keyMap)];
      case 'frames':
      case 'keypad':
        return [
          ...(Object.keys(model.keyMap).length > 0 ? [levels(model.keyMap)] : []),
          ...Object.entries(model.padMap).map(([code, action]) => `${code} ${action}`),
          ...(model.kind === 'frames' && !model.protected ? ['unprotected'] : []),
        ];
      case 'reader':
      case 'scanner':
        return [model.protocol];
      case 'sign':
        return [model.protocol, `${model.columns} columns`];
    }
  };
  return [...own(), ...usb, ...(model.unverified ? [`unverified: ${model.unverified}`] : [])].join(' · ');
}

/** A line for each setting under `part`, its path before it. */
function rows(part: Schema, path: string, required: boolean): string[] {
  if (part.properties && isText(part)) return [line(path, 'text', part, required)];
  if (part.properties)
    return [
      ...(path === '' ? [] : [line(path, 'map', part, required)]),
      ...Object.entries(part.properties).flatMap(([name, inner]) =>
        rows(inner, path === '' ? name : `${path}.${name}`, part.required?.includes(name) ?? false),
      ),
    ];
  if (part.items?.properties && !isText(part.items))
    return [line(path, 'list', part, required), ...rows(part.items, `${path}[]`, true).slice(1)];
  return [line(path, kind(part), part, required)];
}

function line(path: string, what: string, part: Schema, required: boolean): string {
  const standard =
    part.default === undefined ? (required ? '*needed*' : '') : `\`${JSON.stringify(part.default)}\``;
  return `| \`${path}\` | ${what.replaceAll('|', '\\|')} | ${standard.replaceAll('|', '\\|')} | ${(part.description ?? '').replaceAll('|', '\\|')} |`;
}

function kind(part: Schema): string {
  if (part.enum) return part.enum.map((each) => `\`${String(each)}\``).join(' ');
  if (part.anyOf ?? part.oneOf) return (part.anyOf ?? part.oneOf ?? []).map(kind).join(' or ');
  if (part.const !== undefined) return `\`${String(part.const)}\``;
  if (part.properties)
    return `{${Object.entries(part.properties)
      .map(([name, inner]) => `${name}: ${kind(inner)}`)
      .join(', ')}}`;
  if (part.items) return `list of ${isText(part.items) ? 'text' : kind(part.items)}`;
  if (part.type === 'integer' || part.type === 'number') {
    const bounded = (part.minimum ?? -1e15) > -1e15 || (part.maximum ?? 1e15) < 1e15;
    return `${part.type === 'integer' ? 'whole number' : 'number'}${bounded ? ` ${part.minimum ?? ''}…${part.maximum ?? ''}` : ''}`;
  }
  if (part.pattern) return `text \`${part.pattern}\``;
  return String(part.type ?? 'any');
}

function isText(part: Schema): boolean {
  return part.properties !== undefined && Object.keys(part.properties).sort().join() === 'en,zh';
}
