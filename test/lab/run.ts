/**
 * `npm run test:lab`: the agent's devices through the drivers of a real kernel, in one boot of a virtual machine
 * (docs/lab.md). Ends with a plain line `N passed, N failed`.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '..', '..');
const LAB = join(ROOT, 'test', 'lab');
/** An emulated machine on a loaded computer; an idle one needs about three minutes. */
const LIMIT_S = 600;

const folder = mkdtempSync(join(tmpdir(), 'hall-lab-'));
let passed = 0;
let failed = 0;
try {
  haveLibusb();
  // As on a hall's computer: the rules of `hall service` for this configuration.
  const rules = execFileSync(
    process.execPath,
    [join(ROOT, 'kiosk-agent/cli.ts'), 'service', '--print', 'udev', '-c', join(LAB, 'hall.yaml')],
    { encoding: 'utf8' },
  );
  writeFileSync(join(folder, 'hall.rules'), rules);
  chmodSync(folder, 0o755);
  const code = await inTheGuest(process.execPath, join(LAB, 'guest', 'lab.ts'), join(folder, 'hall.rules'));
  // The guest's own word counts too: it may have fallen over between two checks.
  if (code !== 0 && failed === 0) failed = 1;
} catch (error) {
  console.error(`the lab cannot run: ${error instanceof Error ? error.message : String(error)}`);
  failed += 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/** Runs a command in the guest and counts its checks; answers its exit code. */
function inTheGuest(...command: string[]): Promise<number | null> {
  const machine = spawn(
    join(LAB, 'virtual-machine.sh'),
    ['--timing', '--usbip', '--usb-serial', '--timeout', String(LIMIT_S), '--', ...command],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  createInterface({ input: machine.stdout }).on('line', (line) => {
    if (line.startsWith('✓ ')) passed += 1;
    if (line.startsWith('✗ ')) failed += 1;
    console.log(line);
  });
  return new Promise((resolve, reject) => machine.once('error', reject).once('close', resolve));
}

/** node-hid's ready-made binary needs this library of the system; the guest uses this computer's files. */
function haveLibusb(): void {
  const there = () =>
    spawnSync(process.execPath, ['-e', 'require("node-hid").devices()'], { cwd: ROOT, stdio: 'ignore' })
      .status === 0;
  if (there()) return;
  console.error('The lab needs the system library libusb-1.0-0: installing it with apt-get.');
  const install = () => spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'libusb-1.0-0']);
  if (install().status !== 0) {
    spawnSync('apt-get', ['update']);
    install();
  }
  if (!there())
    throw new Error('node-hid cannot be loaded: run "apt-get install libusb-1.0-0" as root on this computer');
}
