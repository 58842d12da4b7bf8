/** Secrets of the far end's configuration: named in the file, never written there. Apart from it, because every section's schema needs them. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A configuration that cannot be used: one line an error, with the file, the line and the path. */
export class BadConfiguration extends Error {}

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
