/** The plan of a day: a pure function of scenario and seed. What is run is what stands here. */
import { samplePeople, type SamplePerson } from '../id-reader/people.ts';
import { type Chance, draw, pick, poisson, stream } from './chance.ts';
import type { DaySeconds, FaultSettings, Level, Priority, Scenario } from './format.ts';

/** What a visitor presses and when; `after`: seconds since the service ended. */
export type PlannedRating = {
  level: Level;
  after: number;
  /** the same visitor presses once more, so many seconds later */
  again: { level: Level; after: number } | null;
  /** not before the next visitor has been called */
  late: boolean;
  /** the evaluator's cable is out while it is pressed */
  cableOut: boolean;
};

export type PlannedVisitor = {
  /** from 1, in the order of arrival */
  visitor: number;
  service: string;
  priority: Priority | null;
  delivery: 'paper' | 'screen';
  /** what is asked for when the paper does not come out */
  withoutPaper: 'again' | 'screen';
  card: { reader: string; person: SamplePerson } | null;
  code: { scanner: string; text: string } | null;
  /** so many seconds after the ticket, unless called: says so, or just goes */
  leaves: { after: number; how: 'cancel' | 'go' } | null;
  /** seconds from the call to the window */
  walk: number;
  /** seconds at the window */
  takes: number;
  /** a key before the service has ended: nobody has asked yet */
  pressesBefore: Level | null;
  rating: PlannedRating | null;
};

export type PlannedWindow = {
  window: number;
  action: 'open' | 'pause' | 'resume' | 'close';
  by: 'desk' | 'pad';
  staff: string | null;
};
/** `n` counts the faults of the day from 1; a fault and its end have the same. */
export type PlannedFault = { n: number; device: string; fault: string };

export type Planned = { at: DaySeconds; time: string } & (
  | ({ what: 'arrive' } & PlannedVisitor)
  | ({ what: 'window' } & PlannedWindow)
  | ({ what: 'fault'; options: FaultSettings } & PlannedFault)
  | ({ what: 'fault-end' } & PlannedFault)
);

const people = Object.keys(samplePeople) as SamplePerson[];

/** Everything that will be tried on this day, in order of time; equal for equal scenario and seed (0…4294967295). */
export function planDay(scenario: Scenario, seed = scenario.seed): Planned[] {
  const all: Planned[] = [
    ...windows(scenario),
    ...faults(scenario, seed),
    ...arrivals(scenario, seed).map(({ at, period }, index) =>
      planned(at, { what: 'arrive', ...visitor(scenario, seed, index + 1, period) }),
    ),
  ];
  // A stable sort: at the same moment windows come before faults, and faults before visitors.
  return all.sort((a, b) => a.at - b.at);
}

type What<T> = T extends unknown ? Omit<T, 'at' | 'time'> : never;
function planned(at: DaySeconds, what: What<Planned>): Planned {
  const rounded = milli(at);
  return { at: rounded, time: clockTime(rounded), ...what };
}
const milli = (seconds: number) => Math.round(seconds * 1000) / 1000;

/** Seconds of the day as HH:MM:SS. */
export function clockTime(at: DaySeconds): string {
  const whole = Math.floor(at);
  return [whole / 3600, (whole / 60) % 60, whole % 60]
    .map((part) => String(Math.floor(part)).padStart(2, '0'))
    .join(':');
}

type Period = Scenario['arrivals'][number];
function arrivals({ arrivals: periods }: Scenario, seed: number): { at: DaySeconds; period: Period }[] {
  return periods
    .flatMap((period, index) => {
      const chance = stream(seed, 'arrivals', index);
      const moments =
        period.total === undefined
          ? poisson(chance, period.from, period.until, period.perHour ?? 0)
          : Array.from({ length: period.total }, () => period.from + chance() * (period.until - period.from));
      return moments.map((at) => ({ at: Math.min(at, period.until - 0.001), period }));
    })
    .sort((a, b) => a.at - b.at);
}

function visitor(scenario: Scenario, seed: number, number: number, period: Period): PlannedVisitor {
  const chance = stream(seed, 'visitor', number);
  const happens = (share: number) => chance() < share;
  const { services, patience, priorities, ratings } = scenario;
  // Always as many draws in the same order: a share that is changed moves nothing else.
  const shares = Object.fromEntries(Object.entries(services).map(([name, each]) => [name, each.share]));
  const service = pick(chance, period.services ?? shares);
  const isPriority = happens(period.priority ?? priorities.share);
  const priority = pick(chance, priorities.among);
  const delivery = happens(period.screen ?? scenario.screen) ? 'screen' : 'paper';
  const withoutPaper = happens(0.5) ? 'again' : 'screen';
  const leaves = happens(patience.share);
  const after = milli(draw(chance, patience.after));
  const how = happens(patience.cancel) ? 'cancel' : 'go';
  const walk = milli(draw(chance, scenario.walk));
  const takes = milli(draw(chance, services[service]?.takes ?? { least: 60, most: 60 }));
  const rates = happens(ratings.share);
  const rating = ratingOf(chance, ratings);
  const before = happens(ratings.before);
  const pressesBefore = before ? (Number(pick(chance, ratings.levels)) as Level) : null;
  const card = scenario.cards.map((each) => ({
    ...each,
    laid: happens(each.share),
    person: any(chance, people),
  }));
  const code = scenario.codes.map((each) => ({ ...each, scanned: happens(each.share) }));
  const laid = card.find((each) => each.laid);
  const scanned = code.find((each) => each.scanned);
  return {
    visitor: number,
    service,
    priority: isPriority ? priority : null,
    delivery,
    withoutPaper,
    card: laid ? { reader: laid.reader, person: laid.person } : null,
    code: scanned ? { scanner: scanned.scanner, text: `VISIT-${String(number).padStart(5, '0')}` } : null,
    leaves: leaves ? { after, how } : null,
    walk,
    takes,
    pressesBefore,
    rating: rates ? rating : null,
  };
}

function ratingOf(chance: Chance, ratings: Scenario['ratings']): PlannedRating {
  const level = Number(pick(chance, ratings.levels)) as Level;
  const after = milli(draw(chance, ratings.after));
  const twice = chance() < ratings.twice;
  const again = { level: Number(pick(chance, ratings.levels)) as Level, after: milli(1 + chance() * 4) };
  const late = chance() < ratings.late;
  const cableOut = chance() < ratings.cableOut;
  return { level, after, again: twice ? again : null, late, cableOut };
}

function any<T>(chance: Chance, from: readonly T[]): T {
  return from[Math.floor(chance() * from.length)] as T;
}

function windows({ windows: all, from, until }: Scenario): Planned[] {
  return Object.entries(all).flatMap(([number, each]) => {
    const act = (at: DaySeconds, action: PlannedWindow['action']) =>
      planned(at, { what: 'window', window: Number(number), action, by: each.by, staff: each.staff ?? null });
    return [
      act(each.from ?? from, 'open'),
      ...each.breaks.flatMap((pause) => [act(pause.from, 'pause'), act(pause.until, 'resume')]),
      act(each.until ?? until, 'close'),
    ];
  });
}

function faults({ faults: named, outages, randomFaults, from, until }: Scenario, seed: number): Planned[] {
  const spans: { at: DaySeconds; end: DaySeconds; device: string; fault: string; options: FaultSettings }[] =
    [
      ...named.map((each) => ({ ...each, end: each.at + (each.for ?? until - each.at) })),
      ...outages.map((each) => ({
        at: each.at,
        end: each.at + each.for,
        device: each.cable,
        fault: 'unplugged',
        options: {},
      })),
    ];
  for (const [index, group] of randomFaults.entries()) {
    const chance = stream(seed, 'faults', index);
    const devices = Object.keys(group.among);
    for (const at of poisson(chance, group.from ?? from, group.until ?? until, group.perHour)) {
      const device = any(chance, devices);
      const fault = any(chance, group.among[device] ?? []);
      spans.push({ at, end: at + draw(chance, group.for), device, fault, options: {} });
    }
  }
  return spans
    .sort((a, b) => a.at - b.at)
    .flatMap(({ at, end, device, fault, options }, index) => {
      const one = { n: index + 1, device, fault };
      return [
        planned(at, { what: 'fault', ...one, options }),
        planned(Math.min(end, until), { what: 'fault-end', ...one }),
      ];
    });
}
