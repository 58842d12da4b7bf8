/** Words of the device rows that configuration, devices and screens share. */
import { z } from 'zod';
import { RATING_LEVELS, ratingLevel } from './events.ts';
import { id } from './id.ts';
import { VISITOR_SCREENS } from './live.ts';
import { parsePort } from './port.ts';

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

const windowNumber = z.int().min(1).max(999);
/** What a unit on a line, or a device that is alone on its line, does at its window. */
const post = {
  window: windowNumber.optional().describe('The window it stands at'),
  as: z
    .enum(LINE_ROLES)
    .optional()
    .describe('What it is, where the model can be several things: pad (a clerk’s keys), evaluator or sign'),
  staff: z
    .string()
    .regex(/^[0-9A-Za-z-]{1,16}$/, 'a staff number: 1 to 16 letters and digits')
    .optional()
    .describe(
      'Pads: who opens the window by calling from it; without it the window is opened on the clerk’s page',
    ),
  transferTo: id.optional().describe('Pads: the service that the transfer key sends a visitor to'),
};

/** A row of `devices:` in the configuration: one port, with one device or several. */
export const deviceRow = z.strictObject({
  id,
  model: z
    .string()
    .min(1)
    .describe('A row of the models table (docs/models.md): elp1, ehr1, ff68, escpos-80, sdt, scanner-hid …'),
  port: z
    .string()
    .superRefine((port, context) => {
      const parsed = parsePort(port);
      if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.why });
    })
    .describe(
      'serial:PATH?baud=N, tcp:HOST:PORT, hid:VENDOR:PRODUCT[:SERIAL], file:/dev/usb/lp0, or bound: where a technician has bound it',
    ),
  ...post,
  screen: z
    .enum(VISITOR_SCREENS)
    .optional()
    .describe(
      'Readers and scanners without a window: whose visitors they serve, those of the ticket kiosk (default) or of the query terminal on this PC',
    ),
  addresses: z
    .record(
      z.string().regex(/^(?:[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])$/, 'an address from 0 to 255'),
      z.strictObject(post),
    )
    .optional()
    .describe(
      'Several devices on one line, by their address: {1: {window: 1, as: pad}, 2: {window: 1, as: evaluator}}',
    ),
  frame: frameDescription.optional().describe('Model frames: the frames of the device'),
  keyMap: z
    .record(z.string(), ratingLevel)
    .optional()
    .describe(`Raw key code → level ${RATING_LEVELS.join(', ')}, where it differs from the model's`),
  padMap: z
    .record(z.string(), z.enum(PAD_ACTIONS))
    .optional()
    .describe("Raw key code → what a clerk's key does, where it differs from the model's"),
});
export type DeviceRow = z.infer<typeof deviceRow>;
/** What a unit does at its window. */
export type Post = Pick<DeviceRow, keyof typeof post>;
