/** Time as devices need it; tests bring their own. */
export type Clock = {
  now(): Date;
  /** milliseconds that never jump, for limits and intervals */
  monotonicMs(): number;
  /** Runs `task` after `ms` [0…]; the answer cancels it. */
  after(ms: number, task: () => void): () => void;
};

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
