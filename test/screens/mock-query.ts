/** What a hub would answer the query terminal; each answer can be changed by hand. They stand before the kiosk's. */
import type { Express } from 'express';

export type QueryAnswer = { status: number; body: unknown };
const fine = (body: unknown, status = 200): QueryAnswer => ({ status, body });
export const refusal = (code: string, status: number): QueryAnswer => ({
  status,
  body: { type: `/problems/${code}`, title: code, status, code, detail: code },
});

const appointment = (more: object = {}): object => ({
  appointment: 'K7MXP2QA',
  service: 'transfer',
  day: '2026-06-20',
  from: '10:00',
  to: '10:30',
  channel: 'query',
  state: 'booked',
  masked: '990***********001X',
  ...more,
});
const step = (zh: string, en: string, at: string | null): object => ({ name: { zh, en }, at });
export const oneCase = (more: object = {}): object => ({
  caseNumber: '990000-2026-000101',
  kind: { zh: '转移登记', en: 'Transfer' },
  acceptedAt: '2026-06-16T09:12:00+08:00',
  limitWorkingDays: 5,
  state: 'reviewing',
  steps: [
    step('受理', 'Accepted', '2026-06-16T09:12:00+08:00'),
    step('审核', 'Review', null),
    step('登簿', 'Entered in the register', null),
    step('发证', 'Certificate issued', null),
  ],
  dueDate: '2026-06-24',
  dueDateKnown: true,
  daysLeft: 2,
  overdue: false,
  ...more,
});

/** The answers at the start: a visitor with two appointments, three cases, and a printer that prints. */
export function queryAnswers() {
  return {
    appointment,
    mine: fine({
      appointments: [
        appointment(),
        appointment({
          appointment: 'BW4HT9ZC',
          service: 'mortgage',
          day: '2026-06-23',
          from: '14:30',
          to: '15:00',
        }),
      ],
    }),
    one: fine(appointment()),
    slots: fine({
      service: 'transfer',
      day: '2026-06-22',
      workingDay: true,
      lastDay: '2026-07-04',
      slots: Array.from({ length: 15 }, (_slot, at) => {
        const time = (half: number): string =>
          `${String(9 + Math.floor(half / 2)).padStart(2, '0')}:${half % 2 === 0 ? '00' : '30'}`;
        return { from: time(at), to: time(at + 1), capacity: 3, free: at % 4 === 1 ? 0 : 3 - (at % 3) };
      }),
    }),
    booked: fine(appointment({ day: '2026-06-22' }), 201),
    checkIn: fine({}, 201),
    paper: fine({ paper: { state: 'printed' } }),
    cases: fine({
      cases: [
        oneCase(),
        oneCase({
          caseNumber: '990000-2026-000102',
          kind: { zh: '抵押登记', en: 'Mortgage' },
          state: 'waiting-for-materials',
          needs: { zh: '主债权合同原件', en: 'The loan contract (original)' },
        }),
        oneCase({
          caseNumber: '990000-2026-000103',
          kind: { zh: '更正登记', en: 'Correction' },
          state: 'done',
          closedAt: '2026-06-12T15:00:00+08:00',
          daysLeft: null,
        }),
      ],
      asOf: '2026-06-20T09:20:00+08:00',
      fromCache: false,
    }),
    filed: fine({ opinion: 'Y20260620-003', code: 'K7MXP2', dueDay: '2026-06-25' }, 201),
    slip: fine({ state: 'printed' }),
    opinion: fine({
      opinion: 'Y20260618-001',
      kind: 'suggestion',
      state: 'answered',
      filedAt: '2026-06-18T10:00:00+08:00',
      dueDay: '2026-06-25',
      answer: {
        text: '您好，您反映的座椅不够的情况属实。我们已在一楼东区增加二十个座位，老年人和孕妇可优先使用。感谢您的建议。',
        at: '2026-06-19T16:20:00+08:00',
      },
      outcome: null,
    }),
  };
}
export type QueryAnswers = ReturnType<typeof queryAnswers>;

/** Puts the routes in; `answers` is read at each call; null: this hub has no query terminal. `number`: what a ticket's key or its number leads to. */
export function mockQuery(app: Express, answers: () => QueryAnswers | null, ticket: () => QueryAnswer): void {
  const routes: [string, RegExp, (of: QueryAnswers) => QueryAnswer][] = [
    ['POST', /^\/identity$/, () => fine({ idCard: 'key', masked: '990***********001X' }, 201)],
    ['DELETE', /^\/identity\//, () => ({ status: 204, body: undefined })],
    ['GET', /^\/query\/tickets\//, ticket],
    ['DELETE', /^\/my-ticket\//, ticket],
    ['GET', /^\/query\/case$/, (of) => of.cases],
    ['GET', /^\/appointments\/mine$/, (of) => of.mine],
    ['GET', /^\/appointments\/slots$/, (of) => of.slots],
    ['POST', /^\/appointments$/, (of) => of.booked],
    ['POST', /^\/appointments\/\w+\/check-in$/, (of) => of.checkIn],
    ['POST', /^\/appointments\/\w+\/paper$/, (of) => of.paper],
    ['DELETE', /^\/appointments\/\w+$/, () => fine(appointment({ state: 'cancelled' }))],
    ['GET', /^\/appointments\/\w+$/, (of) => of.one],
    ['POST', /^\/opinions$/, (of) => of.filed],
    ['POST', /^\/opinions\/paper$/, (of) => of.slip],
    ['POST', /^\/opinions\/look$/, (of) => of.opinion],
  ];
  app.use('/api/v1', (request, response, next) => {
    const of = answers();
    const route = of && routes.find(([method, path]) => method === request.method && path.test(request.path));
    if (!route) return next();
    const { status, body } = route[2](of);
    if (body === undefined) response.status(status).end();
    else response.status(status).json(body);
  });
}
