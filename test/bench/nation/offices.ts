/** The halls of a country: a few large ones, many small ones, spread over the provinces. */
import { chanceOf } from './chance.ts';

export type Office = {
  agentId: string;
  hall: string;
  /** 12 digits */
  region: string;
  windows: number;
  visits: number;
  seed: number;
};

/** First two digits of the provinces' codes (GB/T 2260). */
const PROVINCES =
  '11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65';
const MOST_WINDOWS = 60;
/** Events of a day that are not of a visit, and those of a visit, on the average of `day.ts`. */
const EVENTS_A_WINDOW = 4.75;
const EVENTS_A_VISIT = 8.14;

/** `halls` offices with `windows` windows together, whose day has about `events` events together; the same every time. */
export function officesOf(halls: number, windows: number, events: number): Office[] {
  const chance = chanceOf(halls);
  const provinces = PROVINCES.split(' ');
  const weights = Array.from({ length: halls }, () => 0.25 + -Math.log(1 - chance()));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const sizes = weights.map((weight) =>
    Math.min(MOST_WINDOWS, Math.max(1, Math.round((weight / all) * windows))),
  );
  // Rounding leaves some over: one more, or one less, here and there.
  let left = windows - sizes.reduce((sum, size) => sum + size, 0);
  for (let at = 0; left !== 0; at = (at + 1) % halls) {
    const step = Math.sign(left);
    if (sizes[at]! + step < 1 || sizes[at]! + step > MOST_WINDOWS) continue;
    sizes[at]! += step;
    left -= step;
  }
  const visitsAWindow = Math.max(1, (events / windows - EVENTS_A_WINDOW) / EVENTS_A_VISIT);
  return sizes.map((size, index) => {
    const province = provinces[index % provinces.length]!;
    const city = String(1 + (Math.floor(index / provinces.length) % 12)).padStart(2, '0');
    const county = String(1 + (Math.floor(index / provinces.length / 12) % 90)).padStart(2, '0');
    return {
      agentId: `hub-${index + 1}`,
      hall: `hall-${index + 1}`,
      region: `${province}${city}${county}000000`,
      windows: size,
      visits: Math.round(size * visitsAWindow * (0.7 + 0.6 * chance())),
      seed: index + 1,
    };
  });
}
