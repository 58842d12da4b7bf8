/** One wish is one key: sent again, it is the same wish. */
import { z } from 'zod';

export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,100}$/, '1 to 100 printable characters without spaces');
