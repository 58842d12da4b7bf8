/** How the platform can misbehave (docs/platform.md, "The simulated platform"). */
export const platformFaults = [
  /** answers late (ms) */
  'slow',
  /** takes the call and never answers */
  'silent',
  'error-500',
  /** with Retry-After: 1 */
  'busy-503',
  /** bytes that are no JSON */
  'garbage',
  /** JSON with a field of the wrong kind */
  'other-shape',
  /** an answer that does not end before 8 MiB */
  'huge',
  /** refuses every token */
  'wrong-token',
  /** the connection ends in the middle of the answer */
  'half-answer',
  /** the connection is reset before the answer */
  'reset',
  /** 307 to another address of the same server */
  'redirect',
  /** every case names its applicant */
  'tells-names',
] as const;
export type PlatformFault = (typeof platformFaults)[number];
/** `ms`: how late, for slow. `times`: over after so many calls; left out: until it is switched off. */
export type PlatformFaultOptions = { ms?: number; times?: number };

/** Which faults are on. */
export function createPlatformFaults() {
  const on = new Map<PlatformFault, PlatformFaultOptions>();
  return {
    set(name: PlatformFault, wanted: boolean, options: PlatformFaultOptions = {}) {
      if (wanted) on.set(name, { ...options });
      else on.delete(name);
    },
    /** The faults of the call that has just come; those with `times` have one less. */
    take(): Map<PlatformFault, PlatformFaultOptions> {
      const now = new Map(on);
      for (const [name, options] of now) {
        if (options.times === undefined) continue;
        if (options.times <= 1) on.delete(name);
        else on.set(name, { ...options, times: options.times - 1 });
      }
      return now;
    },
    list: () => [...on].map(([name, options]) => ({ name, ...options })),
  };
}

export function isPlatformFault(name: unknown): name is PlatformFault {
  return platformFaults.some((one) => one === name);
}
