/** `hall capture`: the wire of a device, beside a running agent and without one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { startEvaluator, startPrinter, type WireEntry } from '../../firmware-sim/index.ts';
import { capture } from '../../kiosk-agent/cli/capture.ts';
import { writeRunning } from '../../kiosk-agent/cli/running.ts';
import { captureHead, captureLine, isMasked } from '../../kiosk-agent/device/capture-format.ts';
import { hallYaml, startHall } from '../harness/hall.ts';
import { temporaryFolder, until } from '../harness/programs.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});
function folder(): string {
  const made = temporaryFolder('capture');
  undo.push(() => made[Symbol.dispose]());
  return made.path;
}

type Line = { t: number; dir: 'in' | 'out'; hex: string; decoded: unknown };
/** A capture under way: what it wrote, what it said beside it, and how it ends. */
function begin(state: string, device: string, more: { seconds?: number } = {}) {
  const out = new PassThrough();
  const said: string[] = [];
  const ctrlC = new AbortController();
  let text = '';
  out.on('data', (bytes: Buffer) => (text += bytes.toString()));
  const ended = capture(
    { device, config: join(state, 'hall.yaml'), state, language: 'en', ...more },
    { out, error: (line) => said.push(line), ended: ctrlC.signal },
  );
  undo.push(async () => {
    ctrlC.abort();
    await ended;
  });
  const parsed = (): Record<string, unknown>[] =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    out,
    said,
    ended,
    ctrlC: () => ctrlC.abort(),
    text: () => text,
    head: () => parsed()[0],
    lines: () => parsed().slice(1) as unknown as Line[],
  };
}
const hexOf = (entries: { hex: string }[]): string =>
  entries.map(({ hex }) => hex.replaceAll(' ', '')).join('');

async function evaluatorHall(state: string) {
  const wire: WireEntry[] = [];
  const evaluator = await startEvaluator({
    port: `pty:${join(state, 'evaluator')}`,
    onWire: (entry) => wire.push(entry),
  });
  undo.push(() => evaluator.close());
  const yaml = hallYaml(`devices: [{id: evaluator-1, model: elp1, port: "${evaluator.port}", window: 1}]`);
  writeFileSync(join(state, 'hall.yaml'), yaml);
  return { evaluator, yaml, wire };
}

describe('a capture beside a running agent', () => {
  it('has every byte of the wire in both directions, in order, with times that never go back', async () => {
    const state = folder();
    const { evaluator, yaml, wire } = await evaluatorHall(state);
    const hall = await startHall(state, yaml);
    undo.push(() => hall.close());
    undo.push(writeRunning(state, hall));
    await until('the evaluator', () => wire.some((entry) => entry.decoded.includes('HI')));

    const capturing = begin(state, 'evaluator-1');
    await until('the first line', () => capturing.head());
    const before = wire.length;
    evaluator.press(1);
    await until('the press and its acknowledgement', () => {
      const seen = JSON.stringify(capturing.lines());
      return (
        capturing.lines().some(({ dir }) => dir === 'in') &&
        capturing.lines().some(({ dir }) => dir === 'out') &&
        seen
      );
    });
    capturing.ctrlC();
    expect(await capturing.ended).toBe(0);

    expect(capturing.head()).toMatchObject({
      capture: 1,
      device: 'evaluator-1',
      model: 'elp1',
      kind: 'evaluator',
      port: evaluator.port,
      masked: false,
    });
    const lines = capturing.lines();
    // The simulator's own record of the same wire, from the press on. Its "out" is our "in".
    const said = hexOf(wire.slice(before).filter((entry) => entry.direction === 'out'));
    const captured = hexOf(lines.filter(({ dir }) => dir === 'in'));
    expect(captured.length).toBeGreaterThan(0);
    expect(said).toContain(captured);
    expect(lines.map(({ t }) => t)).toEqual(lines.map(({ t }) => t).sort((a, b) => a - b));
    expect(capturing.said.join('\n')).toContain('by the running agent');
  });

  it('ends with a sentence when the agent ends, and leaves no half line', async () => {
    const state = folder();
    const { yaml, wire } = await evaluatorHall(state);
    const hall = await startHall(state, yaml);
    undo.push(() => hall.close());
    undo.push(writeRunning(state, hall));
    await until('the evaluator', () => wire.length > 0);
    const capturing = begin(state, 'evaluator-1');
    await until('the first line', () => capturing.head());
    await hall.close();
    expect(await capturing.ended).toBe(1);
    expect(capturing.said.at(-1)).toContain(hall.url);
    expect(capturing.text().endsWith('\n')).toBe(true);
  });
});

describe('a capture without an agent', () => {
  it('opens the device itself: the whole introduction is in it', async () => {
    const state = folder();
    const { wire } = await evaluatorHall(state);
    const capturing = begin(state, 'evaluator-1');
    await until('the introduction', () =>
      capturing.lines().some((line) => Buffer.from(line.hex, 'hex').toString().includes('HI,')),
    );
    capturing.ctrlC();
    expect(await capturing.ended).toBe(0);
    const lines = capturing.lines();
    expect(Buffer.from(lines[0]?.hex ?? '', 'hex').toString()).toContain('WHO');
    expect(lines[0]).toMatchObject({ dir: 'out' });
    expect(hexOf(wire.filter((entry) => entry.direction === 'in'))).toContain(
      hexOf(lines.filter(({ dir }) => dir === 'out')),
    );
    expect(capturing.said[0]).toContain('by opening the device, no agent runs');
    expect(capturing.said.at(-1)).toMatch(/^frames captured: \d+$/);
  });

  it('ends by itself when its seconds are up', async () => {
    const state = folder();
    await evaluatorHall(state);
    expect(await begin(state, 'evaluator-1', { seconds: 1 }).ended).toBe(0);
  });

  it('ends when nobody reads it any more, as by `| head`', async () => {
    const state = folder();
    const { wire } = await evaluatorHall(state);
    const capturing = begin(state, 'evaluator-1');
    await until('the wire', () => wire.length > 0);
    capturing.out.destroy();
    expect(await capturing.ended).toBe(0);
  });

  it('says why it is empty when the device is not there', async () => {
    const state = folder();
    writeFileSync(
      join(state, 'hall.yaml'),
      hallYaml(
        `devices: [{id: evaluator-1, model: elp1, port: "serial:${join(state, 'nothing')}", window: 1}]`,
      ),
    );
    const capturing = begin(state, 'evaluator-1', { seconds: 1 });
    expect(await capturing.ended).toBe(1);
    expect(capturing.said.at(-1)).toContain('evaluator-1: missing. There is no such port');
    expect(capturing.lines()).toEqual([]);
  });

  it('has a printer in it too, byte for byte', async () => {
    const state = folder();
    const wire: WireEntry[] = [];
    const printer = await startPrinter({ port: 'tcp:0', onWire: (entry) => wire.push(entry) });
    undo.push(() => printer.close());
    writeFileSync(
      join(state, 'hall.yaml'),
      hallYaml(`devices: [{id: printer-1, model: escpos-80, port: "${printer.port}"}]`),
    );
    const capturing = begin(state, 'printer-1');
    await until('question and answer', () => new Set(capturing.lines().map(({ dir }) => dir)).size === 2);
    capturing.ctrlC();
    await capturing.ended;
    const captured = hexOf(capturing.lines().filter(({ dir }) => dir === 'out'));
    expect(hexOf(wire.filter((entry) => entry.direction === 'in'))).toContain(captured);
  });
});

describe('a wish for a capture', () => {
  it('for a device that is not configured names those that are', async () => {
    const state = folder();
    await evaluatorHall(state);
    const capturing = begin(state, 'printer-9');
    expect(await capturing.ended).toBe(2);
    expect(capturing.said).toEqual([
      'there is no device printer-9 in the configuration; there are: evaluator-1',
    ]);
    expect(capturing.text()).toBe('');
  });

  it('with a wrong configuration names its faults', async () => {
    const state = folder();
    writeFileSync(join(state, 'hall.yaml'), 'hall: {}\n');
    const capturing = begin(state, 'evaluator-1');
    expect(await capturing.ended).toBe(3);
    expect(capturing.said[0]).toContain('hall.yaml');
  });
});

describe('the lines of a capture', () => {
  it('are as docs/captures.md says', () => {
    expect(
      captureHead({
        device: 'evaluator-1',
        model: 'elp1',
        kind: 'evaluator',
        port: 'serial:/dev/ttyUSB0',
        startedAt: '2026-01-02T03:04:05.678Z',
        masked: false,
      }),
    ).toBe(
      '{"capture":1,"device":"evaluator-1","model":"elp1","port":"serial:/dev/ttyUSB0","kind":"evaluator","startedAt":"2026-01-02T03:04:05.678Z","masked":false}\n',
    );
    expect(
      captureLine(1000, {
        atMs: 1012.34567,
        direction: 'received',
        bytes: Uint8Array.of(0, 0x0a, 0xff),
        decoded: undefined,
      }),
    ).toBe('{"t":12.346,"dir":"in","hex":"000aff","decoded":null}\n');
    expect(
      captureLine(0, { atMs: 5, direction: 'sent', bytes: new Uint8Array(), decoded: { kind: 'WHO' } }),
    ).toBe('{"t":5,"dir":"out","hex":"","decoded":{"kind":"WHO"}}\n');
  });

  it('are marked where the drivers leave out what identifies a person', () => {
    expect(['reader', 'scanner', 'evaluator', 'printer', 'frames'].map(isMasked)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
