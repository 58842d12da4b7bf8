/**
 * The far end's configuration: one YAML file, read and checked when the server starts. Every section belongs to the room that
 * uses it; without the file each has its defaults. A secret stands as `env:NAME` or `file:PATH`, never as a value.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, parseDocument, isNode } from 'yaml';
import { z } from 'zod';
import { keepSettings } from './keeping/settings.ts';

export const configurationSchema = z.strictObject({
  keep: keepSettings,
});
export type Configuration = z.infer<typeof configurationSchema>;

/** A configuration that cannot be used: one line an error, with the file, the line and the path. */
export class BadConfiguration extends Error {}

/** The configuration of `file`, else of `<state>/central.yaml`, else the defaults. Throws BadConfiguration. */
export function readConfiguration(stateDir: string, file: string | undefined): Configuration {
  const path = file ?? join(stateDir, 'central.yaml');
  if (file === undefined && !existsSync(path)) return configurationSchema.parse({});
  const lines = new LineCounter();
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new BadConfiguration(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0)
    throw new BadConfiguration(document.errors.map((error) => `${path}: ${error.message}`).join('\n'));
  const checked = configurationSchema.safeParse(document.toJS() ?? {});
  if (checked.success) return checked.data;
  throw new BadConfiguration(
    checked.error.issues
      .map((issue) => {
        const node = nearest(document, issue.path as (string | number)[]);
        const line = node === undefined ? '' : `:${lines.linePos(node).line}`;
        return `${path}${line}: ${issue.path.join('.') || 'file'}: ${issue.message}`;
      })
      .join('\n'),
  );
}

/** Where in the text the value stands, or the nearest around it. */
function nearest(document: ReturnType<typeof parseDocument>, path: (string | number)[]): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

/** What `env:NAME` or `file:PATH` stands for, without the white space around it. Throws BadConfiguration when there is nothing. */
export function secretOf(reference: string, environment: NodeJS.ProcessEnv): string {
  const [kind, name] = [
    reference.slice(0, reference.indexOf(':')),
    reference.slice(reference.indexOf(':') + 1),
  ];
  if (kind === 'env') {
    const value = environment[name]?.trim();
    if (value) return value;
    throw new BadConfiguration(`the environment has no ${name}, which the configuration names for a secret`);
  }
  try {
    const value = readFileSync(name, 'utf8').trim();
    if (value) return value;
  } catch (error) {
    throw new BadConfiguration(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new BadConfiguration(`${name} is empty; it should hold a secret`);
}

export const secretReference = z
  .string()
  .regex(/^(env:[A-Z_][A-Z0-9_]*|file:.+)$/, 'env:NAME or file:PATH; a secret never stands in the file');
