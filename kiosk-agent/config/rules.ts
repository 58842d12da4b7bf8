/** Settings of the hall's rules. What each means for people stands in docs/rules.md. */
import { z } from 'zod';
import { CLOCK_STEPS } from '../contract/follow-up.ts';
import { surgeMeasures } from '../contract/surge.ts';
import { ratingLevel } from '../contract/words.ts';

export const text = z
  .strictObject({ zh: z.string().min(1), en: z.string().min(1) })
  .describe('A text in Chinese and English');

const missed = z.discriminatedUnion('policy', [
  z.strictObject({ policy: z.literal('void') }),
  z.strictObject({ policy: z.literal('back'), places: z.int().min(1).max(50) }),
  z.strictObject({ policy: z.literal('keep-calls'), calls: z.int().min(1).max(50) }),
  z.strictObject({ policy: z.literal('keep-minutes'), minutes: z.int().min(1).max(480) }),
]);
const minutes = (most: number) => z.int().min(0).max(most);
const workingDays = z.int().min(0).max(250);
const option = z.strictObject({
  code: z.string().regex(/^[0-9A-Za-z.-]{1,32}$/),
  ...text.shape,
  levels: z
    .array(ratingLevel)
    .min(1)
    .optional()
    .describe('The levels at which the visitor is shown it; without it: all'),
});

export const REASON_LISTS = [
  'call-out-of-turn',
  'call-taken-back',
  'transfer',
  'park',
  'cancel',
  'pause',
  'close-early',
  'priority-given',
  'priority-denied',
  'surge',
] as const;

export const rulesSection = z
  .strictObject({
    missed: missed.default({ policy: 'keep-calls', calls: 3 }),
    recall: z
      .strictObject({
        coolDownS: z.int().min(0).max(60).default(5),
        limit: z.int().min(0).max(20).default(3),
      })
      .prefault({}),
    priorityHeadStartMin: minutes(240).default(30),
    appointmentHeadStartMin: minutes(240)
      .default(15)
      .describe("An appointment's ticket stands so much earlier in line than its slot begins"),
    priorityCounts: z
      .enum(['claimed', 'confirmed'])
      .default('claimed')
      .describe('A priority claimed at the kiosk counts at once, or only when staff have confirmed it'),
    parkMinutes: z
      .int()
      .min(1)
      .max(480)
      .optional()
      .describe('A parked ticket is back in line by itself after this; without it: when staff say so'),
    realName: z
      .strictObject({
        mode: z
          .enum(['off', 'optional', 'required'])
          .default('optional')
          .describe(
            'Tickets name their holder (masked); required: no ticket without a card or a typed number',
          ),
        takeAndCancel: z
          .strictObject({
            times: z.int().min(2).max(50).default(3),
            days: z.int().min(1).max(90).default(14),
          })
          .prefault({})
          .describe('So many cancelled tickets of one person within so many days are flagged'),
      })
      .prefault({}),
    rating: z
      .strictObject({
        seconds: z.int().min(5).max(600).default(30),
        flags: z
          .strictObject({
            shortServiceS: z.int().min(0).max(600).default(10),
            runLength: z.int().min(3).max(40).default(20),
            burstCount: z.int().min(3).max(40).default(8),
            burstMinutes: z.int().min(1).max(60).default(10),
          })
          .prefault({})
          .describe('What makes a rating remarkable; nothing is ever dropped'),
      })
      .prefault({}),
    appointments: z
      .strictObject({
        slotMinutes: z.int().min(5).max(240).default(30),
        daysAhead: z.int().min(0).max(90).default(14),
        share: z
          .number()
          .min(0)
          .max(1)
          .default(0.5)
          .describe('Share of what can be served that is given to appointments'),
        earlyMin: minutes(480).default(60),
        lateMin: minutes(240).default(15),
        tooLate: z.enum(['normal', 'refuse']).default('normal'),
        noShow: z
          .strictObject({
            limit: z.int().min(1).max(50).default(3),
            withinDays: z.int().min(1).max(365).default(90),
            blockDays: z.int().min(1).max(365).default(30),
          })
          .nullable()
          .default(null)
          .describe('Who did not come so often books nothing for so long; tickets are always given'),
      })
      .prefault({}),
    followUp: z
      .strictObject({
        badThrough: z.union([z.literal(1), z.literal(2)]).default(2),
        clock: z
          .partialRecord(z.enum(CLOCK_STEPS), workingDays)
          .refine((clock) => {
            const days = CLOCK_STEPS.flatMap((step) => clock[step] ?? []);
            return days.every((each, at) => at === 0 || each >= (days[at - 1] ?? 0));
          }, 'a step cannot be due before the one that it follows: contacted, rectified, answered, closed')
          .default({ contacted: 1, answered: 15 })
          .describe('Working days after a bad rating by which each step is due; the region says which'),
        appealWorkingDays: workingDays.default(5),
        reasonHours: z.int().min(1).max(720).default(72),
        options: z
          .array(option)
          .max(30)
          .refine(
            (options) => new Set(options.map(({ code }) => code)).size === options.length,
            'two options have the same code',
          )
          .default([])
          .describe('Official options for the reason of a rating'),
        keepDays: z.int().min(1).max(400).default(60),
      })
      .prefault({}),
    opinions: z
      .strictObject({
        dueWorkingDays: workingDays.default(5),
        keepDays: z.int().min(1).max(400).default(60),
      })
      .prefault({}),
    callBack: z
      .strictObject({
        share: z
          .number()
          .min(0)
          .max(1)
          .default(0.05)
          .describe("Share of a day's visits in a call-back sample"),
        atLeast: z.int().min(1).max(100).default(5),
      })
      .prefault({}),
    surge: z
      .strictObject({
        auto: z
          .strictObject({
            beyondClosingMin: minutes(480).default(15),
            measures: surgeMeasures,
          })
          .nullable()
          .default(null)
          .describe('Measures taken by themselves when the forecast goes so far beyond closing time'),
      })
      .prefault({}),
    offlineNumbers: z
      .strictObject({
        from: z.int().min(100).max(9000).default(701),
        size: z.int().min(5).max(500).default(50),
        days: z.int().min(1).max(30).default(7),
      })
      .prefault({})
      .describe('Numbers leased to kiosks that may be cut off from the hub'),
    reasons: z
      .partialRecord(z.enum(REASON_LISTS), z.array(text).max(20))
      .default({})
      .describe('Reasons to choose from; free text is always possible'),
    unclaimedS: z
      .int()
      .min(10)
      .max(3600)
      .default(60)
      .describe('A ticket whose paper failed and which nobody takes is cancelled after this'),
  })
  .prefault({});
