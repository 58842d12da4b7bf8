/** Done compared with arrived: a pure function of the ledger and what the hall says of itself. */
import canonicalize from 'canonicalize';
import { comparePapers, type PrinterPapers } from './compare-papers.ts';
import { comparePresses } from './compare-presses.ts';
import { type ArrivedEvent, type Envelope, ofType, readEvents } from './events.ts';
import { type Ledger, ticketDeeds, windowDeeds } from './ledger.ts';

export type Arrived = {
  /** seq after which the day began */
  after: number;
  hub: readonly unknown[];
  /** null: no central server was asked */
  central: readonly unknown[] | null;
  papers: readonly PrinterPapers[];
  /** what readers and scanners have read; null: nobody knows (the hub was started again) */
  read: readonly { what: 'cards' | 'codes'; device: string; count: number | null; troubled: boolean }[];
};
/** `differences` counts what is named below under the same `what`. */
export type Row = { what: string; done: number; arrived: number; differences: number };
export type Difference = { what: string; sentence: string };
export type Comparison = { rows: Row[]; differences: Difference[]; notes: string[] };

/** Part of a comparison: a row and its sentences. */
export type Compared = { what: string; done: number; arrived: number; sentences: string[] };

/** Compares a day. No difference: `differences` is empty. */
export function compareDay(done: Ledger, arrived: Arrived): Comparison {
  const hub = readEvents('hub', arrived.hub, arrived.after);
  const notes: string[] = [];
  const parts: Compared[] = [
    tickets(done, hub.known),
    inLine(done, hub.known),
    ...ticketDeeds.map((deed) => ticketDeed(done, hub.known, deed)),
    evaluations(done, hub.known),
    ...comparePresses(done, hub.known, notes),
    ...windowDeeds.map((deed) => windowDeed(done, hub.known, deed)),
    comparePapers(done, hub.known, arrived.papers),
    ...readings(done, arrived.read, notes),
    { what: 'events of the hub', done: hub.all.length, arrived: hub.all.length, sentences: hub.faults },
    ...(arrived.central ? [central(hub.all, arrived.central, arrived.after)] : []),
    {
      what: 'troubles',
      done: done.troubles.length,
      arrived: 0,
      sentences: done.troubles.map(({ time, trouble }) => `${time} ${trouble}`),
    },
  ];
  if (!arrived.central) notes.push('No central server was asked.');
  return {
    rows: parts.map(({ what, done: one, arrived: other, sentences }) => ({
      what,
      done: one,
      arrived: other,
      differences: sentences.length,
    })),
    differences: parts.flatMap(({ what, sentences }) => sentences.map((sentence) => ({ what, sentence }))),
    notes,
  };
}

/** Both as lists of names: what is only on one side, or more often there. */
export function compareLists(
  what: string,
  done: readonly string[],
  arrived: readonly string[],
  say: (name: string, done: number, arrived: number) => string = (name, one, other) =>
    `${name}: done ${times(one)}, arrived ${times(other)}`,
): Compared {
  const counts = new Map<string, [number, number]>();
  for (const name of done) counts.set(name, [(counts.get(name)?.[0] ?? 0) + 1, counts.get(name)?.[1] ?? 0]);
  for (const name of arrived)
    counts.set(name, [counts.get(name)?.[0] ?? 0, (counts.get(name)?.[1] ?? 0) + 1]);
  const sentences = [...counts]
    .filter(([, [one, other]]) => one !== other)
    .map(([name, [one, other]]) => say(name, one, other));
  return { what, done: done.length, arrived: arrived.length, sentences };
}
export const times = (count: number): string =>
  count === 1 ? 'once' : count === 0 ? 'never' : `${count} times`;

function tickets(done: Ledger, events: readonly ArrivedEvent[]): Compared {
  const what = 'tickets taken';
  const reserved = ofType(events, 'hall.ticket.reserved');
  const taken = done.visitors.filter((visitor) => visitor.ticketId !== null);
  const sentences = compareLists(
    what,
    taken.map(({ ticketId, number }) => `ticket ${number} (${ticketId})`),
    reserved.map(({ data }) => `ticket ${data.number} (${data.ticketId})`),
  ).sentences;
  const byKey = new Map(reserved.map((event) => [event.data.idempotencyKey, event.data]));
  for (const visitor of done.visitors) {
    const data = byKey.get(visitor.key);
    if (!data) continue;
    const wrong = [
      data.service !== visitor.service && `service ${data.service} in place of ${visitor.service}`,
      (data.priority ?? null) !== visitor.priority &&
        `priority ${data.priority ?? 'none'} in place of ${visitor.priority ?? 'none'}`,
      data.delivery !== visitor.delivery && `delivery ${data.delivery} in place of ${visitor.delivery}`,
    ].filter((text) => text !== false);
    if (wrong.length > 0)
      sentences.push(`ticket ${data.number} of visitor ${visitor.visitor}: ${wrong.join(', ')}`);
  }
  sentences.push(
    ...repeated(reserved.map(({ data, time }) => `number ${data.number} of ${time.slice(0, 10)}`)).map(
      ([name, count]) => `${name} was given ${count} times`,
    ),
    ...repeated(reserved.map(({ data }) => data.idempotencyKey)).map(
      ([key, count]) => `one tap (${key}) became ${count} tickets`,
    ),
  );
  return { what, done: taken.length, arrived: reserved.length, sentences };
}

/** Whose ticket is out, on paper or on the screen, stands in line once. */
function inLine(done: Ledger, events: readonly ArrivedEvent[]): Compared {
  // Where nobody could say what became of the sheet, the printer's late word and the visitor's may cross.
  const doubtful = new Set(ofType(events, 'hall.ticket.unconfirmed').map(({ data }) => data.number));
  const name = (number: string, has: string) =>
    doubtful.has(number) ? `ticket ${number}` : `ticket ${number} on ${has}`;
  return compareLists(
    'in line',
    done.visitors.flatMap(({ number, has }) => (has === null || number === null ? [] : [name(number, has)])),
    ofType(events, 'hall.ticket.printed').map(({ data }) =>
      name(data.number, data.confirmedBy === 'screen' ? 'screen' : 'paper'),
    ),
  );
}

function ticketDeed(
  done: Ledger,
  events: readonly ArrivedEvent[],
  deed: Ledger['tickets'][number]['deed'],
): Compared {
  const name = (number: string, ticketId: string, window: number | null) =>
    `ticket ${number} (${ticketId})${window === null ? '' : ` at window ${window}`}`;
  const arrived =
    deed === 'cancelled'
      ? // Nobody cancels in a scenario but visitors: whatever else there is, is one too many.
        ofType(events, 'hall.ticket.cancelled').map(({ data }) => name(data.number, data.ticketId, null))
      : ofType(events, `hall.ticket.${deed}`).map(({ data }) =>
          name(data.number, data.ticketId, data.window),
        );
  return compareLists(
    deed,
    done.tickets
      .filter((one) => one.deed === deed)
      .map(({ number, ticketId, window }) => name(number, ticketId, window)),
    arrived,
  );
}

function windowDeed(
  done: Ledger,
  events: readonly ArrivedEvent[],
  deed: Ledger['windows'][number]['deed'],
): Compared {
  return compareLists(
    `windows ${deed}`,
    done.windows
      .filter((one) => one.deed === deed)
      .map(({ window, staff }) => `window ${window} by ${staff}`),
    ofType(events, `hall.window.${deed}`).map(({ data }) => `window ${data.window} by ${data.staff}`),
  );
}

/** Each service that ended asked for one rating, and no evaluation has two. */
function evaluations(done: Ledger, events: readonly ArrivedEvent[]): Compared {
  const requested = ofType(events, 'hall.rating.requested');
  const compared = compareLists(
    'evaluations asked for',
    done.tickets
      .filter(({ deed }) => deed === 'finished')
      .map(({ number, ticketId, window }) => `ticket ${number} (${ticketId}) at window ${window}`),
    requested.map(({ data }) => `ticket ${data.number} (${data.ticketId}) at window ${data.window}`),
  );
  const given = ofType(events, 'hall.rating.given');
  for (const [session, count] of repeated(given.map(({ data }) => String(data.session))))
    compared.sentences.push(`evaluation ${session} was rated ${count} times`);
  const bySession = new Map(requested.map(({ data }) => [data.session, data]));
  for (const { data, seq } of given) {
    const asked = bySession.get(data.session);
    if (asked && (asked.ticketId !== data.ticketId || asked.window !== data.window))
      compared.sentences.push(
        `the rating of seq ${seq} is of ticket ${data.number} at window ${data.window}, but evaluation ${data.session} is of ticket ${asked.number} at window ${asked.window}`,
      );
  }
  return compared;
}

function readings(done: Ledger, read: Arrived['read'], notes: string[]): Compared[] {
  return read.map(({ what, device, count, troubled }) => {
    const laid =
      what === 'cards'
        ? done.cards.filter(({ reader }) => reader === device).length
        : done.codes.filter(({ scanner }) => scanner === device).length;
    const row = { what: `${what} at ${device}`, done: laid, arrived: count ?? 0, sentences: [] as string[] };
    if (count === null) {
      notes.push(`${what} at ${device}: the hub was started again and has counted anew; not compared.`);
      return { ...row, arrived: laid };
    }
    if (count > laid) row.sentences.push(`${device}: ${count} ${what} read, ${laid} were there`);
    if (count < laid) {
      const sentence = `${device}: ${count} ${what} read of ${laid}`;
      if (troubled) notes.push(`${sentence}; it had faults meanwhile.`);
      else row.sentences.push(sentence);
    }
    return row;
  });
}

/** What the hub has written stands at the far end, once and unchanged. */
function central(hub: readonly Envelope[], values: readonly unknown[], after: number): Compared {
  const there = readEvents('central server', values, after);
  const last = hub.at(-1)?.seq ?? after;
  const through = there.all.filter(({ seq }) => seq <= last);
  const bySeq = new Map(through.map((event) => [event.seq, canonicalize(event)]));
  const sentences = [...there.faults];
  for (const event of hub) {
    const other = bySeq.get(event.seq);
    if (other === undefined) sentences.push(`seq ${event.seq} (${event.type}) is not at the central server`);
    else if (other !== canonicalize(event))
      sentences.push(`seq ${event.seq} (${event.type}) is another one at the central server`);
  }
  const written = new Set(hub.map(({ seq }) => seq));
  for (const { seq, type } of through)
    if (!written.has(seq)) sentences.push(`seq ${seq} (${type}) is at the central server and not at the hub`);
  return { what: 'events at the central server', done: hub.length, arrived: through.length, sentences };
}

function repeated(names: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > 1);
}
