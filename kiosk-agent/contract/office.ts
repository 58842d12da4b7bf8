/**
 * What a central office governs in a hall: parts of its configuration, and notices. Never devices, ports, ids, addresses,
 * links or secrets: those belong to the computer that stands in the hall.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { bilingual, id, sha256Hex, timestamp } from './words.ts';

/** The hall's own schema checks each value; here stands which settings there are at all. */
const setting = z.json();
const rules = z.strictObject({
  rating: setting.optional(),
  followUp: setting.optional(),
  opinions: setting.optional(),
  callBack: setting.optional(),
  reasons: setting.optional(),
});
const hall = z.strictObject({
  opening: setting.optional(),
  calendar: z
    .strictObject({
      weekend: setting.optional(),
      holidays: setting.optional(),
      makeUpDays: setting.optional(),
    })
    .optional(),
  notices: setting.optional(),
  fees: setting.optional(),
  feeBasis: setting.optional(),
  speech: setting.optional(),
});
const service = z.strictObject({
  name: setting.optional(),
  description: setting.optional(),
  minutes: setting.optional(),
  materials: setting.optional(),
  timeLimit: setting.optional(),
  fee: setting.optional(),
  limitWorkingDays: setting.optional(),
  realName: setting.optional(),
  appointments: setting.optional(),
});
/**
 * The office's part of a configuration, under the names of the hall's own file. It lies over that file: maps are joined, lists
 * and values replaced. `services` are known by their id; those that a hall does not have are left out there.
 */
export const officeConfiguration = z.strictObject({
  hall: hall.optional(),
  services: z.record(z.string().min(1).max(63), service).optional(),
  rules: rules.optional(),
});
export type OfficeConfiguration = z.infer<typeof officeConfiguration>;

/** The office's own number of a configuration; it only grows. */
export const officeVersion = z.int().min(1).max(2_147_483_647);
/** The data of the link command `configuration`. */
export const configurationCommand = z.strictObject({
  version: officeVersion,
  configuration: officeConfiguration,
});

/** SHA-256 over the JSON with the keys of every map in order: the same for the same content, however it was written. */
export function configurationHash(configuration: OfficeConfiguration): string {
  return createHash('sha256')
    .update(JSON.stringify(ordered(configuration)))
    .digest('hex');
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, ordered(each)]),
  );
}

export const NOTICE_PLACES = ['board', 'kiosk', 'query', 'windows'] as const;
export type NoticePlace = (typeof NOTICE_PLACES)[number];
const notice = z.object({
  notice: id,
  text: bilingual,
  /** shown from … until */
  from: timestamp,
  until: timestamp,
  where: z.array(z.enum(NOTICE_PLACES)).min(1).max(4),
});
export type PostedNotice = z.infer<typeof notice>;
/** The data of the link command `notice`. */
export const noticeCommand = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('post'), ...notice.shape }),
  z.strictObject({ step: z.literal('withdraw'), notice: id }),
]);

const version = { version: officeVersion, sha256: sha256Hex };
export const officeEvents = {
  /** it is on the hall's disk and fits its file; it takes effect when the hall is at rest */
  'hall.configuration.taken': z.object({
    ...version,
    /** services in it that this hall does not have */
    leftOut: z.array(id).max(500).optional(),
  }),
  /** the hall goes on with what it had */
  'hall.configuration.refused': z.object({
    ...version,
    /** the first fault: the setting, and what is wrong with it */
    path: z.string().max(200),
    why: z.string().max(400),
  }),
  'hall.configuration.in-effect': z.object(version),

  'hall.notice.posted': notice,
  'hall.notice.withdrawn': z.object({ notice: id }),

  /** for public display: numbers alone. At most every few minutes, when they have changed, in halls with a link */
  'hall.waits.told': z.object({
    /** tickets are given now */
    open: z.boolean(),
    windowsOpen: z.int().min(0),
    services: z
      .array(
        z.object({
          service: id,
          waiting: z.int().min(0),
          windowsOpen: z.int().min(0),
          /** of somebody who comes now; null: no open window takes the service */
          waitMinS: z.int().min(0).nullable(),
          waitMaxS: z.int().min(0).nullable(),
        }),
      )
      .max(500),
  }),
} as const;

/** The data of the link command `slots`: free slots of a service, both days included. */
export const slotsCommand = z.strictObject({
  service: z.string().min(1).max(63),
  from: z.iso.date(),
  to: z.iso.date(),
});
/** What the hall answers it with. Times HH:mm of the hall's day; `free` is never below 0. */
export const slotsAnswer = z.object({
  slots: z.array(
    z.object({
      day: z.iso.date(),
      from: z.string(),
      to: z.string(),
      capacity: z.int().min(0),
      free: z.int().min(0),
    }),
  ),
});
