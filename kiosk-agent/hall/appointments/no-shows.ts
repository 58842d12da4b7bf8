/** Who did not come so often that no further appointment is made for a while. Tickets are always given. */
import { addDays } from '../calendar.ts';
import type { HallRules, HallState } from '../state.ts';

/** The last day on which this person (by the hashes of its card) books nothing, or null. */
export function blockedUntil(
  state: HallState,
  rules: HallRules,
  hashes: string[],
  today: string,
): string | null {
  const rule = rules.appointments.noShow;
  if (!rule) return null;
  const { noShows } = state.appointments;
  const days = [
    ...new Set(hashes.flatMap((hash) => (Object.hasOwn(noShows, hash) ? noShows[hash]!.days : []))),
  ].sort();
  let until: string | null = null;
  // Any `limit` days in a row that lie close enough together block from the last of them.
  for (let last = rule.limit - 1; last < days.length; last++) {
    const [first, latest] = [days[last - rule.limit + 1]!, days[last]!];
    if (addDays(first, rule.withinDays) > latest) until = addDays(latest, rule.blockDays);
  }
  return until !== null && until >= today ? until : null;
}

/** Through this day a no-show of `day` may still block somebody; null where the hall has no such rule. */
export function rememberedThrough(rules: HallRules, day: string): string | null {
  const rule = rules.appointments.noShow;
  return rule ? addDays(day, rule.withinDays + rule.blockDays) : null;
}
