/** Words of the device rows that configuration, devices and screens share. */
import { z } from 'zod';

/** What a clerk's key means; a model's pad map gives one to each raw code. */
export const PAD_ACTIONS = [
  /** the service is done: the evaluation opens */
  'finish',
  'call-next',
  'recall',
  'start',
  /** the visitor did not come */
  'missed',
  'park',
  /** the visitor who was parked or missed last at this window */
  'call-back',
  /** pauses the window, and opens it again */
  'pause',
  'transfer',
  /** by state: call the next, or call once more who was called */
  'call-or-recall',
  /** by state: the visitor did not come, or is served */
  'missed-or-finish',
] as const;
export type PadAction = (typeof PAD_ACTIONS)[number];

/** What a device on a line with several addresses is. */
export const LINE_ROLES = ['pad', 'evaluator', 'sign'] as const;
export type LineRole = (typeof LINE_ROLES)[number];

/**
 * A frame as it stands on the wire, at most 64 bytes: hex bytes, and a name in braces where a byte varies.
 * In a key's frame `{key}` (once), `{address}`, `{digit}` (00–09, or the character) and `{any}`; the raw code of a key
 * is the hex of its digits and the key byte. In an acknowledgement `{address}` `{key}` `{digit}` as they came; to the
 * display `{waiting1}`…`{waiting3}` and `{ticket1}`…`{ticket3}`. A checksum counts from byte N (0 is the first) up to
 * itself: `{sum8 N}` `{xor8 N}` `{crc16-modbus N}` (two bytes, low first). Either every frame has an `{address}` or none.
 */
const frameTemplate = z
  .string()
  .min(2)
  .max(400)
  .describe(
    'Hex bytes with {address} {key} {digit} {any} {sum8 N} {xor8 N} {crc16-modbus N} where a byte varies',
  );

const role = {
  keys: z.array(frameTemplate).min(1).max(8).describe('Frames that the device sends for a key'),
  acknowledge: z
    .union([z.literal('echo'), frameTemplate])
    .optional()
    .describe('What is sent when the key is on disk: echo, or a frame; without it the device is not told'),
};

/** A fixed-frame device, described without code (docs/devices.md, "A device without code"). */
export const frameDescription = z.strictObject({
  pad: z
    .strictObject({
      ...role,
      display: frameTemplate.optional().describe('{waiting1…3} and {ticket1…3} are the digits'),
      beep: frameTemplate.optional(),
    })
    .optional()
    .describe('Keys for a clerk'),
  evaluator: z
    .strictObject({
      ...role,
      open: frameTemplate.optional().describe('Begins an evaluation'),
      shut: frameTemplate.optional(),
      thanks: frameTemplate.optional(),
    })
    .optional()
    .describe('Keys for a visitor'),
  digits: z
    .enum(['binary', 'ascii'])
    .default('binary')
    .describe('How a digit of the display is sent: 00–09 with 0A for blank, or as its character'),
  repeatMs: z.int().min(0).max(5000).default(400).describe('Two equal frames within this time are one press'),
  silenceMs: z
    .int()
    .min(5)
    .max(1000)
    .default(50)
    .describe('A frame that is not whole is dropped after this silence'),
});
export type FrameDescription = z.infer<typeof frameDescription>;
