/** What comes in over HTTP is checked here before anybody reads it. */
import type { z } from 'zod';
import { HallError } from '../kiosk-agent/contract/problem.ts';

/** The checked value; throws HallError bad-request with the field's path. */
export function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new HallError('bad-request', `${issue?.path.join('.') || 'body'}: ${issue?.message}`, {
    field: issue?.path.join('.'),
  });
}
