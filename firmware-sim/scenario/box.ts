/** Where a running `npm start` is: read from its state folder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type HubTokens, hubTokens } from './hub.ts';

export type Places = {
  hub: string;
  panel: string;
  tokens: HubTokens;
  central?: { url: string; token: string };
};

const addresses = z.looseObject({ hub: z.url(), panel: z.url(), central: z.url() });
const viewer = z.looseObject({ viewer: z.string().min(8) });

/** Reads `box.json`, `tokens.json` and the far end's `central/tokens.json`; throws a RangeError that names what is missing. */
export function boxPlaces(folder: string): Places {
  const { hub, panel, central } = readJson(
    join(folder, 'box.json'),
    addresses,
    'it has the addresses of a hall that runs; is `npm start` running with this --state?',
  );
  const { viewer: token } = readJson(
    join(folder, 'central', 'tokens.json'),
    viewer,
    "it has the viewer's token",
  );
  return { hub, panel, tokens: readTokens(join(folder, 'tokens.json')), central: { url: central, token } };
}

/** The hub's tokens; throws a RangeError that names file and token. */
export function readTokens(file: string): HubTokens {
  return readJson(file, hubTokens, 'it has the tokens of kiosk, clerk, integrator and technician');
}

function readJson<T>(file: string, schema: z.ZodType<T>, what: string): T {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new RangeError(`${file} cannot be read (${(error as Error).message}); ${what}`, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new RangeError(`${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}; ${what}`);
}
