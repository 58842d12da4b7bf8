/**
 * What a region wants to be told of a rating, as data. A profile says only what is public about the region; what is not stands
 * as `unknown` with the place where it would have to come from, and an office fills it in its own file (`extends: zhejiang`).
 */
import { z } from 'zod';

/** How a rating came about; `default` is no rating: the visit was not rated within the region's days. */
export const CHANNELS = ['press', 'screen', 'qr', 'callback', 'default'] as const;
export type Channel = (typeof CHANNELS)[number];

const source = z
  .string()
  .min(1)
  .describe('Where this is public, or who would know it: a page, a document, an interface description');
const unknown = z
  .strictObject({ unknown: z.literal(true), source })
  .describe('Not public. An office that knows it writes it into its own profile');
const code = z.string().min(1).max(32).describe('A code of the region');
const codeOrUnknown = z.union([code, unknown]);
const levels = z
  .strictObject({
    '5': codeOrUnknown,
    '4': codeOrUnknown,
    '3': codeOrUnknown,
    '2': codeOrUnknown,
    '1': codeOrUnknown,
  })
  .describe('The code of each level, 5 非常满意 … 1 非常不满意');
const level = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5)]);

/** What a field may be filled with. */
const FACTS = [
  'record-id',
  'level',
  'channel',
  'pressed-at',
  'prompted-at',
  'attempt',
  'is-default',
  'reason-options',
  'reason-text',
  'agent',
  'hall',
  'region',
  'window',
  'staff',
  'service',
  'stage',
  'number',
  'session',
] as const;
const value = z
  .union([
    z.strictObject({ fact: z.enum(FACTS) }).describe('From the rating itself'),
    z.strictObject({ service: code }).describe('From `mapping.services`, by the service of the rating'),
    z.strictObject({ hall: code }).describe('From `mapping.halls`, by the hall of the rating'),
    z.strictObject({ constant: z.string().max(200) }).describe('Always this'),
    z
      .strictObject({ withheld: z.enum(['person', 'case']) })
      .describe(
        'person: a name, number or telephone, which this program does not keep; case: a fact of the case, which no event carries',
      ),
    unknown,
  ])
  .describe('Where the value comes from');
export type FieldValue = z.infer<typeof value>;

const required = z
  .union([
    z.enum(['always', 'never']),
    z.strictObject({ when: z.string().describe('Name of another field'), is: z.array(code).min(1) }),
    unknown,
  ])
  .describe('When the region insists on it; unknown: it is sent where there is a value');

const field = z.strictObject({
  value,
  required,
  type: z.enum(['text', 'integer']).default('text'),
  maxLength: z.int().min(1).max(4000).optional().describe('Characters at most'),
  pattern: z
    .string()
    .refine(isPattern, 'not a regular expression')
    .optional()
    .describe('Regular expression that the whole value fits'),
  meaning: z.string().max(400).optional().describe('What the region calls it'),
});
export type Field = z.infer<typeof field>;

const defaultRule = z
  .union([
    z
      .strictObject({
        days: z.int().min(0).max(90).describe('Not rated through so many days after the day of the visit'),
        count: z.enum(['natural', 'working']),
        level,
        source,
      })
      .describe('Sent as a record of its own, with the code of `channels.default` and never with another'),
    z.literal('none').describe('What was not rated is not sent'),
    unknown,
  ])
  .describe('What becomes of a visit that nobody rated');

const encryption = z.strictObject({
  cipher: z.enum(['sm4-ecb', 'sm4-cbc']),
  key: z
    .strictObject({
      secret: z.string().describe('Name of a secret of the export'),
      as: z.enum(['hex', 'md5']).describe('hex: 32 hex digits; md5: the MD5 of the text'),
    })
    .describe('The 16 bytes of the key'),
  iv: z
    .string()
    .regex(/^[0-9a-fA-F]{32}$/, '32 hex digits')
    .optional()
    .describe('For sm4-cbc'),
  encoding: z.enum(['base64', 'hex']),
});
const taken = z
  .strictObject({
    status: z
      .array(z.int().min(100).max(599))
      .default([200])
      .describe('HTTP status with which an answer counts as one'),
    format: z.enum(['json', 'xml']),
    code: z
      .string()
      .describe('Path of the code in the answer, such as `code` or `data.result`; in XML below the root'),
    is: z.array(z.string()).min(1).describe('The codes that mean: taken'),
    receipt: z
      .string()
      .optional()
      .describe('Path of what the region gives back; needed for `taken` where it is named'),
    again: z
      .array(z.string())
      .default([])
      .describe('Codes that mean: not now. Any other code refuses the record'),
    why: z.string().optional().describe('Path of the sentence that goes with a refusal'),
  })
  .describe('Which answer means that the record is taken');
const transport = z.union([
  z.strictObject({
    format: z
      .enum(['json', 'form', 'xml', 'records'])
      .describe('records: this program’s own, many at once (docs/rating-exports.md)'),
    root: z
      .string()
      .regex(/^[A-Za-z_][\w.-]*$/)
      .default('evaluate')
      .describe('Root element of XML'),
    encryption: encryption.optional(),
    envelope: z
      .string()
      .refine((text) => text.includes('{body}'), 'must hold {body}')
      .optional()
      .describe('Text around the body, such as a SOAP envelope; {body} stands for it, escaped for XML'),
    contentType: z.string().optional(),
    headers: z
      .record(z.string(), z.string())
      .default({})
      .describe('Further headers; {secret.NAME} stands for a secret of the export'),
    batch: z.int().min(1).max(500).default(1).describe('Records at once; more than 1 only with `records`'),
    taken: taken.optional().describe('Needed for all formats but `records`'),
  }),
  z
    .strictObject({ notPublic: z.string().min(1).describe('What is missing'), source })
    .describe('How records are handed in is not public: nothing is pushed with this profile'),
]);
export type Transport = Exclude<z.infer<typeof transport>, { notPublic: string }>;

const places = z.record(z.string(), z.record(z.string(), z.string().max(200)));

export const profileSchema = z.strictObject({
  extends: z
    .string()
    .optional()
    .describe(
      'A shipped profile (generic, zhejiang, fujian, anhui) or a file beside this one; what stands here goes over it',
    ),
  name: z.strictObject({ zh: z.string().min(1), en: z.string().min(1) }),
  levels,
  channels: z
    .strictObject({
      press: codeOrUnknown,
      screen: codeOrUnknown,
      qr: codeOrUnknown,
      callback: codeOrUnknown,
      default: codeOrUnknown,
    })
    .describe('The code of each way to rate. That of `default` must be no other’s'),
  options: z.record(z.string(), code).default({}).describe('Reasons: the hall’s option → the region’s code'),
  keyMaps: z
    .record(z.string(), z.record(z.string().max(16), level))
    .default({})
    .describe('Key code → level of an evaluator’s model, by a name. A key’s code is not the score'),
  codes: z
    .record(z.string(), z.record(z.string(), z.string()))
    .default({})
    .describe('Further lists of codes with their meanings: kinds of cases, of certificates, of users'),
  times: z.strictObject({
    format: z.enum(['yyyy-MM-dd HH:mm:ss', 'yyyyMMddHHmmss', 'rfc3339']),
    zone: z
      .union([z.literal('hall'), z.string().regex(/^[+-]\d\d:\d\d$/)])
      .describe('hall: the hall’s own clock, as the event has it'),
  }),
  defaultRule,
  reasonWaitHours: z
    .int()
    .min(0)
    .max(720)
    .default(0)
    .describe(
      'A bad rating waits so long for the visitor’s reason, when one may still be given; 0: it goes at once',
    ),
  appeals: z
    .strictObject({
      holdDays: z.int().min(0).max(60).default(0).describe('A bad rating waits so many days for an appeal'),
      upheld: z
        .enum(['leave-out', 'send'])
        .default('leave-out')
        .describe('What becomes of it when an appeal was upheld before it went'),
    })
    .prefault({}),
  fields: z.record(z.string().regex(/^[A-Za-z_][\w.-]*$/), field),
  transport,
  calendar: z
    .strictObject({
      weekend: z.array(z.int().min(0).max(6)).max(6).default([0, 6]),
      holidays: z.array(z.iso.date()).default([]),
      makeUpDays: z.array(z.iso.date()).default([]),
    })
    .prefault({})
    .describe('Working days, for a default rule that counts in them'),
  mapping: z
    .strictObject({
      services: places
        .default({})
        .describe('service → the region’s codes for it, such as taskCode, taskName, deptCode'),
      halls: places
        .default({})
        .describe(
          'hall → areaCode and what else belongs to the place; `keyMap`: the model of its evaluators',
        ),
    })
    .prefault({})
    .describe('What the office knows and no event carries'),
});
export type Profile = z.infer<typeof profileSchema>;
export type Unknown = z.infer<typeof unknown>;

export function isUnknown(value: unknown): value is Unknown {
  return typeof value === 'object' && value !== null && 'unknown' in value;
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON Schema of a profile file, for editors and offices. */
export function profileJsonSchema(): unknown {
  return z.toJSONSchema(profileSchema, { io: 'input', unrepresentable: 'any' });
}
