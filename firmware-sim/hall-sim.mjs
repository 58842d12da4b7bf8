#!/usr/bin/env node
// Starts the simulator on the project's own Node: older versions cannot run the sources as they stand.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import('./cli.ts');
} else {
  const here = dirname(fileURLToPath(import.meta.url));
  const node = join(here, '..', 'node_modules', 'node', 'bin', 'node');
  const ipc = process.send !== undefined;
  const child = spawn(node, [join(here, 'hall-sim.mjs'), ...process.argv.slice(2)], {
    stdio: ipc ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
  });
  child.on('error', (error) => {
    process.stderr.write(`${node}: cannot be started (${error.message}); run npm ci first\n`);
    process.exit(4);
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  if (ipc) process.on('disconnect', () => child.disconnect());
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}
