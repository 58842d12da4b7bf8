/** Sizes on disk as people read them. Pure. */

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** `12.3 GB`: bytes in the largest unit of a thousand that leaves at least one. */
export function bytesText(bytes: number, locale: string): string {
  let size = Math.max(0, bytes);
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit++;
  }
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: UNITS[unit] ?? 'byte',
    unitDisplay: 'short',
    maximumFractionDigits: size < 100 && unit > 0 ? 1 : 0,
  }).format(size);
}

const SHORT_BYTES = 2_000_000_000;
const SHORT_SHARE = 0.05;
/** A year of a busy hall takes less than 2 GB: with less than that, or 5 % of the disk, somebody has to look. */
export function diskIsShort({ freeBytes, totalBytes }: { freeBytes: number; totalBytes: number }): boolean {
  return freeBytes < Math.min(SHORT_BYTES, totalBytes) || freeBytes < totalBytes * SHORT_SHARE;
}
