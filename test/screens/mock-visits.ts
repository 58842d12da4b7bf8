/** What a stand-in for the hub answers to a visitor at the kiosk: who it is, slots, bookings, check-ins. */
import express, { Router, type Express } from 'express';

type Answer = { status: number; body: unknown };
/** What can be changed by hand. */
export type VisitWork = {
  checkIn: () => Answer;
  book: () => Answer;
  slots: (day: string) => { from: string; to: string; capacity: number; free: number }[];
};

export const problemOf = (code: string, status: number, facts: Record<string, unknown> = {}): Answer => ({
  status,
  body: { type: `/problems/${code}`, title: code, status, code, detail: code, ...facts },
});

const time = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

export function visitWork(): VisitWork {
  return {
    checkIn: () => problemOf('unknown-appointment', 404),
    book: () => ({
      status: 201,
      body: {
        appointment: 'KX7P2M4Q',
        service: 'transfer',
        day: '2026-06-22',
        from: '10:00',
        to: '10:30',
        channel: 'kiosk',
        state: 'booked',
        paper: { state: 'printed' },
      },
    }),
    // Half hours from 8:30 to 17:00; Sunday is closed.
    slots: (day) =>
      new Date(`${day}T00:00:00Z`).getUTCDay() === 0
        ? []
        : Array.from({ length: 17 }, (_, index) => ({
            from: time(510 + 30 * index),
            to: time(540 + 30 * index),
            capacity: 4,
            free: index % 5,
          })),
  };
}

/** Answers as `work` says; not at all while there is none. */
export function mockVisits(app: Express, workNow: () => VisitWork | null): void {
  const visits = Router();
  let work = visitWork();
  visits.use((_request, _response, next) => {
    const now = workNow();
    if (now) work = now;
    next(now ? undefined : 'router');
  });
  app.use(visits);
  const send = (response: express.Response, { status, body }: Answer): void =>
    void response.status(status).json(body);
  visits.post('/api/v1/identity', (request, response) => {
    const { number } = request.body as { number: string };
    if (/X$|[0-9]$/.test(number) && number.startsWith('99'))
      return send(response, { status: 201, body: { idCard: 'key-2', masked: '990***********001X' } });
    send(response, problemOf('bad-request', 400));
  });
  visits.delete('/api/v1/identity/:key', (_request, response) => void response.status(204).end());
  visits.get('/api/v1/appointments/slots', (request, response) => {
    const day = String(request.query['day'] ?? '2026-06-20');
    const slots = work.slots(day);
    response.json({ service: 'transfer', day, workingDay: slots.length > 0, lastDay: '2026-07-04', slots });
  });
  visits.post('/api/v1/appointments/check-in-by-card', (_request, response) =>
    send(response, work.checkIn()),
  );
  visits.post('/api/v1/appointments/:code/check-in', (_request, response) => send(response, work.checkIn()));
  visits.post('/api/v1/appointments', (_request, response) => send(response, work.book()));
}
