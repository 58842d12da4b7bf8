/** The 12-digit region codes (GB/T 2260): two digits of province, city and county, three of township and village. */
import { z } from 'zod';

export const regionCode = z.string().regex(/^\d{12}$/, 'a 12-digit region code');
const LEVELS = [2, 4, 6, 9, 12] as const;

/** The digits that all places in the region share: `371000000000` → `3710`; all zeros → '' (the whole country). */
export function sharedDigits(region: string): string {
  const length = LEVELS.find((digits) => /^0*$/.test(region.slice(digits))) ?? 12;
  const digits = region.slice(0, length);
  return /^0+$/.test(digits) ? '' : digits;
}

/** How many digits tell the places one level below the region apart: 2 in the country, 4 in a province … 12. */
export function digitsBelow(region: string | undefined): number {
  const { length } = region === undefined ? '' : sharedDigits(region);
  return LEVELS.find((digits) => digits > length) ?? 12;
}

/** The code of the place of that level in which `region` lies. */
export function regionAt(region: string, digits: number): string {
  return region.slice(0, digits).padEnd(12, '0');
}

/**
 * How many digits tell these places inside `region` apart: the first level below it on which they are not all one place, so that a
 * city's server begins with its counties and not with its province; the level right below it when they are one place throughout.
 */
export function digitsApart(regions: string[], region: string | undefined): number {
  const below = digitsBelow(region);
  const apart = LEVELS.find(
    (digits) => digits >= below && new Set(regions.map((code) => code.slice(0, digits))).size > 1,
  );
  return apart ?? below;
}
