/** What several servers behind a balancer need to be told (central.yaml). */
import { isIP } from 'node:net';
import { z } from 'zod';
import { secretReference } from '../secrets.ts';

const address = z.string().refine((value) => {
  const [host = '', bits, ...more] = value.split('/');
  const most = isIP(host) === 4 ? 32 : isIP(host) === 6 ? 128 : -1;
  if (more.length > 0 || most < 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
}, 'an address such as 10.0.0.5, or a network such as 10.0.0.0/24');

/**
 * How many proxies stand in front, or their addresses: whose X-Forwarded-For is believed, for the limits on requests alone.
 * Behind a proxy nobody counts as "on this machine".
 */
export const behindProxySetting = z
  .union(
    [z.int().min(0).max(10), z.array(address).min(1)],
    'the number of proxies in front, or a list of their addresses',
  )
  .default(0);

/** Tokens given by the operator, the same for every server. Without it they are made when a server first starts. */
export const tokensSetting = z
  .strictObject({ viewer: secretReference, booking: secretReference, operator: secretReference })
  .optional();

/** How a server that is told to stop leaves its agents to the others. With no other server it ends at once. */
export const stoppingSetting = z
  .strictObject({
    /** for how long its health says "stopping" before the first connection is closed, so that the balancer has noticed */
    announceSeconds: z.number().min(0).max(120).default(5),
    agentsPerSecond: z.int().min(1).max(10_000).default(500),
  })
  .prefault({});

export type BehindProxy = z.infer<typeof behindProxySetting>;
export type TokensSetting = z.infer<typeof tokensSetting>;
export type StoppingSetting = z.infer<typeof stoppingSetting>;
