#!/usr/bin/env node
// Starts the far end on the Node that travels with the package when the machine's own is too old for TypeScript files.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cli = new URL('./cli.ts', import.meta.url);

if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(cli.href);
} else {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const node = fileURLToPath(new URL(`../node_modules/node/bin/${name}`, import.meta.url));
  if (!existsSync(node)) {
    console.error(
      `hall-central: ${node} is missing, and this Node is ${process.version}: run "npm ci", or use Node 24`,
    );
    process.exit(2);
  }
  // The channel tells the child when we are gone, also when we were killed.
  const child = spawn(node, [fileURLToPath(cli), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('disconnect', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}
