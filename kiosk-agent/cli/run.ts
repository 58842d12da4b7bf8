/** `hall run`: an agent, until it is told to end. */
import { resolve } from 'node:path';
import { destination, multistream, pino, type Level } from 'pino';
import { startAgent } from '../agent.ts';
import type { Agent } from '../foundation.ts';
import { screensFolder } from '../box/screens.ts';
import { faultLines, loadConfig } from '../config.ts';
import { openOffice, type ReadConfig } from '../office/office.ts';
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
  const read: ReadConfig = (office) => loadConfig(file, deviceFaults, stateFolder, office);
  const first = openOffice(stateFolder, read);
  if (!first.ok) {
    console.error(faultLines(file, first.faults));
    return EXIT.configuration;
  }
  const recentLog = new RecentLog();
  // The log goes to stderr: stdout is for the ready line.
  const log = pino(
    {
      level: logLevel,
      base: { agent: first.config.agent.id },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: pino.stdSerializers.err },
    },
    // Each stream has a least level of its own; here the logger's counts.
    multistream([
      { level: logLevel as Level, stream: destination({ fd: 2, sync: true }) },
      { level: logLevel as Level, stream: recentLog },
    ]),
  );
  const told = untilToldToEnd();
  for (let opened = first, url: string | null = null; ;) {
    const { config, office, damaged } = opened;
    if (damaged !== undefined)
      log.error({ why: damaged }, "the central office's configuration cannot be read");
    const restart = Promise.withResolvers<'restart'>();
    const start = config.agent.role === 'satellite' ? startSatellite : startAgent;
    const agent: Agent = await start({
      // Begun anew it stays where its screens know it, also where any free port was asked for.
      config: url === null ? config : { ...config, agent: { ...config.agent, listen: new URL(url).host } },
      stateFolder,
      screensFolder: screensFolder(ROOT),
      version: VERSION,
      clock: () => new Date(),
      random: Math.random,
      env: process.env,
      log,
      wasCutOff: url === null && wasCutOff(stateFolder),
      recentLog,
      office,
      onRestart: () => restart.resolve('restart'),
    });
    const noLongerRunning = writeRunning(stateFolder, agent);
    const watchdog = watchdogOf({ env: process.env, progress: agent.progress, log });
    await watchdog.ready(`serving ${agent.url}`);
    if (url === null) console.log(`hall ready ${agent.url}`);
    url = agent.url;
    const why = await Promise.race([told.then(() => 'end' as const), restart.promise]);
    log.info(why === 'end' ? 'ending' : 'beginning anew with the configuration of the central office');
    // A start anew takes a second or two: systemd is not told of an end that is none.
    const said = why === 'end' ? watchdog.stopping() : watchdog.pause();
    await agent.close();
    await said;
    noLongerRunning();
    if (why === 'end') return EXIT.done;
    const next = openOffice(stateFolder, read);
    if (next.ok) opened = next;
    else
      log.error(
        { why: faultLines(file, next.faults) },
        'the file has faults now: it goes on with what it had',
      );
  }
}
