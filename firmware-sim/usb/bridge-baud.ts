/** Divisors of bridge chips hit a rate only nearly: which rate the host meant. */

const usualRates = [
  300, 600, 1200, 1800, 2400, 4800, 7200, 9600, 14400, 19200, 28800, 38400, 57600, 115200, 128000, 230400,
  256000, 460800, 500000, 576000, 921600, 1000000, 1500000, 2000000, 3000000,
];
/** A receiver takes a line that is off by no more than this. */
const tolerance = 0.02;

/** The usual rate within two per cent of `rate`, else the rate itself in whole baud. */
export function nearestRate(rate: number): number {
  const near = usualRates.find((usual) => Math.abs(usual - rate) <= usual * tolerance);
  return near ?? Math.round(rate);
}
