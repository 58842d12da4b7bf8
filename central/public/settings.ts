/** Public display of waits, as the configuration of the far end has it. */
import { z } from 'zod';

export const publicSettings = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether anybody may ask how many wait, without a token'),
    origins: z
      .array(z.string().regex(/^(\*|https?:\/\/[^/]+)$/, '"*" or https://HOST'))
      .default(['*'])
      .describe('Web sites whose pages may ask (CORS); "*" for all'),
    perMinute: z.int().min(1).max(100_000).default(120).describe('Requests a minute from one address'),
  })
  .prefault({});
export type PublicSettings = z.infer<typeof publicSettings>;
