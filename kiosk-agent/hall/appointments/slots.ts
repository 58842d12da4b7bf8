/** Slots of a day and how many appointments each takes: from windows, opening times and measured service times. */
import { addDays, isWorkingDay } from '../calendar.ts';
import { localTime } from '../day.ts';
import type { HallRules, HallState } from '../state.ts';
import { serviceSeconds } from '../wait.ts';

/** Times are HH:mm of the hall's day; `to` may be 24:00. `free` is never below 0, also where more hold than fit. */
export type Slot = { from: string; to: string; capacity: number; taken: number; free: number };

/**
 * What can be booked for `service` on `day` (yyyy-MM-dd) at `time` (RFC 3339, the hall's offset), full ones too: whole slots
 * within the opening time of a working day that have not begun. None for a past day, a day too far ahead, or a service
 * without appointments.
 */
export function slots(
  state: HallState,
  rules: HallRules,
  service: string,
  day: string,
  time: string,
): Slot[] {
  const today = todayOf(state, time);
  if (day < today || day > addDays(today, rules.appointments.daysAhead)) return [];
  const all = slotsOfDay(state, rules, service, day);
  if (day > today) return all;
  const now = Date.parse(time);
  return all.filter(({ from }) => instantOf(day, from, rules.timeZone) > now);
}

/** Every slot of the day, past ones too. */
export function slotsOfDay(state: HallState, rules: HallRules, service: string, day: string): Slot[] {
  const known = rules.services.find(({ id }) => id === service);
  if (!known?.appointments || !isWorkingDay(day, rules.calendar)) return [];
  const capacity = capacityOf(state, rules, service);
  const { slotMinutes } = rules.appointments;
  const opens = minutesOf(rules.opening?.from ?? '00:00');
  const closes = minutesOf(rules.opening?.to ?? '24:00');
  const begins = Object.values(state.appointments.known)
    .filter((each) => each.service === service && each.day === day && each.state !== 'cancelled')
    .map((each) => minutesOf(each.from));
  const found: Slot[] = [];
  for (let from = opens; from + slotMinutes <= closes; from += slotMinutes) {
    const to = from + slotMinutes;
    // The central server's own slots need not be ours: each counts where it begins.
    const taken = begins.filter((begin) => begin >= from && begin < to).length;
    const free = Math.max(0, capacity - taken);
    found.push({ from: clockOf(from), to: clockOf(to), capacity, taken, free });
  }
  return found;
}

/**
 * Appointments of a service that one slot takes: its share of the visits that its windows can serve in that time. A window
 * with several services gives each an equal part. At least 1 where any window takes the service and the share is not 0.
 * Windows that only a surge uses promise nothing.
 */
export function capacityOf(state: HallState, rules: HallRules, service: string): number {
  const { share, slotMinutes } = rules.appointments;
  let windows = 0;
  for (const { services, temporary } of rules.windows)
    if (!temporary && services.includes(service)) windows += 1 / new Set(services).size;
  if (windows === 0 || share === 0) return 0;
  // A visit that was measured as nothing at all still takes a second.
  const visitMinutes = Math.max(1, serviceSeconds(state, rules, service)) / 60;
  // Thirds of windows must not lose a place to the last digit of a fraction.
  return Math.max(1, Math.floor((share * windows * slotMinutes) / visitMinutes + 1e-9));
}

/** The hall's day at `time`; never earlier than the day that it has opened, however the clock was set. */
export function todayOf(state: HallState, time: string): string {
  const day = time.slice(0, 10);
  return day > state.day ? day : state.day;
}

/**
 * The instant, ms since 1970, at which clocks in the zone show `clock` (HH:mm, also 24:00) on `day`. Where summer time leaves
 * that time out it is the one that much later; where it comes twice, one of the two.
 */
export function instantOf(day: string, clock: string, timeZone: string): number {
  const wall = Date.parse(`${day}T00:00:00Z`) + minutesOf(clock) * 60_000;
  const offsetAt = (at: number) => Date.parse(`${localTime(new Date(at), timeZone).slice(0, 23)}Z`) - at;
  const first = wall - offsetAt(wall);
  return wall - offsetAt(first);
}

function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}

function clockOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
