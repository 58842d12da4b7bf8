/** One operation of the far end's HTTP, as it is documented: what it takes, what it answers, who may call it. */
import type { z } from 'zod';
import type { ProblemCode } from '../../kiosk-agent/contract/problem.ts';

export type Operation = {
  method: 'get' | 'post' | 'put' | 'delete';
  /** below `/api/v1`, parameters in braces */
  path: string;
  tag: 'public' | 'appointments' | 'down' | 'figures' | 'server';
  summary: string;
  /** viewer: the operator may too, and a browser on the server's own machine */
  access: 'anybody' | 'viewer' | 'booking' | 'operator';
  query?: z.ZodType;
  body?: z.ZodType;
  /** a body, or query, that the server takes; `{name}` in the path is filled from `parameters` */
  example?: { body?: unknown; query?: Record<string, string> };
  status: 200 | 202 | 204;
  answer?: z.ZodType;
  answerExample?: unknown;
  problems?: ProblemCode[];
};
