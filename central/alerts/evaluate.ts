/**
 * What is found in the halls against the rules: what is raised, what is over, and who is told now. Pure; instants in ms.
 * What comes and goes is one alert until it has been away for {@link SETTLE_MS}; a group of halls has one message.
 */
import type { AlertKind } from '../../kiosk-agent/contract/far-end.ts';
import { regionAt, sharedDigits } from '../regions.ts';
import type { Rule } from './settings.ts';

/** So long something must be away before it is over. */
export const SETTLE_MS = 5 * 60_000;
/** So long the first of a group waits for the others: a network that dies takes its halls within a minute. */
export const GATHER_MS = 60_000;
/** A group has at most one message of each phase in this time. */
export const BETWEEN_MS = 5 * 60_000;
/** What never ends by itself (a broken chain stays broken) is no longer shown as open after that. */
export const LAPSE_MS = 3 * 86_400_000;
const HOUR_MS = 3_600_000;
/** That something is still so is not written down more often. */
const NOTED_MS = 60_000;

/**
 * Something that is so now. `since`: since when, where that is known; `measure`: minutes, records or how many; `once`: it has
 * happened and does not end (an order of its kind that grows with each further one), else null.
 */
export type Fact = {
  kind: AlertKind;
  agentId: string;
  hall: string;
  region: string;
  subject: string;
  since: number | null;
  measure: number | null;
  once: string | null;
};
export type Alert = {
  id: string;
  rule: string;
  kind: AlertKind;
  agentId: string;
  hall: string;
  region: string;
  subject: string;
  count: number | null;
  since: number;
  latest: string | null;
  lastSeenAt: number;
  /** null: it has not lasted long enough yet */
  raisedAt: number | null;
  resolvedAt: number | null;
  ended: 'gone' | 'seen' | 'lapsed' | null;
  /** when a message last told of it */
  toldAt: number | null;
  /** when a message told that it is over */
  overToldAt: number | null;
  /** when somebody said that it is seen to */
  seenAt: number | null;
};
export type Message = {
  rule: string;
  kind: AlertKind;
  phase: 'raised' | 'repeated' | 'resolved';
  region: string;
  alerts: Alert[];
  channels: string[];
};
type Given = {
  rules: Rule[];
  facts: Fact[];
  alerts: Alert[];
  now: number;
  timeZone: string;
  newId: () => string;
};

/** `keep`: alerts that are new or have changed; `drop`: ids of those that never came to be raised. */
export function evaluate({ rules, facts, alerts, now, timeZone, newId }: Given): {
  keep: Alert[];
  drop: string[];
  messages: Message[];
} {
  const keep: Alert[] = [];
  const drop: string[] = [];
  const messages: Message[] = [];
  for (const rule of rules) {
    const before = alerts.filter((alert) => alert.rule === rule.name);
    const found = facts.filter((fact) => concerns(rule, fact));
    const { now: after, dropped } = follow(rule, found, before, now, newId);
    drop.push(...dropped);
    const told = isQuiet(rule.quiet, now, timeZone) ? [] : tell(rule, after, now);
    messages.push(...told);
    const old = new Map(before.map((alert) => [alert.id, JSON.stringify(alert)]));
    keep.push(...after.filter((alert) => old.get(alert.id) !== JSON.stringify(alert)));
  }
  // A rule that was taken out of the configuration leaves nothing open, and has nobody to tell.
  const known = new Set(rules.map((rule) => rule.name));
  for (const alert of alerts) {
    if (known.has(alert.rule) || (alert.resolvedAt !== null && alert.overToldAt !== null)) continue;
    if (alert.raisedAt === null) drop.push(alert.id);
    else keep.push({ ...alert, ...over(alert.resolvedAt ?? now, alert.ended ?? 'gone'), overToldAt: now });
  }
  return { keep, drop, messages };
}

/** Whether a fact is what the rule asks for, however short it has lasted. */
function concerns(rule: Rule, fact: Fact): boolean {
  if (fact.kind !== rule.kind) return false;
  if (rule.regions.length > 0 && !rule.regions.some((region) => lies(fact.region, region))) return false;
  if (rule.kind === 'wait-above') return (fact.measure ?? 0) >= rule.waitMinutes;
  if (rule.kind === 'backlog-above') return (fact.measure ?? 0) > rule.records;
  return true;
}

function lies(region: string, within: string): boolean {
  return region.startsWith(sharedDigits(within));
}

const keyOf = ({ agentId, hall, subject }: Pick<Fact, 'agentId' | 'hall' | 'subject'>): string =>
  JSON.stringify([agentId, hall, subject]);

function lastsMs(rule: Rule): number {
  if (rule.kind === 'export-unanswered') return rule.hours * HOUR_MS;
  return 'minutes' in rule ? rule.minutes * 60_000 : 0;
}

const over = (resolvedAt: number, ended: Alert['ended']) => ({ resolvedAt, ended });

function follow(rule: Rule, facts: Fact[], before: Alert[], now: number, newId: () => string) {
  const found = new Map(facts.map((fact) => [keyOf(fact), fact]));
  const dropped: string[] = [];
  const after: Alert[] = [];
  const latest = new Map<string, string>();
  for (const alert of before) {
    const key = keyOf(alert);
    const known = latest.get(key);
    if (alert.latest !== null && (known === undefined || alert.latest > known)) latest.set(key, alert.latest);
    if (alert.resolvedAt !== null) {
      after.push(alert);
      continue;
    }
    const fact = found.get(key);
    found.delete(key);
    if (alert.raisedAt === null && !fact) dropped.push(alert.id);
    else after.push(goesOn(rule, alert, fact, now));
    if (fact?.once) latest.set(key, fact.once);
  }
  for (const [key, fact] of found) {
    const known = latest.get(key);
    if (fact.once !== null && known !== undefined && fact.once <= known) continue;
    const since = fact.since ?? now;
    const raised = now - since >= lastsMs(rule);
    // Since when it is so stands in the fact itself: nothing to remember until it has lasted.
    if (!raised && fact.since !== null) continue;
    after.push({
      ...{ id: newId(), rule: rule.name, kind: rule.kind, agentId: fact.agentId, hall: fact.hall },
      ...{ region: fact.region, subject: fact.subject, count: fact.measure, since, latest: fact.once },
      ...{ lastSeenAt: now, raisedAt: raised ? now : null, resolvedAt: null, ended: null },
      ...{ toldAt: null, overToldAt: null, seenAt: null },
    });
  }
  return { now: after, dropped };
}

const noted = ({ lastSeenAt }: Alert, now: number): number =>
  now - lastSeenAt >= NOTED_MS ? now : lastSeenAt;

function goesOn(rule: Rule, alert: Alert, fact: Fact | undefined, now: number): Alert {
  if (alert.raisedAt === null)
    return {
      ...{ ...alert, count: fact!.measure, lastSeenAt: noted(alert, now) },
      raisedAt: now - alert.since >= lastsMs(rule) ? now : null,
    };
  if (alert.latest !== null) {
    const same = fact
      ? { ...alert, count: fact.measure, latest: fact.once, lastSeenAt: noted(alert, now) }
      : alert;
    if (alert.seenAt !== null) return { ...same, ...over(now, 'seen') };
    return now - alert.raisedAt >= LAPSE_MS ? { ...same, ...over(now, 'lapsed') } : same;
  }
  if (fact) return { ...alert, count: fact.measure, lastSeenAt: noted(alert, now) };
  return now - alert.lastSeenAt >= SETTLE_MS ? { ...alert, ...over(now, 'gone') } : alert;
}

/** Makes the messages that are due, and marks in `alerts` (which it changes) what they tell. */
function tell(rule: Rule, alerts: Alert[], now: number): Message[] {
  const messages: Message[] = [];
  const notOver = alerts.filter((alert) => alert.raisedAt !== null && alert.overToldAt === null);
  // What came back before its end was told waits for that: nobody hears twice in a row that it began.
  const isFirst = (alert: Alert): boolean =>
    !notOver.some((other) => other.raisedAt! < alert.raisedAt! && keyOf(other) === keyOf(alert));
  const groups = Map.groupBy(alerts, (alert) => groupOf(rule, alert.region));
  for (const [region, group] of groups) {
    const say = (phase: Message['phase'], told: Alert[], mark: 'toldAt' | 'overToldAt') => {
      for (const alert of told) alerts[alerts.indexOf(alert)] = { ...alert, [mark]: now };
      messages.push({
        rule: rule.name,
        kind: rule.kind,
        phase,
        region,
        alerts: told,
        channels: rule.channels,
      });
    };
    const due = (waiting: Alert[], from: (alert: Alert) => number, last: (alert: Alert) => number | null) =>
      waiting.length > 0 &&
      waiting.some((alert) => now - from(alert) >= (alert.latest === null ? GATHER_MS : 0)) &&
      group.every((alert) => now - (last(alert) ?? -Infinity) >= BETWEEN_MS);
    const news = group.filter((alert) => alert.raisedAt !== null && alert.toldAt === null && isFirst(alert));
    const open = group.filter((alert) => alert.toldAt !== null && alert.resolvedAt === null && !alert.seenAt);
    const ended = group.filter(
      (alert) => alert.toldAt !== null && alert.resolvedAt !== null && alert.overToldAt === null,
    );
    const again = rule.repeatHours;
    if (
      due(
        news,
        (alert) => alert.raisedAt!,
        (alert) => alert.toldAt,
      )
    )
      say('raised', news, 'toldAt');
    else if (again !== null && open.some((alert) => now - alert.toldAt! >= again * HOUR_MS))
      say('repeated', open, 'toldAt');
    if (
      due(
        ended,
        (alert) => alert.resolvedAt!,
        (alert) => alert.overToldAt,
      )
    )
      say('resolved', ended, 'overToldAt');
  }
  return messages;
}

/** The region of the rule in which it lies, the smallest; without any its province. */
function groupOf({ regions }: Rule, region: string): string {
  const around = regions.filter((each) => lies(region, each));
  return around.sort((a, b) => sharedDigits(b).length - sharedDigits(a).length)[0] ?? regionAt(region, 2);
}

/** Whether nobody is to be disturbed; hours over midnight are understood. */
export function isQuiet(quiet: Rule['quiet'], now: number, timeZone: string): boolean {
  if (!quiet) return false;
  const clock = clockOf(timeZone).format(now);
  const { from, to } = quiet;
  return from <= to ? clock >= from && clock < to : clock >= from || clock < to;
}

const clocks = new Map<string, Intl.DateTimeFormat>();
/** Costly to make, cheap to use. */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  const made =
    clocks.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  clocks.set(timeZone, made);
  return made;
}
