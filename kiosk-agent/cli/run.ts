/** `hall run`: an agent, until it is told to end. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { destination, pino } from 'pino';
import { startAgent } from '../agent.ts';
import { screensFolder } from '../box/screens.ts';
import { loadConfig, type ConfigFault } from '../config.ts';
import { deviceFaults } from '../device/manager.ts';
import { EXIT } from './exit.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
export const VERSION = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string })
  .version;

/** Every fault of a configuration, one line each: FILE:LINE:COLUMN: path: what is wrong. */
export function faultLines(file: string, faults: ConfigFault[]): string {
  return faults
    .map(
      (fault) =>
        `${file}${fault.line > 0 ? `:${fault.line}:${fault.column}` : ''}: ${fault.path ? `${fault.path}: ` : ''}${fault.message}`,
    )
    .join('\n');
}

/** Runs until SIGINT, SIGTERM or the end of a parent; answers the exit code. */
export async function runAgent(file: string, state: string, logLevel: string): Promise<number> {
  const stateFolder = resolve(state);
  const loaded = loadConfig(file, deviceFaults, stateFolder);
  if (!loaded.ok) {
    console.error(faultLines(file, loaded.faults));
    return EXIT.configuration;
  }
  if (loaded.config.agent.role !== 'hub') {
    console.error(`${file}: agent.role: satellites are not in this version; role must be hub`);
    return EXIT.configuration;
  }
  // The log goes to stderr: stdout is for the ready line.
  const log = pino(
    {
      level: logLevel,
      base: { agent: loaded.config.agent.id },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: pino.stdSerializers.err },
    },
    destination({ fd: 2, sync: true }),
  );
  const agent = await startAgent({
    config: loaded.config,
    stateFolder,
    screensFolder: screensFolder(ROOT),
    version: VERSION,
    clock: () => new Date(),
    random: Math.random,
    env: process.env,
    log,
  });
  console.log(`hall ready ${agent.url}`);
  await untilToldToEnd();
  log.info('ending');
  await agent.close();
  return EXIT.done;
}

/** Waits for SIGINT, SIGTERM, or the end of the program that started this one with a channel. */
export function untilToldToEnd(): Promise<void> {
  return new Promise((end) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end());
    if (process.channel) process.once('disconnect', () => end());
  });
}
