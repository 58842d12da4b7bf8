/** The exports of this server: section `ratingExports` of its configuration. Their profiles are read when it starts. */
import { z } from 'zod';
import { secretReference } from '../secrets.ts';
import { regionCode } from '../regions.ts';

export const ratingExportsSection = z
  .array(
    z.strictObject({
      id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'small letters, digits and "-"'),
      profile: z
        .string()
        .min(1)
        .describe('generic, zhejiang, fujian, anhui, or a file (from the state folder, else absolute)'),
      regions: z.array(regionCode).min(1).describe('Ratings of halls in these regions; 000000000000 is all'),
      url: z
        .url({ protocol: /^https?$/ })
        .refine(
          (url) => !url.includes('?'),
          'an address without a query: nothing of a rating stands in an address',
        )
        .optional()
        .describe('Where records go; without it they are written to files only'),
      secrets: z
        .record(z.string(), secretReference)
        .default({})
        .describe('By the names that the profile uses'),
      from: z.iso.date().describe('Ratings from this day on'),
      deadlineSeconds: z.int().min(1).max(300).default(30).describe('An answer that takes longer is none'),
      keepSentDays: z.int().min(1).max(3650).default(60).describe('Answered records stay here so long'),
    }),
  )
  .max(50)
  .refine(
    (exports) => new Set(exports.map(({ id }) => id)).size === exports.length,
    'two exports have the same id',
  )
  .default([]);
export type ExportSettings = z.infer<typeof ratingExportsSection>[number];
