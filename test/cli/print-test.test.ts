/** `hall print-test`: what comes out of the printer, and what the technician is told. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startPrinter, type PrinterHandle } from '../../firmware-sim/index.ts';
import { printTest } from '../../kiosk-agent/cli/print-test.ts';
import { writeRunning } from '../../kiosk-agent/cli/running.ts';
import { hallYaml, startHall } from '../harness/hall.ts';
import { temporaryFolder, until } from '../harness/programs.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function bench(): Promise<{
  state: string;
  yaml: string;
  printer: PrinterHandle;
  small: PrinterHandle;
}> {
  const folder = temporaryFolder('print-test');
  undo.push(() => folder[Symbol.dispose]());
  const fast = { port: 'tcp:0', speed: Number.POSITIVE_INFINITY };
  const printer = await startPrinter({ id: 'printer-1', ...fast });
  const small = await startPrinter({ id: 'printer-2', width: 58, ...fast });
  undo.push(
    () => printer.close(),
    () => small.close(),
  );
  const yaml = hallYaml(`devices:
  - {id: printer-1, model: escpos-80, port: "${printer.port}"}
  - {id: printer-2, model: escpos-58, port: "${small.port}"}
`);
  writeFileSync(join(folder.path, 'hall.yaml'), yaml);
  return { state: folder.path, yaml, printer, small };
}
const test = (state: string, printer?: string) =>
  printTest(
    { config: join(state, 'hall.yaml'), state, language: 'en', ...(printer !== undefined && { printer }) },
    '9.9.9',
  );

describe('a test sheet without an agent', () => {
  it('comes out of the first printer, with the version and the printer’s own state on it', async () => {
    const { state, printer, small } = await bench();
    expect(await test(state)).toEqual({
      lines: ['✓ printer-1: the test sheet is printed and cut (opened directly, no agent runs)'],
      exitCode: 0,
    });
    expect(printer.papers()).toHaveLength(1);
    expect(printer.papers()[0]?.text).toContain('9.9.9');
    expect(printer.papers()[0]?.text).toMatch(/printer-1\s+ready/);
    expect(small.papers()).toHaveLength(0);
  });

  it('is not printed past an agent that is there and does not answer: its ports are its own', async () => {
    const { state, printer } = await bench();
    // Nobody listens there, and this process is alive.
    writeRunning(state, { url: 'http://127.0.0.1:9/', token: 'a-token-of-an-agent' });
    const said = await test(state);
    expect(said).toMatchObject({ exitCode: 4, lines: [expect.stringContaining('does not answer')] });
    expect(printer.state().hostPresent).toBe(false);
  });

  it('comes out of the printer that is named, as wide as its paper', async () => {
    const { state, printer, small } = await bench();
    expect(await test(state, 'printer-2')).toMatchObject({ exitCode: 0 });
    expect([printer.papers().length, small.papers().length]).toEqual([0, 1]);
    expect(small.papers()[0]?.text).toContain('12345678901234567890123456789012');
    expect(small.papers()[0]?.text).not.toContain('123456789012345678901234567890123');
  });

  it('does not come out without paper, and the technician is told what to do', async () => {
    const { state, printer } = await bench();
    await printer.setFault('paper-out', true);
    const { lines, exitCode } = await test(state);
    expect(exitCode).toBe(1);
    expect(lines[0]).toContain('printer-1');
    expect(lines[0]).toContain('out of paper');
    expect(lines[1]).toContain('Put in a new roll');
    expect(printer.papers()).toHaveLength(0);
  });

  it('is not said to have failed when nobody can know: a printer that is unplugged while it prints', async () => {
    const { state, printer } = await bench();
    await printer.setFault('unplug-after-bytes', true, { bytes: 600 });
    const { lines, exitCode } = await test(state);
    expect(exitCode).toBe(1);
    expect(lines[0]).toContain('whether the sheet came out is not known');
  });

  it('cannot be tried on a port that is not there: exit code 4', async () => {
    const { state } = await bench();
    writeFileSync(
      join(state, 'hall.yaml'),
      hallYaml(`devices: [{id: printer-1, model: escpos-80, port: "serial:${join(state, 'nothing')}"}]`),
    );
    const { lines, exitCode } = await test(state);
    expect(exitCode).toBe(4);
    expect(lines[0]).toContain("the printer's port is not there");
    expect(lines[1]).toContain('Check the cable');
  });
});

describe('a test sheet beside a running agent', () => {
  it('is printed by the agent, with its address, and its fate is the agent’s word', async () => {
    const { state, yaml, printer } = await bench();
    const hall = await startHall(state, yaml);
    undo.push(() => hall.close());
    undo.push(writeRunning(state, hall));
    await until('the printer', async () =>
      JSON.stringify((await hall.as(null)('GET', 'health')).body).includes(
        '"id":"printer-1","kind":"printer","model":"escpos-80","state":"ready"',
      ),
    );
    expect(await test(state)).toEqual({
      lines: ['✓ printer-1: the test sheet is printed and cut (by the running agent)'],
      exitCode: 0,
    });
    expect(printer.papers()[0]?.qr).toEqual([hall.url]);

    await printer.setFault('cover-open', true);
    const refused = await test(state);
    expect(refused.exitCode).toBe(1);
    expect(refused.lines[0]).toContain('the cover is open');
    expect(printer.papers()).toHaveLength(1);
  });
});

describe('a wish for a test sheet', () => {
  it('on a printer that is not configured names those that are', async () => {
    const { state } = await bench();
    expect(await test(state, 'printer-9')).toEqual({
      lines: ['there is no printer printer-9 in the configuration; there are: printer-1, printer-2'],
      exitCode: 2,
    });
  });

  it('with a wrong configuration names its faults', async () => {
    const { state } = await bench();
    writeFileSync(join(state, 'hall.yaml'), 'hall: {}\n');
    expect(await test(state)).toMatchObject({ exitCode: 3 });
  });
});
