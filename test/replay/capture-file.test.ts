/** Capture files from outside: what is wrong with one is said by file, line and field. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readCapture } from '../../firmware-sim/replay/capture.ts';
import { startReplay } from '../../firmware-sim/replay/replay.ts';
import { captureHead, captureLine } from '../../kiosk-agent/device/capture-format.ts';
import { fileOf, plainHost } from './capture-of.ts';

const HEAD =
  '{"capture":1,"device":"pads","model":"ff68","port":"tcp:127.0.0.1:4001","kind":"frames","startedAt":"2026-05-04T00:31:07.120Z","masked":false}';
const IN = '{"t":12.346,"dir":"in","hex":"ff68","decoded":null}';
const OUT = '{"t":13,"dir":"out","hex":"","decoded":{"command":"beep"}}';

function read(content: string | Buffer) {
  return readCapture(fileOf(onTestFinished, content));
}
async function refusalOf(content: string | Buffer): Promise<string> {
  const file = fileOf(onTestFinished, content);
  const message = await readCapture(file).then(
    () => 'read',
    (error: Error) => error.message,
  );
  expect(message.startsWith(file) || message === 'read').toBe(true);
  return message.slice(file.length);
}

describe('a capture file', () => {
  it('is read as it was written', async () => {
    const { head, lines } = await read(`${HEAD}\n${IN}\n${OUT}\n`);
    expect(head).toMatchObject({ device: 'pads', model: 'ff68', masked: false });
    expect(lines).toEqual([
      { line: 2, t: 12.346, dir: 'in', bytes: Uint8Array.of(0xff, 0x68), decoded: null },
      { line: 3, t: 13, dir: 'out', bytes: new Uint8Array(), decoded: { command: 'beep' } },
    ]);
  });

  it('of the agent’s own making is read back, whatever its lines hold', async () => {
    const startedAt = '2026-01-02T03:04:05.678Z';
    const head = captureHead({
      device: 'd',
      model: 'elp1',
      kind: 'evaluator',
      port: 'serial:/dev/ttyS0',
      startedAt,
      masked: false,
    });
    const bytes = Uint8Array.from({ length: 300 }, (_, at) => at & 0xff);
    const line = captureLine(0, { atMs: 1.5, direction: 'received', bytes, decoded: '行\u2028\n' });
    const { lines } = await read(head + line.repeat(2_000));
    expect(lines).toHaveLength(2_000);
    expect(lines[1_999]).toMatchObject({ line: 2_001, t: 1.5, dir: 'in', bytes, decoded: '行\u2028\n' });
  });

  it('with its last line end missing is whole', async () => {
    expect((await read(`${HEAD}\n${IN}`)).lines).toHaveLength(1);
  });

  it.each([
    ['nothing', '', ': is empty: not even its first line is there'],
    ['a head alone', `${HEAD}\n`, ': has no frame: there is nothing to replay'],
    [
      'another version',
      `${HEAD.replace('"capture":1', '"capture":2')}\n${IN}\n`,
      ', line 1: capture: is not 1: this program plays version 1 only',
    ],
    ['no version', `${IN}\n${IN}\n`, ', line 1: capture: is not 1: this program plays version 1 only'],
    [
      'a time that goes back',
      `${HEAD}\n${OUT}\n${IN}\n`,
      ', line 3: t: 12.346 ms is before the line above (13 ms)',
    ],
    ['half a byte', `${HEAD}\n${IN.replace('ff68', 'ff6')}\n`, ', line 2: hex: is not hex of whole bytes'],
    ['no hex', `${HEAD}\n${IN.replace('ff68', 'fg')}\n`, ', line 2: hex: is not hex of whole bytes'],
    [
      'a half last line',
      `${HEAD}\n${IN}\n${OUT.slice(0, 20)}`,
      ', line 3: is no JSON; if it is the last one, the file was cut off: take it away',
    ],
    [
      'an empty line',
      `${HEAD}\n\n${IN}\n`,
      ', line 2: is no JSON; if it is the last one, the file was cut off: take it away',
    ],
  ])('with %s is refused', async (_what, content, message) => {
    expect(await refusalOf(content)).toBe(message);
  });

  it.each([
    ['a direction that is none', IN.replace('"in"', '"up"'), /^, line 2: dir: /],
    ['a time below 0', IN.replace('12.346', '-1'), /^, line 2: t: /],
    ['a time that is no number', IN.replace('12.346', '"1"'), /^, line 2: t: /],
    ['a list', '[]', /^, line 2: /],
    ['null', 'null', /^, line 2: /],
    ['bytes that are no text', '\u0000\ufffd', /^, line 2: is no JSON/],
    ['hex behind a prototype', '{"t":1,"dir":"in","__proto__":{"hex":"00"}}', /^, line 2: hex: /],
  ])('with %s is refused', async (_what, line, message) => {
    expect(await refusalOf(`${HEAD}\n${line}\n`)).toMatch(message);
  });

  it('without a line end for megabytes is refused before it fills the memory', async () => {
    expect(await refusalOf(Buffer.alloc(3 * 1024 * 1024, 0x20))).toMatch(
      /^, line 1: is longer than 1048576 bytes/,
    );
  });

  it('that is not there, or is a folder, is refused', async () => {
    await expect(readCapture('/nowhere/capture.ndjson')).rejects.toThrow(
      /^\/nowhere\/capture.ndjson: cannot be read/,
    );
    await expect(readCapture(import.meta.dirname)).rejects.toThrow(/cannot be read/);
  });

  it('that is masked is not played without saying so', async () => {
    const capture = await read(`${HEAD.replace('"masked":false', '"masked":true')}\n${IN}\n`);
    await expect(startReplay({ capture, port: 'tcp:0' })).rejects.toThrow(/it is masked: .*--masked-anyway/);
    const replay = await startReplay({ capture, port: 'tcp:0', maskedAnyway: true });
    await replay.close();
  });

  it('of a HID model is not played on a line, nor another as HID', async () => {
    const capture = await read(`${HEAD.replace('ff68', 'ehr1')}\n${IN}\n`);
    await expect(startReplay({ capture, port: 'tcp:0' })).rejects.toThrow(/ehr1 is a HID model/);
    await expect(startReplay({ capture: await read(`${HEAD}\n${IN}\n`), port: 'socket' })).rejects.toThrow(
      /ff68 is no HID model/,
    );
  });
});

describe('a capture cut off behind any of its lines', () => {
  const folder = join(import.meta.dirname, '..', 'captures');
  const onLines = readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson') && !/ehr1|hid|keypad/.test(name))
    .map((name) => [name, readFileSync(join(folder, name), 'utf8').trimEnd().split('\n')] as const);

  it.each(onLines)('ends with a report: %s', async (_name, lines) => {
    const { lines: frames } = await read(lines.join('\n'));
    const host = frames
      .filter(({ dir }) => dir === 'out')
      .map(({ bytes }) => Buffer.from(bytes).toString('hex'));
    for (let kept = 2; kept <= lines.length; kept++) {
      const capture = await read(lines.slice(0, kept).join('\n'));
      const replay = await startReplay({ capture, port: 'tcp:0', speed: Infinity, maskedAnyway: true });
      const met = await plainHost(replay.port);
      met.say(host.join(''));
      const report = await replay.done;
      expect(`${report.end} ${report.played} of ${report.of}`).toBe(`played ${kept - 1} of ${kept - 1}`);
      met.close();
      await replay.close();
    }
  });
});
