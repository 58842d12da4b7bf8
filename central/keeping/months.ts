/** Months as their first day, yyyy-MM-01, of the calendar in UTC. */

export function monthAt(instant: Date): string {
  return `${instant.toISOString().slice(0, 7)}-01`;
}

/** The month `count` months after it; before it when negative. */
export function monthsAfter(month: string, count: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return monthAt(new Date(Date.UTC(year, number - 1 + count, 1)));
}
