/** A case as the visitor sees it: what the platform said, and when it is due by the hall's calendar. */
import { addWorkingDays, knowsYear, type WorkCalendar, workingDaysBetween } from '../hall/calendar.ts';
import { localDay } from '../hall/day.ts';
import type { PlatformCase } from './answer.ts';

export type CaseView = PlatformCase & {
  /** local day, yyyy-MM-dd: so many working days after the local day of acceptance */
  dueDate: string;
  /** false while the calendar has no day of that year; the date may still move */
  dueDateKnown: boolean;
  /** working days until it is due, 0 on the day itself, negative when late; null for a closed case */
  daysLeft: number | null;
  /** open after its due date, or closed after it */
  overdue: boolean;
};

/** `now`'s view of a case; the local days are those of `timeZone`. Throws RangeError on a calendar in which nobody works. */
export function caseView(one: PlatformCase, now: Date, timeZone: string, calendar: WorkCalendar): CaseView {
  const day = (time: string) => localDay(new Date(time), timeZone);
  const today = localDay(now, timeZone);
  const dueDate = addWorkingDays(day(one.acceptedAt), one.limitWorkingDays, calendar);
  return {
    ...one,
    dueDate,
    dueDateKnown: knowsYear(dueDate, calendar),
    daysLeft: one.closedAt === undefined ? workingDaysBetween(today, dueDate, calendar) : null,
    overdue: (one.closedAt === undefined ? today : day(one.closedAt)) > dueDate,
  };
}
