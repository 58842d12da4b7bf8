/** Settings of what the hall is connected to besides its devices: registration platform, video recorder, the secret for persons. */
import { z } from 'zod';

export const secret = z
  .string()
  .regex(
    /^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/,
    'a secret is env:NAME or file:PATH, never a value in the file',
  );

export const brokerSection = z
  .strictObject({
    username: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe(
        'User at the broker: a name, env:NAME or file:PATH; without it, when there is a password, the id of the agent',
      ),
    password: secret.optional().describe('Its password there; it is not the token of the link'),
    ca: z.string().min(1).optional().describe('PEM file of who signs the certificate of the broker'),
    certificate: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file of a certificate of our own, where it asks for one'),
    key: z.string().min(1).optional().describe('PEM file of the key to it'),
    heartbeatS: z
      .int()
      .min(5)
      .max(30)
      .default(30)
      .describe('How often the far end behind the broker is asked whether it is there, s'),
  })
  .describe('What an MQTT broker wants to see (docs/link-mqtt.md)');

export const platformSection = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .describe('Where the registration platform answers (docs/platform.md)'),
    token: secret,
    timeoutMs: z
      .int()
      .min(200)
      .max(30_000)
      .default(4000)
      .describe('One call, ms; a visitor waits at most 8 s for all tries together'),
    retries: z.int().min(0).max(5).default(2),
    cacheS: z.int().min(0).max(3600).default(60).describe('An answer is used again for so long, s'),
  })
  .describe('Connector to the registration platform: progress of a case');

export const videoSection = z
  .strictObject({
    template: z
      .string()
      .min(8)
      .max(500)
      .describe(
        'Playback address of the recorder with {channel} {window} {start} {end} … (docs/platform.md)',
      ),
    cameras: z
      .record(z.string().regex(/^[1-9]\d{0,2}$/, 'a window number'), z.string().min(1).max(64))
      .default({})
      .describe('Channel of the camera at each window'),
    beforeS: z.int().min(0).max(3600).default(30),
    afterS: z.int().min(0).max(3600).default(120),
  })
  .describe('Playback links from events to the video recorder');

export const identitySection = z
  .strictObject({
    secret: secret.describe(
      'From it come the yearly keys by which ID numbers are hashed; the same at the hub, its satellites and the platform. Without it: a random one in the state folder',
    ),
  })
  .describe('How persons are known without their numbers');
