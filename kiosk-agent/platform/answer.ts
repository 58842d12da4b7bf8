/** What the platform may say (docs/platform.md), checked where it enters. What is not named here does not come in. */
import { z } from 'zod';

/** More than 200 cases with 50 steps each never take. */
const LARGEST_BYTES = 256 * 1024;

/** Seventeen digits and a check character: a citizen's number somewhere in a text. */
const idNumber = /\d{17}[\dXx]/;
const words = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'no control characters')
  .refine((text) => !idNumber.test(text), 'a text with something like an ID number');
const text = z.object({ zh: words, en: words });
/** Of this century, so that every due date is a day that exists. */
const time = z.iso.datetime({ offset: true }).regex(/^20/, 'of this century');

export const caseNumber = z.string().regex(/^[0-9A-Za-z-]{1,40}$/, '1 to 40 letters, digits and hyphens');
export const CASE_STATES = ['accepted', 'reviewing', 'waiting-for-materials', 'done', 'rejected'] as const;

/** zod drops every field that does not stand here: an applicant's name never gets past this line. */
const platformCase = z
  .object({
    caseNumber,
    kind: text,
    acceptedAt: time,
    limitWorkingDays: z.int().min(0).max(1000),
    steps: z.array(z.object({ name: text, at: time.nullable() })).max(50),
    state: z.enum(CASE_STATES),
    needs: text.exactOptional(),
    closedAt: time.exactOptional(),
  })
  .refine(({ state, closedAt }) => closedAt !== undefined || (state !== 'done' && state !== 'rejected'), {
    path: ['closedAt'],
    message: 'a closed case says when',
  });
export type PlatformCase = z.infer<typeof platformCase>;

const answer = z.object({ cases: z.array(platformCase).max(200) });

/** The cases of an answer, or what is wrong with it, in words that hold nothing of what it said. */
export type Understood = { ok: true; cases: PlatformCase[] } | { ok: false; detail: string };

/** Reads the body of a 200. Rejects only as the stream does: the connection broke, or the reading was aborted. */
export async function understand(response: Response): Promise<Understood> {
  const bytes = await readAtMost(response, LARGEST_BYTES);
  if (!bytes) return { ok: false, detail: `an answer of more than ${LARGEST_BYTES / 1024} KiB` };
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return { ok: false, detail: 'an answer that is no JSON' };
  }
  const read = answer.safeParse(body);
  if (read.success) return { ok: true, cases: read.data.cases };
  const [issue] = read.error.issues;
  return { ok: false, detail: `an answer of another shape, first at ${issue?.path.join('.') || 'its top'}` };
}

async function readAtMost(response: Response, most: number): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early cancels the stream.
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > most) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
