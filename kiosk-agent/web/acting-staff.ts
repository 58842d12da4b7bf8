/** Who acts: the staff number of who has signed in, or the one that a program names. */
import type { Request } from 'express';
import { HallError } from '../contract/problem.ts';

/** Throws HallError `not-allowed` when somebody acts under another's number, `bad-request` when nobody is named. */
export function actingStaff(request: Request, given: string | undefined): string {
  const own = request.caller?.staff ?? null;
  if (own !== null && given !== undefined && given !== own)
    throw new HallError('not-allowed', `You are signed in as ${own}.`);
  const staff = own ?? given;
  if (!staff) throw new HallError('bad-request', 'staff: who does it', { field: 'staff' });
  return staff;
}
