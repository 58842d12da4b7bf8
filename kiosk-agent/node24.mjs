// Each open device may hold a thread of the pool, and one that hangs in the kernel must not stop the others and the disk: the
// pool's four threads are too few. It is made at its first use, so this must come before everything else.
process.env.UV_THREADPOOL_SIZE ??= '64';

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Runs the module `target` (relative to `from`) in this process, or with the `node` package's Node if this one is older than 24. */
export async function runOnNode24(from, target) {
  if (Number(process.versions.node.split('.')[0]) >= 24) {
    await import(new URL(target, from).href);
    return;
  }
  const require = createRequire(from);
  const node = fileURLToPath(
    new URL(
      process.platform === 'win32' ? 'bin/node.exe' : 'bin/node',
      `file://${require.resolve('node/package.json')}`,
    ),
  );
  const child = spawn(node, [fileURLToPath(new URL(target, from)), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(
      `hall: Node 24 could not be started (${error.message}). Run npm ci in the project's folder.`,
    );
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0);
  });
}
