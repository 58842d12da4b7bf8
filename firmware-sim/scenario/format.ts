/** The form of a scenario file (docs/scenarios.md), and what must fit together in it. */
import { z } from 'zod';

/** Seconds since midnight of the hall's day. */
export type DaySeconds = number;

const daySeconds = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/, 'a time of the day as 08:30 or 08:30:15, in quotes')
  .transform((text): DaySeconds => {
    const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
    return hours * 3600 + minutes * 60 + seconds;
  });
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const duration = z
  .string()
  .regex(/^\d+(\.\d+)?[smh]$/, 'a duration as 45s, 10m or 1h')
  .transform((text) => Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? 1));
const share = z.number().min(0, 'a share is 0 to 1').max(1, 'a share is 0 to 1');
const weight = z.number().min(0);
const deviceId = z.string().min(1).max(63);
const serviceId = z.string().min(1).max(63);

/** Even between least and most, or log-normal around a median: two thirds lie within median ÷ spread and median × spread. */
const spanOfTime = z.union(
  [
    z
      .strictObject({ least: duration, most: duration })
      // Said so that a text which is no duration is not complained of twice.
      .refine(({ least, most }) => !(least > most), { message: 'least is more than most', path: ['least'] }),
    z.strictObject({ median: duration, spread: z.number().min(1).max(5) }),
  ],
  'least and most, or median and spread (1 to 5)',
);
export type SpanOfTime = z.output<typeof spanOfTime>;

export const priorities = ['elderly', 'disabled', 'military', 'pregnant'] as const;
export type Priority = (typeof priorities)[number];
export const levels = [5, 4, 3, 2, 1] as const;
export type Level = (typeof levels)[number];

const period = z
  .strictObject({
    from: daySeconds,
    until: daySeconds,
    perHour: z.number().min(0).max(10_000).optional(),
    total: z.int().min(0).max(10_000).optional(),
    services: z.record(serviceId, weight).optional(),
    priority: share.optional(),
    screen: share.optional(),
  })
  .refine(({ from, until }) => from < until, { message: 'ends before it begins', path: ['until'] })
  .refine(({ perHour, total }) => (perHour === undefined) !== (total === undefined), {
    message: 'either perHour or total',
  });

const window = z
  .strictObject({
    by: z.enum(['desk', 'pad']).default('desk'),
    staff: z
      .string()
      .regex(/^[0-9A-Za-z-]{1,16}$/, 'a staff number: 1 to 16 letters and digits, in quotes')
      .optional(),
    from: daySeconds.optional(),
    until: daySeconds.optional(),
    breaks: z
      .array(
        z
          .strictObject({ from: daySeconds, until: daySeconds })
          .refine(({ from, until }) => from < until, { message: 'ends before it begins', path: ['until'] }),
      )
      .default([]),
  })
  .refine(({ by, staff }) => by === 'pad' || staff !== undefined, {
    message: 'who works there? A window that is worked by desk needs its staff number',
    path: ['staff'],
  });

const faultOptions = z.record(
  z.string().min(1).max(40),
  z.union([z.number(), z.string().max(100), z.boolean()]),
);
export type FaultSettings = z.output<typeof faultOptions>;

export const scenarioSchema = z
  .strictObject({
    scenario: z.literal(1, 'the version of this form is 1'),
    name: z.string().min(1).max(80),
    description: z.string().max(400).optional(),
    seed: z.int().min(0).max(4_294_967_295).default(1),
    speed: z.number().min(1).max(1000).default(60),
    from: daySeconds,
    until: daySeconds,
    services: z
      .record(serviceId, z.strictObject({ share: weight.default(1), takes: spanOfTime }))
      .refine((all) => Object.values(all).some((each) => each.share > 0), 'no service has a share'),
    arrivals: z.array(period).min(1),
    priorities: z
      .strictObject({ share, among: z.partialRecord(z.enum(priorities), weight).default({ elderly: 1 }) })
      .default({ share: 0, among: { elderly: 1 } }),
    screen: share.default(0).describe('Share that takes the number without paper'),
    patience: z
      .strictObject({
        share: share.default(0),
        after: spanOfTime.default({ least: 600, most: 2400 }),
        cancel: share.default(0.5),
      })
      .default({ share: 0, after: { least: 600, most: 2400 }, cancel: 0.5 }),
    walk: spanOfTime.default({ least: 10, most: 40 }),
    windows: z
      .record(z.string().regex(/^[1-9]\d{0,2}$/, 'a window is a number, 1 to 999'), window)
      .refine((all) => Object.keys(all).length > 0, 'no window'),
    ratings: z
      .strictObject({
        share: share.default(0.7),
        levels: z
          .partialRecord(z.enum(['1', '2', '3', '4', '5']), weight)
          .default({ 5: 60, 4: 25, 3: 8, 2: 4, 1: 3 }),
        after: spanOfTime.default({ least: 3, most: 20 }),
        twice: share.default(0),
        before: share.default(0),
        late: share.default(0),
        cableOut: share.default(0),
      })
      .default({
        share: 0.7,
        levels: { 5: 60, 4: 25, 3: 8, 2: 4, 1: 3 },
        after: { least: 3, most: 20 },
        twice: 0,
        before: 0,
        late: 0,
        cableOut: 0,
      }),
    cards: z.array(z.strictObject({ reader: deviceId, share })).default([]),
    codes: z.array(z.strictObject({ scanner: deviceId, share })).default([]),
    faults: z
      .array(
        z.strictObject({
          at: daySeconds,
          device: deviceId,
          fault: z.string().min(1).max(63),
          options: faultOptions.default({}),
          for: duration.optional(),
        }),
      )
      .default([]),
    outages: z.array(z.strictObject({ at: daySeconds, cable: deviceId, for: duration })).default([]),
    randomFaults: z
      .array(
        z.strictObject({
          perHour: z.number().min(0).max(1000),
          from: daySeconds.optional(),
          until: daySeconds.optional(),
          among: z
            .record(deviceId, z.array(z.string().min(1).max(63)).min(1))
            .refine((all) => Object.keys(all).length > 0, 'no device'),
          for: spanOfTime,
        }),
      )
      .default([]),
  })
  .superRefine((scenario, context) => {
    const wrong = (path: PropertyKey[], message: string) =>
      context.addIssue({ code: 'custom', path, message, input: scenario });
    const { from, until } = scenario;
    if (from >= until) return wrong(['until'], 'the day ends before it begins');
    const inDay = (path: PropertyKey[], at: DaySeconds | undefined) => {
      if (at !== undefined && (at < from || at > until)) wrong(path, 'is outside the day');
    };
    for (const [at, each] of scenario.arrivals.entries()) {
      inDay(['arrivals', at, 'from'], each.from);
      inDay(['arrivals', at, 'until'], each.until);
      for (const name of Object.keys(each.services ?? {}))
        if (!Object.hasOwn(scenario.services, name))
          wrong(['arrivals', at, 'services', name], 'is not among the services of this scenario');
      if (each.services && !Object.values(each.services).some((one) => one > 0))
        wrong(['arrivals', at, 'services'], 'no service has a share');
    }
    if (!Object.values(scenario.priorities.among).some((one) => one > 0))
      wrong(['priorities', 'among'], 'nobody has a share');
    if (!Object.values(scenario.ratings.levels).some((one) => one > 0))
      wrong(['ratings', 'levels'], 'no level has a share');
    const staffed = new Map<string, string>();
    for (const [number, each] of Object.entries(scenario.windows)) {
      const opens = each.from ?? from;
      const closes = each.until ?? until;
      inDay(['windows', number, 'from'], each.from);
      inDay(['windows', number, 'until'], each.until);
      if (opens >= closes) wrong(['windows', number, 'until'], 'closes before it opens');
      const other = each.staff === undefined ? undefined : staffed.get(each.staff);
      if (other !== undefined) wrong(['windows', number, 'staff'], `is at window ${other} already`);
      if (each.staff !== undefined) staffed.set(each.staff, number);
      let last = opens;
      for (const [at, pause] of each.breaks.entries()) {
        if (pause.from < last || pause.until > closes)
          wrong(['windows', number, 'breaks', at], 'breaks stand in order, while the window is open');
        last = pause.until;
      }
    }
    for (const [at, each] of scenario.faults.entries()) inDay(['faults', at, 'at'], each.at);
    for (const [at, each] of scenario.outages.entries()) inDay(['outages', at, 'at'], each.at);
    for (const [at, each] of scenario.randomFaults.entries()) {
      inDay(['randomFaults', at, 'from'], each.from);
      inDay(['randomFaults', at, 'until'], each.until);
      if ((each.from ?? from) >= (each.until ?? until))
        wrong(['randomFaults', at, 'until'], 'ends before it begins');
    }
  });
/** A scenario that has been checked; times in seconds of the day, durations in seconds. */
export type Scenario = z.output<typeof scenarioSchema>;
