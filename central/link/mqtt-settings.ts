/** The far end's `mqtt:` section: which broker, and who it is there. */
import { z } from 'zod';
import { secretOf, secretReference } from '../secrets.ts';
import type { BrokerAccess } from '../../kiosk-agent/contract/broker.ts';

const word = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, 'letters, digits, "-" and "_", at most 40');
const path = z.string().min(1);

export const mqttSettings = z.strictObject({
  url: z
    .string()
    .regex(/^mqtts?:\/\/./, 'mqtt://HOST:PORT or mqtts://HOST:PORT')
    .refine((url) => URL.canParse(url), 'mqtt://HOST:PORT or mqtts://HOST:PORT')
    .refine(
      (url) => !/^mqtts?:\/\/[^/]*@/.test(url),
      'user and password stand in their own lines, never in the address',
    ),
  /** servers of one group share the batches among them */
  group: word.default('central'),
  /** what stands before the topic of a shared subscription, for a broker without MQTT 5 that has a form of its own */
  sharedPrefix: z
    .string()
    .regex(/^\$[A-Za-z0-9_/-]+\/$/, 'such as $queue/ or $share/central/')
    .optional(),
  /** a name, or where it stands */
  username: z.string().min(1).optional(),
  password: secretReference.optional(),
  ca: path.optional(),
  certificate: path.optional(),
  key: path.optional(),
  /** how its client id begins; each start adds a random part */
  clientId: word.default('hall-central'),
});
export type MqttSettings = z.infer<typeof mqttSettings>;

/** How to reach the broker, with its secrets read. Throws BadConfiguration when one is missing. */
export function brokerAccess(settings: MqttSettings, environment: NodeJS.ProcessEnv): BrokerAccess {
  const { url, username, password, ca, certificate, key } = settings;
  const named = username !== undefined && secretReference.safeParse(username).success;
  return {
    ...{ url, ca, certificate, key },
    username: named ? secretOf(username, environment) : username,
    password: password === undefined ? undefined : secretOf(password, environment),
  };
}
