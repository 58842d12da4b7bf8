/** What the office of the hall does in a day: bad ratings, the ledger of opinions, appointments for tomorrow. */
import { createHash } from 'node:crypto';
import { personOf, PERSONS } from './persons.ts';
import { HOUR, type Today } from './today.ts';

/** Plans it for the day; `nextDay` (yyyy-MM-dd) null: nothing is booked. */
export function planOffice(today: Today, nextDay: string | null): void {
  const { ask, plan, chance, going, opens } = today;
  for (const { session } of going.bad.splice(0)) {
    if (chance.is(0.4))
      plan(opens + chance.between(0, 2) * HOUR, (at) =>
        ask(
          {
            name: 'rating.give-reason',
            session,
            options: [chance.pick(['slow', 'rude', 'unclear'])],
            by: 'qr',
          },
          at,
        ),
      );
    plan(opens + 3 * HOUR, (at) =>
      ask({ name: 'follow-up.step', session, step: 'contacted', staff: '1000' }, at),
    );
    plan(opens + 4 * HOUR, (at) =>
      ask({ name: 'follow-up.step', session, step: 'answered', staff: '1000', text: '已说明' }, at),
    );
    plan(opens + 5 * HOUR, (at) =>
      ask({ name: 'follow-up.step', session, step: 'closed', staff: '1000', outcome: 'explained' }, at),
    );
  }
  for (const opinion of going.opinions.splice(0)) {
    plan(opens + HOUR, (at) => ask({ name: 'opinion.assign', opinion, to: '1003', by: '1000' }, at));
    plan(opens + 2 * HOUR, (at) =>
      ask({ name: 'opinion.answer', opinion, text: '谢谢，已改进', by: '1003' }, at),
    );
    plan(opens + 3 * HOUR, (at) =>
      ask({ name: 'opinion.close', opinion, outcome: 'resolved', reason: '已答复', by: '1000' }, at),
    );
  }
  for (let each = chance.whole(0, 3); each > 0; each--)
    plan(opens + chance.between(0, 8) * HOUR, (at) => {
      const key = today.id('o');
      const events = ask(
        {
          ...{
            name: 'opinion.file',
            kind: chance.pick(['suggestion', 'complaint', 'praise']),
            channel: 'query',
          },
          ...{
            text: '希望增加座位',
            codeHash: createHash('sha256').update(key).digest('hex'),
            idempotencyKey: key,
          },
        },
        at,
      );
      const filed = events?.find((event) => event.type === 'hall.opinion.filed');
      if (filed) going.opinions.push(filed.data.opinion);
    });
  if (nextDay === null) return;
  for (let each = chance.whole(15, 30); each > 0; each--)
    plan(opens + chance.between(0, 8) * HOUR, (at) => book(today, nextDay, at));
}

/** A slot of the next day, at the kiosk; a full one is refused. */
function book({ ask, chance, going, service }: Today, day: string, at: number): void {
  const half = chance.whole(0, 15);
  const minutes = 8 * 60 + 30 + half * 30;
  const from = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  const appointment = codeOf(++going.made);
  const person = chance.whole(1, PERSONS);
  const events = ask(
    {
      ...{ name: 'appointment.book', appointment, service: service(), day, from, channel: 'kiosk' },
      ...{
        person: personOf(person),
        hashes: [personOf(person).hash],
        idempotencyKey: `book-${appointment}`,
      },
    },
    at,
  );
  if (events) going.booked.push({ appointment, day, at: Date.parse(`${day}T${from}:00+08:00`), person });
}

/** Eight letters and digits of an appointment. */
function codeOf(number: number): string {
  return `H${number.toString(36).toUpperCase().padStart(7, '0')}`.slice(0, 12);
}
