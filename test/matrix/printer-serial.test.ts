import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { startPrinter } from '../../firmware-sim/index.ts';
import { runColumn } from './column.ts';
import { atOnce, printerTests } from './printer-cells.ts';
import { column } from './printer-serial.ts';
import { sideBySide } from './side-by-side.ts';

const folder = mkdtempSync(join(tmpdir(), 'hall-matrix-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

runColumn(
  column,
  () => startPrinter({ port: `pty:${join(folder, 'printer')}` }),
  sideBySide(printerTests('pty', { power: 'silent', powerCode: 'no-answer', cable: 'lost|missing' }), atOnce),
);
