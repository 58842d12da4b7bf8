/**
 * `npm test`: builds the screens, runs every test, and ends with vitest's summary and a plain line `N passed, N failed`.
 * Arguments go to vitest: `npm test -- test/rules`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureScreens } from '../kiosk-agent/box/screens.ts';

const root = join(import.meta.dirname, '..');
const artefacts = join(root, 'test', 'artefacts');
const report = join(artefacts, 'vitest.json');
mkdirSync(artefacts, { recursive: true });
rmSync(report, { force: true });
await ensureScreens(root, (line) => console.log(line));

const run = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);

let summary = '';
let line = '0 passed, 1 failed';
try {
  const told = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
  const { numPassedTests = 0, numFailedTests = 0, numTotalTests = 0, numFailedTestSuites = 0 } = told;
  // A file that could not even be loaded has no failed test in it, but has failed.
  const failed = numFailedTests || (run.status === 0 ? 0 : Math.max(1, numFailedTestSuites));
  summary = `      Tests  ${failed > 0 ? `${failed} failed | ` : ''}${numPassedTests} passed (${numTotalTests})\n`;
  line = `${numPassedTests} passed, ${failed} failed`;
} catch {
  console.error('vitest ended without a report.');
}
console.log(line);
writeFileSync(join(artefacts, 'summary.txt'), `${summary}${line}\n`);
process.exitCode = run.status ?? 1;
