/** Upper limits of the classes of times, seconds; the same as the hub counts by (a test sees to it). */
export const TIME_STEPS = [60, 300, 600, 900, 1200, 1800, 2700, 3600, 5400];
