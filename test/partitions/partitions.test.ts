/**
 * A hall over four PCs whose cables are pulled and whose programs lose their power at random moments, while visitors tap at two
 * kiosks, clerks work, keys are pressed and codes read. The oracle knows only what was acknowledged: an answer that a kiosk
 * received, an ACK that a device received, a sheet that came out. When everything is whole again each of these must be in the
 * hub's log once, and the far end's copy must be that log.
 *
 * HALL_PARTITION_COMMANDS sets how many commands (`npm run test:partitions`: 10,000). The commands and faults come from a recorded seed; when
 * exactly they meet is the machine's.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { verifyJournal } from '../../kiosk-agent/journal/verify.ts';
import { rulesOf } from '../../kiosk-agent/web/views.ts';
import { configOf } from '../harness/hall.ts';
import { api, temporaryFolder, until } from '../harness/programs.ts';
import { Witness } from '../rules/witness.ts';
import { CABLES, PLACES, SATELLITES, WholeHall, type Cable, type Place } from './whole-hall.ts';

const COMMANDS = Number(process.env['HALL_PARTITION_COMMANDS'] ?? 200);
/** Every kind of fault at least once. */
const FAULTS = Math.max(8, Math.round(COMMANDS / 40));
const SEED = 20261123;
const random = generator(SEED);
const folder = temporaryFolder('partitions');
const hall = new WholeHall(folder.path);

type Sheet = { number: string; reprint: boolean; offline: boolean };
/** a tap that was answered: its key, and the ticket of the answer */
const answeredTaps: {
  at: 'hub' | 'kiosk-2';
  key: string;
  ticketId: string;
  number: string;
  offline: boolean;
  printed: boolean;
}[] = [];
let commands = 0;
/** so many of them may be done before the next fault */
let allowed = 0;

beforeAll(async () => {
  await hall.build();
  await until('numbers to be leased to the second kiosk', async () =>
    (await eventsOfTheHub()).some((event) => event.type === 'hall.block.leased'),
  );
}, 120_000);
afterAll(async () => {
  await hall.close();
  folder[Symbol.dispose]();
}, 60_000);

it(
  `loses nothing that was acknowledged and doubles nothing over ${COMMANDS} commands with cut cables and lost power`,
  async () => {
    const over = new AbortController();
    const people = [
      tapper('hub', over.signal),
      tapper('kiosk-2', over.signal),
      ...[1, 2, 3].map((window) => clerk(window, over.signal)),
      ...hall.evaluators.map((_, index) => presser(index, over.signal)),
      reader(over.signal),
    ];
    const met = await faults(over);
    await Promise.all(people);
    await heal();

    const events = await eventsOfTheHub();
    const copy = await eventsAtTheFarEnd();
    expect(copy).toEqual(events);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));

    everyPressIsThereOnce(events);
    everyTapHasItsTicket(events);
    const sheets = everySheetHasItsTicket(events);
    const merged = offlineTicketsAreInOrder(events);
    theWitnessAgrees(events);

    // The run was worth something.
    expect(answeredTaps.length).toBeGreaterThan(COMMANDS / 30);
    expect(merged).toBeGreaterThan(0);
    expect(events.filter((event) => event.type === 'hall.rating.given').length).toBeGreaterThan(0);

    const { through, hash } = await far<{ halls: { through: number; hash: string }[] }>('halls').then(
      ({ halls }) => halls[0]!,
    );
    expect(await far('alarms')).toEqual([]);
    await hall.close();
    expect(verifyJournal(hall.journal('hub'), { against: { seq: through, hash } })).toMatchObject({
      ok: true,
    });
    for (const agent of SATELLITES) {
      const own = verifyJournal(hall.journal(agent));
      expect(own).toMatchObject({ ok: true });
      // What the hub has taken is the end of the satellite's own chain.
      const taken = events.filter(
        (event) => event.type === 'hall.satellite.taken' && event.data.agent === agent,
      );
      expect(taken.at(-1)?.data).toMatchObject(own.ok ? { seq: own.last, hash: own.hash } : {});
    }
    console.log(
      `${commands} commands, ${[...met].map(([what, times]) => `${times} × ${what}`).join(', ')}: ` +
        `${answeredTaps.length} tickets, ${merged} of them given while cut off, ${sheets} sheets, ` +
        `${[...hall.acknowledged.values()].reduce((sum, told) => sum + told.size, 0)} presses, ${events.length} events.`,
    );
  },
  COMMANDS * 400 + 180_000,
);

/**
 * One fault after another, each with its share of the commands; each kind comes before any comes again. The far end takes
 * seconds to start: the next fault does not wait for it.
 */
async function faults(over: AbortController): Promise<Map<string, number>> {
  const met = new Map<string, number>();
  const restarting = new Set<Promise<unknown>>();
  let bag: (() => Promise<string>)[] = [];
  for (let fault = 1; fault <= FAULTS; fault += 1) {
    allowed = Math.ceil((COMMANDS * fault) / FAULTS);
    if (bag.length === 0) {
      const all = [
        ...CABLES.map((cable) => () => cut(cable)),
        ...PLACES.map((place) => () => powerCut(place, restarting)),
        () => unplug(),
      ];
      const shuffled = all.map((one) => ({ one, key: random() })).sort((a, b) => a.key - b.key);
      bag = shuffled.map(({ one }) => one);
    }
    await pause(random() * 200);
    const what = await bag.pop()!();
    met.set(what, (met.get(what) ?? 0) + 1);
    await until(`the commands of fault ${fault} (${what})`, () => commands >= allowed, 60_000);
  }
  over.abort();
  await Promise.all(restarting);
  return met;
}

/** Out for a while; now and then the answers stop coming first, or it has a bad contact that ends anywhere in a frame. */
async function cut(cable: Cable): Promise<string> {
  const between = hall.cables.get(cable)!;
  const how = random();
  if (how < 0.35) {
    between.swallowAnswers = true;
    await pause(300 + random() * 1200);
    between.swallowAnswers = false;
  }
  between.cut();
  await pause(200 + random() * 900);
  if (how > 0.7) between.cutAfter = () => 300 + Math.floor(random() * 6000);
  between.mend();
  if (how > 0.7) await pause(500 + random() * 500);
  between.cutAfter = () => Number.POSITIVE_INFINITY;
  return `${cable} cut`;
}

async function powerCut(place: Place, restarting: Set<Promise<unknown>>): Promise<string> {
  if (place === 'central') await Promise.all(restarting);
  await hall.powerOff(place);
  // Now and then a cable is out as well when it comes back.
  const cable = random() < 0.3 ? CABLES[Math.floor(random() * CABLES.length)]! : null;
  if (cable) hall.cables.get(cable)!.cut();
  const back = hall.powerOn(place);
  if (place === 'central') restarting.add(back);
  else await back;
  await pause(random() * 300);
  if (cable) hall.cables.get(cable)!.mend();
  return `${place} without power`;
}

async function unplug(): Promise<string> {
  const evaluator = hall.evaluators[Math.floor(random() * 2)]!;
  await evaluator.unplug();
  await pause(200 + random() * 600);
  await evaluator.plug();
  return 'evaluator unplugged';
}

/** Waits until more may be done in this phase; false when it is over. A command counts when somebody answered it. */
async function turn(over: AbortSignal): Promise<boolean> {
  while (!over.aborted && commands >= allowed) await pause(15);
  return !over.aborted;
}

async function tapper(at: 'hub' | 'kiosk-2', over: AbortSignal): Promise<void> {
  const token = at === 'hub' ? hall.tokens.kiosk : hall.tokens['kiosk-2'];
  while (await turn(over)) {
    const key = randomUUID();
    const wish = { service: random() < 0.6 ? 'transfer' : 'mortgage', idempotencyKey: key };
    // The kiosk repeats its tap with the same key until somebody answers.
    for (;;) {
      const answer = await ask(at, token, 'POST', 'tickets', wish);
      if (answer && (answer.status === 200 || answer.status === 201)) {
        const { ticketId, number, offline, printed } = answer.body;
        answeredTaps.push({
          at,
          key,
          ticketId: String(ticketId),
          number: String(number),
          offline: offline === true,
          printed: printed === true,
        });
        commands += 1;
        break;
      }
      if (over.aborted) return;
      await pause(50);
    }
    await pause(random() * 150);
  }
}

async function clerk(window: number, over: AbortSignal): Promise<void> {
  const act = async (action: string, content: object = {}): Promise<void> => {
    if (!(await turn(over))) return;
    const answer = await ask('hub', hall.tokens.clerk, 'POST', `windows/${window}/${action}`, content);
    if (answer) commands += 1;
    await pause(random() * 60);
  };
  while (!over.aborted) {
    await pause(20);
    await act('open', { staff: `100${window}` });
    await act('call-next');
    const what = random();
    if (what < 0.08) await act('missed');
    else if (what < 0.14) await act('take-back', { reason: 'test' });
    else {
      await act('start');
      if (what < 0.22) await act('transfer', { window: 1 + Math.floor(random() * 3), reason: 'test' });
      else if (what < 0.27) await act('park', { reason: 'test', minutes: 1 });
      else await act('finish');
    }
    await pause(random() * 150);
  }
}

async function presser(index: number, over: AbortSignal): Promise<void> {
  while (await turn(over)) {
    await pause(60 + random() * 300);
    commands += 1;
    // A device refuses a press when 32 wait for their ACK: nobody was thanked for that one.
    hall.evaluators[index]!.press(1 + Math.floor(random() * 5));
  }
}

async function reader(over: AbortSignal): Promise<void> {
  while (await turn(over)) {
    await pause(200 + random() * 500);
    commands += 1;
    hall.scanner!.scan(`69${Math.floor(random() * 1e10)}`);
  }
}

/** An answer, or null while nobody answers. */
async function ask(place: Place, token: string, method: string, path: string, content?: object) {
  try {
    return await api(hall.url(place), token)(method, path, content);
  } catch {
    return null;
  }
}

/** All cables in, all programs running, everything delivered. */
async function heal(): Promise<void> {
  for (const cable of hall.cables.values()) cable.mend();
  for (const place of PLACES) await hall.powerOn(place);
  await until(
    'all presses to be acknowledged',
    () => hall.evaluators.every((each) => each.state().pressesWaiting === 0),
    60_000,
  );
  for (const place of [...SATELLITES, 'hub'] as const) {
    await until(
      `${place} to be level with its next hop`,
      async () => {
        const answer = await ask(place, '', 'GET', 'health');
        const { journal, links } = answer?.body as {
          journal: { backlog: number };
          links: { state: string }[];
        };
        return journal.backlog === 0 && links.every(({ state }) => state === 'level');
      },
      90_000,
    );
  }
}

function everyPressIsThereOnce(events: HallEvent[]): void {
  const presses = new Map<string, number>();
  for (const event of events) {
    if (event.type !== 'hall.rating.given' && event.type !== 'hall.rating.ignored') continue;
    if (!event.data.device) continue;
    const { serial, boot, seq } = event.data.device;
    const press = `${serial} ${boot}/${seq}`;
    presses.set(press, (presses.get(press) ?? 0) + 1);
  }
  const told = [...hall.acknowledged].flatMap(([serial, all]) =>
    [...all].map((press) => `${serial} ${press}`),
  );
  expect(told.filter((press) => presses.get(press) !== 1)).toEqual([]);
  expect([...presses].filter(([, times]) => times !== 1)).toEqual([]);
  expect(told.length).toBeGreaterThan(0);
}

function everyTapHasItsTicket(events: HallEvent[]): void {
  const reserved = events.filter((event) => event.type === 'hall.ticket.reserved');
  const numbers = reserved.map(
    (event) => `${(event.data.arrivedAt ?? event.time).slice(0, 10)} ${event.data.number}`,
  );
  expect(numbers.length).toBe(new Set(numbers).size);
  const superseded = new Set(
    events
      .filter((event) => event.type === 'hall.ticket.cancelled' && event.data.by === 'superseded')
      .map((event) => event.subject),
  );
  for (const tap of answeredTaps) {
    const its = reserved.filter((event) => event.data.ticketId === tap.ticketId);
    expect(
      its.map((event) => event.data.number),
      JSON.stringify(tap),
    ).toEqual([tap.number]);
    // One tap is one ticket: another one of this key is there only where nobody has its paper.
    const others = reserved.filter(
      (event) => event.data.idempotencyKey === tap.key && event.data.ticketId !== tap.ticketId,
    );
    expect(
      others.filter((event) => !superseded.has(event.data.ticketId)),
      JSON.stringify(tap),
    ).toEqual([]);
  }
}

/** A paper that is out names a ticket of the log; a second one of a number says 补打; one from a cut-off kiosk says 离线. */
function everySheetHasItsTicket(events: HallEvent[]): number {
  const reserved = events.filter((event) => event.type === 'hall.ticket.reserved');
  const sheets = hall.papers.flatMap((text): Sheet[] => {
    const number = /\b[AB]\d{3,}\b/.exec(text)?.[0];
    return number ? [{ number, reprint: text.includes('补打'), offline: text.includes('离线') }] : [];
  });
  const firsts = sheets.filter(({ reprint }) => !reprint).map(({ number }) => number);
  expect(firsts.length).toBe(new Set(firsts).size);
  // Whoever was told that the paper is out has it.
  expect(answeredTaps.filter(({ printed, number }) => printed && !firsts.includes(number))).toEqual([]);
  for (const sheet of sheets) {
    const its = reserved.filter((event) => event.data.number === sheet.number);
    expect(its, JSON.stringify(sheet)).toHaveLength(1);
    expect(its[0]!.data.offline !== undefined, JSON.stringify(sheet)).toBe(sheet.offline);
  }
  return sheets.length;
}

/** Each came in once, in the order in which it was taken, with its own time in the line. */
function offlineTicketsAreInOrder(events: HallEvent[]): number {
  const offline = events.filter((event) => event.type === 'hall.ticket.reserved' && event.data.offline);
  let before = 0;
  for (const event of offline) {
    if (event.type !== 'hall.ticket.reserved') continue;
    const arrivedMs = Date.parse(event.data.arrivedAt ?? event.time);
    expect(arrivedMs).toBeGreaterThanOrEqual(before);
    expect(arrivedMs).toBeLessThanOrEqual(Date.parse(event.time));
    before = arrivedMs;
  }
  return offline.length;
}

/** The witness of the random histories reads the whole log: what was decided at one moment is one write. */
function theWitnessAgrees(events: HallEvent[]): void {
  const witness = new Witness({ ...rulesOf(configOf(hall.hubYaml)), timeZone: hall.timeZone });
  for (let at = 0; at < events.length;) {
    let end = at + 1;
    while (end < events.length && events[end]!.time === events[at]!.time) end += 1;
    witness.seeAll(events.slice(at, end), false);
    at = end;
  }
}

async function far<T>(path: string): Promise<T> {
  return (await api(hall.url('central'), '')('GET', path)).body as T;
}
const eventsOfTheHub = (): Promise<HallEvent[]> =>
  pages((after) => api(hall.url('hub'), hall.tokens.integrator)('GET', `events?after=${after}&limit=1000`));
const eventsAtTheFarEnd = (): Promise<HallEvent[]> =>
  pages((after) => api(hall.url('central'), '')('GET', `events?agent=hub-1&after=${after}&limit=1000`));

async function pages(
  page: (after: number) => Promise<{ status: number; body: unknown }>,
): Promise<HallEvent[]> {
  const all: HallEvent[] = [];
  for (;;) {
    const { status, body } = await page(all.at(-1)?.seq ?? 0);
    expect(status).toBe(200);
    const events = body as HallEvent[];
    if (events.length === 0) return all;
    all.push(...events);
  }
}

/** mulberry32: the same faults in the same order for the same seed. */
function generator(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
