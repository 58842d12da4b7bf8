/** `hall-central`: the far end's commands. Exit codes: 0 done, 1 trouble, 2 wrong use, 3 configuration, 4 port or permission. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { mkdirSync } from 'node:fs';
import { pino } from 'pino';
import { agentId } from '../kiosk-agent/contract/link.ts';
import { letIn, openAgents } from './agents.ts';
import { testChannel } from './alerts/try.ts';
import { startCentral } from './central.ts';
import { BadConfiguration, readConfiguration } from './configuration.ts';
import { StateTaken } from './lock.ts';
import { BadNames, readNames } from './names.ts';
import { addRatingExportCommands } from './rating-exports/commands.ts';

/** Ending takes no longer than this; what is not committed by then is offered again by its agent. */
const END_WITHIN_MS = 1_400;

// Tokens, hashes and the database belong to the one who runs this.
process.umask(0o077);

const program = new Command('hall-central')
  .description('the far end: takes the events of many halls, keeps them, shows them')
  .exitOverride();

program
  .command('run')
  .description('runs the far end; DATABASE_URL for PostgreSQL, else embedded in --state')
  .requiredOption('--state <dir>', 'folder for its data and tokens')
  .option('--port <n>', 'port to listen on, 0 = any free one', readPort, 8490)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--config <file>', 'its configuration (YAML); else central.yaml in --state')
  .option('--names <file>', 'what regions, halls and services are called (YAML); else names.yaml in --state')
  .option('--silent-after <minutes>', 'a hall not heard of for so long is shown as silent', readMinutes, 15)
  .action(run);

program
  .command('agent')
  .description('agents that are let in')
  .command('add <agent-id>')
  .description('lets an agent in, or gives it a new token; prints the token. Works beside a running server')
  .requiredOption('--region <code>', '12-digit code of the administrative region', readRegion)
  .requiredOption('--state <dir>', 'the folder of the server')
  .action(async (id: string, { region, state }: { region: string; state: string }) => {
    if (!agentId.safeParse(id).success) {
      throw new BadConfiguration(
        `agent id "${id}": small letters, digits and "-", at most 63, beginning with a letter or digit`,
      );
    }
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const agents = await openAgents(state, databaseUrl());
    try {
      console.log(await letIn(agents, id, region));
    } finally {
      await agents.close();
    }
  });

program
  .command('alert')
  .description('messages about what is wrong in the halls')
  .command('test')
  .description('sends a marked test message over one channel and says what came back')
  .requiredOption('--channel <id>', 'a channel of alerts.channels in the configuration')
  .requiredOption('--state <dir>', 'the folder of the server')
  .option('--config <file>', 'its configuration (YAML); else central.yaml in --state')
  .action(async ({ channel, state, config }: { channel: string; state: string; config?: string }) => {
    const { alerts } = readConfiguration(state, config);
    const names = readNames(state, undefined);
    const sent = await testChannel(alerts, channel, names, process.env, new Date());
    console.log(`${channel}: ${sent.state === 'answered' ? 'taken' : 'not taken'}: ${sent.said}`);
    if (sent.state !== 'answered') process.exitCode = 1;
  });

addRatingExportCommands(program, databaseUrl);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

type RunOptions = {
  port: number;
  host: string;
  state: string;
  config?: string;
  names?: string;
  silentAfter: number;
};

async function run({ port, host, state, config, names, silentAfter }: RunOptions): Promise<void> {
  // stdout is for the ready line alone.
  const log = pino(
    { name: 'hall-central', level: process.env.LOG_LEVEL ?? 'info' },
    pino.destination({ fd: 2, sync: true }),
  );
  const central = await startCentral({
    port,
    host,
    stateDir: state,
    databaseUrl: databaseUrl(),
    namesFile: names,
    configuration: readConfiguration(state, config),
    silentAfterMinutes: silentAfter,
    clock: () => new Date(),
    log,
  });
  const hurry = new AbortController();
  let ending = false;
  const end = async (): Promise<void> => {
    // Told again: at once.
    if (ending) return hurry.abort();
    ending = true;
    await central.drain(hurry.signal);
    setTimeout(() => process.exit(0), END_WITHIN_MS).unref();
    central.close().then(
      () => process.exit(0),
      (error: unknown) => process.exit(explain(error)),
    );
  };
  process.on('SIGTERM', () => void end());
  process.on('SIGINT', () => void end());
  // Whoever started this is gone: nobody waits for an orderly end.
  process.on('disconnect', () => {
    hurry.abort();
    void end();
  });
  console.log(`central ready ${central.url}`);
}

function databaseUrl(): string | undefined {
  const url = process.env.DATABASE_URL;
  if (!url) return undefined;
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new BadConfiguration('DATABASE_URL must be postgres://user:password@host:port/database');
  }
  return url;
}

function readPort(value: string): number {
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 to 65535');
  return port;
}

function readMinutes(value: string): number {
  const minutes = Number(value);
  if (!/^\d{1,5}$/.test(value) || minutes < 1)
    throw new InvalidArgumentError('minutes: a whole number from 1');
  return minutes;
}

function readRegion(value: string): string {
  if (!/^\d{12}$/.test(value))
    throw new InvalidArgumentError('a region is a 12-digit code, such as 371000000000');
  return value;
}

/** Says what is wrong on stderr and gives the exit code. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return say(4, `${message}; another program has this port: choose another with --port (0 = any free one)`);
  if (code === 'EACCES' || code === 'EPERM') return say(4, `${message}: no permission`);
  if (error instanceof StateTaken) return say(4, message);
  if (error instanceof BadConfiguration || error instanceof BadNames) return say(3, message);
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND')
    return say(1, `the database of DATABASE_URL does not answer: ${message}`);
  return say(1, message);
}

function say(exitCode: number, message: string): number {
  console.error(`hall-central: ${message}`);
  return exitCode;
}
