/** What operations answer, where programs outside this project rely on it. */
import { z } from 'zod';
import { APPOINTMENT_CHANNELS, appointmentCode, slotEnd } from '../../kiosk-agent/contract/appointments.ts';
import { agentId } from '../../kiosk-agent/contract/link.ts';
import { NOTICE_PLACES, officeVersion, slotsAnswer } from '../../kiosk-agent/contract/office.ts';
import { surgeMeasures } from '../../kiosk-agent/contract/surge.ts';
import { bilingual, clockTime, id, localDate, sha256Hex } from '../../kiosk-agent/contract/words.ts';
import { regionCode } from '../regions.ts';

const time = z.iso.datetime();
const outboxState = z.enum(['queued', 'delivered', 'refused', 'expired']);

export const appointmentAnswer = z.strictObject({
  appointment: appointmentCode,
  service: id,
  day: localDate,
  from: clockTime,
  to: slotEnd,
  channel: z.enum(APPOINTMENT_CHANNELS),
  masked: z.string().optional(),
  state: z.enum([...outboxState.options, 'booked', 'checked-in', 'cancelled', 'lapsed']),
  number: z.string().optional().describe('The ticket, once checked in'),
  hallSaid: z.string().optional(),
  hallSaidAt: z.iso.datetime({ offset: true }).optional(),
  delivery: z.array(
    z.strictObject({
      what: z.enum(['book', 'cancel']),
      state: outboxState,
      refused: z.string().optional(),
      why: z.string().optional(),
      queuedAt: time,
      answeredAt: time.optional(),
      deadline: time,
    }),
  ),
});
export const slotsOfHall = slotsAnswer.extend({ service: id, asOf: time });

export const publicHall = z.strictObject({
  hall: id,
  name: bilingual.nullable(),
  region: regionCode,
  open: z.boolean().describe('Tickets are given now'),
  connected: z.boolean().describe("The hall's line stands; else the figures may be of before"),
  windowsOpen: z.int().min(0),
  waiting: z.int().min(0),
  services: z.array(
    z.strictObject({
      service: id,
      name: bilingual.nullable(),
      waiting: z.int().min(0),
      windowsOpen: z.int().min(0),
      wait: z
        .strictObject({ fromMinutes: z.int().min(0), toMinutes: z.int().min(0) })
        .nullable()
        .describe('Of somebody who comes now; null: no open window takes it'),
    }),
  ),
  asOf: time.nullable(),
  ageS: z.int().min(0).nullable(),
});
export const publicHalls = z.strictObject({ halls: z.array(publicHall) });

export const hallConfiguration = z.object({
  agentId,
  region: regionCode,
  hall: id.nullable(),
  wanted: z
    .strictObject({
      version: officeVersion,
      sha256: sha256Hex,
      state: z.enum(['queued', 'delivered', 'taken', 'in-effect', 'refused', 'expired']),
      since: time,
      path: z.string().optional(),
      why: z.string().optional(),
      leftOut: z.array(id).optional(),
    })
    .nullable(),
  inEffect: z.strictObject({ version: officeVersion, since: time }).nullable(),
});
export const configurationsOfRegion = z.strictObject({
  halls: z.array(hallConfiguration),
  refused: z.array(z.strictObject({ agentId, version: officeVersion })).optional(),
});

const noticeState = z.enum([
  'queued',
  'delivered',
  'shown',
  'withdrawing',
  'withdrawn',
  'refused',
  'expired',
]);
const noticeFields = {
  notice: id,
  text: bilingual,
  where: z.array(z.enum(NOTICE_PLACES)),
  from: time,
  until: time,
  target: z.union([
    z.strictObject({ regions: z.array(regionCode) }),
    z.strictObject({ agents: z.array(agentId) }),
  ]),
  postedAt: time,
  withdrawnAt: time.nullable(),
  states: z.partialRecord(noticeState, z.int().min(0)).describe('Halls in each state'),
};
export const officeNotices = z.strictObject({ notices: z.array(z.strictObject(noticeFields)) });
export const officeNotice = z.strictObject({
  ...noticeFields,
  halls: z.array(
    z.strictObject({
      agentId,
      hall: id.nullable(),
      state: noticeState,
      since: time,
      why: z.string().optional(),
    }),
  ),
});

export const hallSurge = z.strictObject({
  running: z
    .looseObject({ surge: id, by: z.string(), reason: z.string(), measures: surgeMeasures, since: time })
    .nullable(),
  steps: z.array(
    z.strictObject({
      step: z.enum(['start', 'change', 'end']),
      reason: z.string(),
      state: outboxState,
      refused: z.string().optional(),
      why: z.string().optional(),
      queuedAt: time,
      answeredAt: time.optional(),
      deadline: time,
    }),
  ),
});
