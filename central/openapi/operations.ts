/** All operations of the far end's HTTP. A test holds this list against the routes of the running server, both ways. */
import { z } from 'zod';
import { wishBody } from '../appointments.ts';
import { listQuery } from '../board.ts';
import { configurationBody } from '../down/configuration.ts';
import { noticeBody } from '../down/notices.ts';
import { noticesQuery, regionQuery } from '../down/routes.ts';
import { slotsQuery } from '../down/slots.ts';
import { surgeBody } from '../down/surge.ts';
import { alertsQuery, deliveriesQuery } from '../alerts/store.ts';
import { comparisonQuery } from '../comparison.ts';
import { devicesQuery, ledgerQuery } from '../ledgers.ts';
import { publicQuery } from '../public/routes.ts';
import { retryBody } from '../rating-exports/routes.ts';
import { statisticsQuery } from '../statistics.ts';
import {
  appointmentAnswer,
  configurationsOfRegion,
  hallConfiguration,
  hallSurge,
  officeNotice,
  officeNotices,
  publicHall,
  publicHalls,
  slotsOfHall,
} from './answers.ts';
import type { Operation } from './operation.ts';

const REGION = '371000000000';
const appointment = {
  path: '/halls/{agentId}/appointments',
  tag: 'appointments',
  access: 'booking',
} as const;
const latest = z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(100) });
const configuration = {
  version: 12,
  configuration: {
    hall: {
      opening: { from: '09:00', to: '17:00' },
      calendar: { holidays: ['2027-01-01'], makeUpDays: [] },
      notices: [{ zh: '元旦放假一天', en: 'Closed on New Year’s Day' }],
    },
    services: { transfer: { fee: { zh: '80元/件', en: '80 yuan a case' }, limitWorkingDays: 5 } },
    rules: { followUp: { clock: { contacted: 1, answered: 15 } } },
  },
};

export const OPERATIONS: Operation[] = [
  {
    ...{ method: 'get', path: '/public/halls', tag: 'public', access: 'anybody', status: 200 },
    summary: 'How many wait in each hall, and for how long',
    ...{ query: publicQuery, answer: publicHalls, example: { query: { region: REGION } } },
    problems: ['not-found', 'too-many-requests'],
  },
  {
    ...{ method: 'get', path: '/public/halls/{hall}', tag: 'public', access: 'anybody', status: 200 },
    summary: 'One hall; cacheable, with an ETag that changes when the figures do',
    ...{ answer: publicHall, example: {} },
    problems: ['not-found', 'too-many-requests'],
  },
  {
    ...{ ...appointment, method: 'get', path: '/halls/{agentId}/appointments/slots', status: 200 },
    summary: 'Slots of a service with what is free, asked for in the hall in this moment',
    ...{ query: slotsQuery, answer: slotsOfHall },
    example: { query: { service: 'transfer', from: '2026-11-24', to: '2026-11-25' } },
    problems: ['not-found', 'unknown-service', 'hall-away'],
  },
  {
    ...{ ...appointment, method: 'post', status: 202 },
    summary: 'Books a slot; with `appointment`, the code of an earlier one, moves it',
    ...{ body: wishBody.strict(), answer: appointmentAnswer },
    example: {
      body: {
        ...{ service: 'transfer', day: '2026-11-24', from: '10:00', to: '10:30', channel: 'wechat' },
        person: { hash: 'a'.repeat(64), year: 2026, masked: '990***********001X' },
        idempotencyKey: 'wx-order-20261123-0001',
      },
    },
    problems: ['not-found', 'unknown-appointment', 'key-reused'],
  },
  {
    ...{ ...appointment, method: 'get', path: '/halls/{agentId}/appointments/{code}', status: 200 },
    summary: 'How an appointment stands, and what the hall has said of it',
    ...{ answer: appointmentAnswer, example: {} },
    problems: ['not-found', 'unknown-appointment'],
  },
  {
    ...{ ...appointment, method: 'delete', path: '/halls/{agentId}/appointments/{code}', status: 202 },
    summary: 'Cancels an appointment',
    ...{ answer: appointmentAnswer, example: {} },
    problems: ['not-found', 'unknown-appointment'],
  },
  {
    ...{
      method: 'put',
      path: '/halls/{agentId}/configuration',
      tag: 'down',
      access: 'operator',
      status: 202,
    },
    summary: "The office's part of a hall's configuration, under a version that only grows",
    ...{ body: configurationBody, answer: hallConfiguration, example: { body: configuration } },
    problems: ['not-found', 'old-version'],
  },
  {
    ...{ method: 'get', path: '/halls/{agentId}/configuration', tag: 'down', access: 'viewer', status: 200 },
    summary: 'Which version is wanted in a hall, what is in it, and how far it has come',
    answer: hallConfiguration.extend({ content: configurationBody.nullable() }),
    ...{ example: {}, problems: ['not-found'] },
  },
  {
    ...{ method: 'put', path: '/regions/{code}/configuration', tag: 'down', access: 'operator', status: 202 },
    summary:
      'The same to every hall of a region; halls of which a newer one is wanted are named in `refused`',
    ...{ body: configurationBody, answer: configurationsOfRegion, example: { body: configuration } },
  },
  {
    ...{ method: 'get', path: '/configurations', tag: 'down', access: 'viewer', status: 200 },
    summary: 'How the configuration of each hall stands',
    ...{ query: regionQuery, answer: configurationsOfRegion, example: { query: { region: REGION } } },
  },
  {
    ...{ method: 'post', path: '/notices', tag: 'down', access: 'operator', status: 202 },
    summary: 'Puts a notice on the screens of the halls of regions, or of named halls',
    ...{ body: noticeBody, answer: officeNotice },
    example: {
      body: {
        regions: [REGION],
        text: { zh: '系统维护，今日15时停办', en: 'Closed from 15:00 today for maintenance' },
        from: '2026-11-23T09:00:00+08:00',
        until: '2026-11-23T18:00:00+08:00',
        where: ['board', 'kiosk'],
        idempotencyKey: 'maintenance-20261123',
      },
    },
    problems: ['key-reused'],
  },
  {
    ...{ method: 'get', path: '/notices', tag: 'down', access: 'viewer', status: 200 },
    summary: 'The latest notices, with how many halls are in which state',
    ...{ query: noticesQuery, answer: officeNotices, example: { query: { limit: '20' } } },
  },
  {
    ...{ method: 'get', path: '/notices/{notice}', tag: 'down', access: 'viewer', status: 200 },
    summary: 'One notice with each of its halls',
    ...{ answer: officeNotice, example: {}, problems: ['not-found'] },
  },
  {
    ...{ method: 'delete', path: '/notices/{notice}', tag: 'down', access: 'operator', status: 202 },
    summary: 'Takes a notice down',
    ...{ answer: officeNotice, example: {}, problems: ['not-found'] },
  },
  {
    ...{ method: 'post', path: '/halls/{agentId}/surge', tag: 'down', access: 'operator', status: 202 },
    summary: 'Starts, changes or ends a surge in a hall; its own rules decide',
    ...{ body: surgeBody, answer: hallSurge },
    example: {
      body: {
        ...{ step: 'start', reason: '开学季人多' },
        measures: { notice: { zh: '今日人多，请错峰办理', en: 'Very busy today' } },
        ...{ withinMinutes: 10, idempotencyKey: 'surge-20261123-1' },
      },
    },
    problems: ['not-found', 'key-reused'],
  },
  {
    ...{ method: 'get', path: '/halls/{agentId}/surge', tag: 'down', access: 'viewer', status: 200 },
    summary: 'Whether a surge is running in a hall, and how the steps asked for from here fared',
    ...{ answer: hallSurge, example: {}, problems: ['not-found'] },
  },
  look('/halls', 'Halls as they stand: filtered, summed, sorted, one page', listQuery, { region: REGION }),
  look('/statistics', 'Sums of visitors, waits, service times and ratings', statisticsQuery, {
    from: '2026-11-01',
    to: '2026-11-23',
    by: 'region',
  }),
  look('/ratings/bad', 'Bad ratings with the clocks of their regions', ledgerQuery, { state: 'overdue' }),
  look('/opinions', 'Opinions with their due days', ledgerQuery, { state: 'open' }),
  look('/devices/down', 'Devices that are down', devicesQuery, { region: REGION }),
  look('/names', 'What regions, halls and services are called'),
  look('/ratings', 'The latest ratings', latest, { limit: '10' }),
  look('/alarms', 'Logs that do not fit', latest, { limit: '10' }),
  look(
    '/events',
    'Events of an agent, in order',
    z.strictObject({
      agent: z.string(),
      epoch: z.string().optional(),
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    { agent: 'hub-1' },
  ),
  look(
    '/comparison',
    'Places side by side over days: waits, load, ratings, what is late, down or does not fit',
    comparisonQuery,
    { from: '2026-11-01', to: '2026-11-23', region: REGION },
  ),
  look(
    '/rating-exports',
    "How the regions' exports of ratings stand: sent, waiting and since when, what cannot be sent",
  ),
  {
    ...{ method: 'get', path: '/rating-exports/{id}/refused', tag: 'figures', access: 'viewer', status: 200 },
    ...{ summary: 'What the region has refused, with its answers', problems: ['not-found'] },
  },
  {
    ...{ method: 'post', path: '/rating-exports/{id}/retry', tag: 'figures', access: 'viewer', status: 200 },
    ...{ summary: 'Lets refused records go again', body: retryBody, problems: ['not-found'] },
  },
  look('/store', 'What the store holds: months, sizes, what was removed'),
  look('/alerts', 'Alerts: open ones first', alertsQuery),
  look('/alerts/deliveries', 'What was sent of alerts, and what still waits', deliveriesQuery),
  {
    ...{ method: 'post', path: '/alerts/{id}/seen', tag: 'figures', access: 'viewer', status: 204 },
    ...{ summary: 'Somebody has seen to an alert', problems: ['not-found'] },
  },
  {
    ...{ method: 'get', path: '/health', tag: 'server', access: 'anybody', status: 200, example: {} },
    summary: 'Whether the server and its database answer (503 when the database does not)',
  },
  {
    ...{ method: 'get', path: '/openapi.json', tag: 'server', access: 'anybody', status: 200, example: {} },
    summary: 'This document',
  },
  {
    ...{ method: 'post', path: '/login', tag: 'server', access: 'anybody', status: 204 },
    summary: 'Signs a browser in with the viewer or operator token: a cookie that scripts cannot read',
    ...{
      body: z.strictObject({ token: z.string().min(1).max(256) }),
      problems: ['not-signed-in', 'too-many-requests'],
    },
  },
  {
    ...{ method: 'get', path: '/login', tag: 'server', access: 'anybody', status: 200, example: {} },
    summary: 'Whether this browser is signed in, and whether it may send something down',
    answer: z.strictObject({ signedIn: z.boolean(), operates: z.boolean() }),
  },
  {
    ...{ method: 'delete', path: '/login', tag: 'server', access: 'anybody', status: 204, example: {} },
    summary: 'Signs this browser out',
  },
];

function look(path: string, summary: string, query?: z.ZodType, example?: Record<string, string>): Operation {
  return {
    ...{ method: 'get', path, tag: 'figures', access: 'viewer', status: 200, summary },
    ...(query ? { query } : {}),
    example: example ? { query: example } : {},
  };
}
