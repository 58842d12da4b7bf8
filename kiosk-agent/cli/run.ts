/** `hall run`: an agent, until it is told to end. */
import { resolve } from 'node:path';
import { destination, multistream, pino, type Level } from 'pino';
import { startAgent } from '../agent.ts';
import { screensFolder } from '../box/screens.ts';
import { faultLines, loadConfig } from '../config.ts';
import { startSatellite } from '../satellite/agent.ts';
import { deviceFaults } from '../device/manager.ts';
import { EXIT } from './exit.ts';
import { RecentLog } from './recent-log.ts';
import { wasCutOff, writeRunning } from './running.ts';
import { watchdogOf } from './watchdog.ts';
import { ROOT, untilToldToEnd, VERSION } from './process.ts';

/** Runs until SIGINT, SIGTERM or the end of a parent; answers the exit code. */
export async function runAgent(file: string, state: string, logLevel: string): Promise<number> {
  const stateFolder = resolve(state);
  const loaded = loadConfig(file, deviceFaults, stateFolder);
  if (!loaded.ok) {
    console.error(faultLines(file, loaded.faults));
    return EXIT.configuration;
  }
  const recentLog = new RecentLog();
  // The log goes to stderr: stdout is for the ready line.
  const log = pino(
    {
      level: logLevel,
      base: { agent: loaded.config.agent.id },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: pino.stdSerializers.err },
    },
    // Each stream has a least level of its own; here the logger's counts.
    multistream([
      { level: logLevel as Level, stream: destination({ fd: 2, sync: true }) },
      { level: logLevel as Level, stream: recentLog },
    ]),
  );
  const start = loaded.config.agent.role === 'satellite' ? startSatellite : startAgent;
  const agent = await start({
    config: loaded.config,
    stateFolder,
    screensFolder: screensFolder(ROOT),
    version: VERSION,
    clock: () => new Date(),
    random: Math.random,
    env: process.env,
    log,
    wasCutOff: wasCutOff(stateFolder),
    recentLog,
  });
  const noLongerRunning = writeRunning(stateFolder, agent);
  const watchdog = watchdogOf({ env: process.env, progress: agent.progress, log });
  await watchdog.ready(`serving ${agent.url}`);
  console.log(`hall ready ${agent.url}`);
  await untilToldToEnd();
  log.info('ending');
  const told = watchdog.stopping();
  await agent.close();
  await told;
  noLongerRunning();
  return EXIT.done;
}
