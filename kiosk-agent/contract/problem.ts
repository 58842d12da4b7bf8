/** One error class for broken promises and refused calls, with codes that stay the same for ever. */

/** code → HTTP status. Grouped by area; documented in docs/problem-codes.md. */
export const PROBLEM_CODES = {
  // requests
  'bad-request': 400,
  'not-signed-in': 401,
  'wrong-pin': 401,
  'not-allowed': 403,
  'not-found': 404,
  'too-many-requests': 429,
  'too-many-attempts': 429,
  // the hall's rules
  'unknown-service': 404,
  'unknown-ticket': 404,
  'unknown-window': 404,
  'wrong-state': 409,
  'window-closed': 409,
  'window-taken': 409,
  'nobody-waiting': 409,
  'ticket-taken': 409,
  'recall-too-soon': 409,
  'recall-limit': 409,
  'reason-needed': 400,
  'not-this-window': 409,
  'key-reused': 409,
  'no-evaluation': 409,
  'outside-hours': 409,
  'too-many-notices': 409,
  'old-version': 409,
  'surge-running': 409,
  'no-surge': 409,
  'identity-needed': 409,
  'already-has-ticket': 409,
  'not-configured': 409,
  'platform-away': 503,
  // appointments
  'unknown-appointment': 404,
  'no-appointments': 409,
  'no-such-slot': 409,
  'slot-full': 409,
  'too-far-ahead': 409,
  'already-booked': 409,
  'no-show-block': 409,
  'wrong-day': 409,
  'too-early': 409,
  'too-late': 409,
  'not-this-person': 409,
  'several-appointments': 409,
  // devices
  'port-taken': 409,
  'not-suitable': 409,
  'already-listening': 409,
  // the agent
  'journal-unwritable': 503,
  'hub-away': 503,
  'hall-away': 503,
  'offline-no-numbers': 409,
  superseded: 409,
  stopping: 503,
  internal: 500,
} as const;
export type ProblemCode = keyof typeof PROBLEM_CODES;

/** An error that a caller may show: a stable code, a sentence, and facts such as the state that refused. */
export class HallError extends Error {
  readonly code: ProblemCode;
  readonly facts: Record<string, unknown>;
  constructor(code: ProblemCode, detail: string, facts: Record<string, unknown> = {}, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.name = 'HallError';
    this.code = code;
    this.facts = facts;
  }
}
