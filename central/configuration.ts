/**
 * The far end's configuration: one YAML file, read and checked when the server starts. Every section belongs to the room that
 * uses it; without the file each has its defaults. A secret stands as `env:NAME` or `file:PATH`, never as a value.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, parseDocument, isNode } from 'yaml';
import { z } from 'zod';
import { alertSettings } from './alerts/settings.ts';
import { publicSettings } from './public/settings.ts';
import { ratingExportsSection } from './rating-exports/settings.ts';
import { BadConfiguration } from './secrets.ts';

export { BadConfiguration, secretOf, secretReference } from './secrets.ts';

export const configurationSchema = z.strictObject({
  public: publicSettings,
  ratingExports: ratingExportsSection,
  alerts: alertSettings.prefault({}),
});
export type Configuration = z.infer<typeof configurationSchema>;

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
