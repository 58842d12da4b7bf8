/** `hall-central alert test`: one marked message to one channel, and what came back. */
import { randomUUID } from 'node:crypto';
import type { Names } from '../../kiosk-agent/contract/far-end.ts';
import { BadConfiguration } from '../secrets.ts';
import { send } from './deliveries.ts';
import { testMessage } from './message.ts';
import type { AlertSettings } from './settings.ts';
import type { Sent } from './webhook.ts';

/** Throws BadConfiguration when there is no such channel. */
export function testChannel(
  settings: AlertSettings,
  name: string,
  names: Names,
  environment: NodeJS.ProcessEnv,
  now: Date,
): Promise<Sent> {
  const channel = Object.hasOwn(settings.channels, name) ? settings.channels[name] : undefined;
  if (!channel) {
    const known = Object.keys(settings.channels).join(', ') || 'none';
    throw new BadConfiguration(`alerts.channels has no ${name}; there are: ${known}`);
  }
  const message = testMessage(now, settings.timeZone);
  return send(channel, { id: randomUUID(), message, names, page: settings.page, now }, null, environment);
}
