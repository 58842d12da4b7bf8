/** Appointments that nobody came to. */
import type { EventDraft } from '../../contract/events.ts';
import { isWorkingDay } from '../calendar.ts';
import { localDay } from '../day.ts';
import { happened } from '../decision.ts';
import type { HallRules, HallState } from '../state.ts';
import { honouredUntil } from './check-in.ts';
import { rememberedThrough } from './no-shows.ts';
import { todayOf } from './slots.ts';

/**
 * It is asked every 20 s. When it is first asked so long after the time ran out, the hall's computer was off, and nobody could
 * have come.
 */
const LOOKED_IN_TIME_MS = 10 * 60_000;

/**
 * What is over at `time`: where the hall works today, nobody came (`lapsed`; a no-show only when somebody could have come);
 * where a day went by on which it did not, the hall has cancelled.
 */
export function appointmentsDue(state: HallState, time: string, rules: HallRules): EventDraft[] {
  const events: EventDraft[] = [];
  const now = Date.parse(time);
  const today = todayOf(state, time);
  const working = isWorkingDay(today, rules.calendar) && hasWorkedToday(state);
  for (const known of Object.values(state.appointments.known)) {
    if (known.state !== 'booked' || known.day > today) continue;
    const { appointment } = known;
    const until = honouredUntil(known, rules);
    if (now <= until) continue;
    if (working && localDay(new Date(until), rules.timeZone) === today) {
      const through =
        known.person && now - until <= LOOKED_IN_TIME_MS ? rememberedThrough(rules, known.day) : null;
      const data = { appointment, ...(through ? { rememberedThrough: through } : {}) };
      events.push(happened('hall.appointment.lapsed', appointment, time, data));
    } else if (known.day < today) {
      const data = { appointment, by: 'hall' as const, reason: 'the hall was not open' };
      events.push(happened('hall.appointment.cancelled', appointment, time, data));
    }
  }
  return events;
}

/** A window is open, or has called somebody today. */
function hasWorkedToday(state: HallState): boolean {
  return (
    Object.values(state.windows).some((window) => window.state !== 'closed') ||
    Object.values(state.callsMade).some((calls) => calls > 0)
  );
}
