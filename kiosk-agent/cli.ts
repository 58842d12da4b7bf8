/** The `hall` command. Each verb is one small function; errors end here with the exit code that docs/commands.md names. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { EXIT, explain } from './cli/exit.ts';
import { ROOT, untilToldToEnd, VERSION } from './cli/process.ts';
import { addSatellite, listSatellites, removeSatellite, satelliteName } from './cli/satellite.ts';
import { technicianVerbs } from './cli/technician-verbs.ts';
import { whole } from './cli/whole.ts';
import { configJsonSchema, faultLines, loadConfig } from './config.ts';
import { deviceFaults } from './device/manager.ts';
import type { Link } from './journal/chain.ts';
import { journalCommand, readAgainst } from './journal/commands.ts';
import { Register, STAFF_ROLES, TOKEN_ROLES } from './web/staff.ts';

const program = new Command('hall')
  .description('The software that runs the machines in a public service hall.')
  .version(VERSION);
let exitCode: number = EXIT.done;

program
  .command('box')
  .description('the hall in a box: simulated devices, hub and central server on this computer')
  .option('--port <n>', 'port of the hub, 0 for any free one', port, 8480)
  .option('--central-port <n>', 'port of the central server', port, 8490)
  .option('--sim-port <n>', 'port of the simulated devices', port, 8470)
  .option('--state <dir>', 'where everything is kept', join(ROOT, '.state'))
  .option('--crowd <n>', 'visitors and clerks that keep the hall busy', whole(0, 500), 0)
  .option('--speed <x>', 'how much faster than life the crowd is', whole(1, 1000), 20)
  .option('--lan', 'let other computers of the network in', false)
  .option('--second-kiosk', "another PC's kiosk too: a satellite, its cable to the hub can be pulled", false)
  .action(
    async (options: {
      port: number;
      centralPort: number;
      simPort: number;
      state: string;
      crowd: number;
      speed: number;
      lan: boolean;
      secondKiosk: boolean;
    }) => {
      const { startBox } = await import('./box/box.ts');
      const ending = untilToldToEnd();
      const box = startBox(ROOT, options, (line) => console.log(line));
      // Told to end while it still starts: end what has been started.
      await Promise.race([ending, box]);
      await ending;
      await (await box).end();
    },
  );

program
  .command('run')
  .description('an agent, as its configuration file says')
  .requiredOption('-c, --config <file>', 'configuration file')
  .requiredOption('--state <dir>', 'where the journal, the bindings and the log are kept')
  .addOption(
    new Option('--log <level>', 'how much is logged')
      .choices(['trace', 'debug', 'info', 'warn', 'error'])
      .default('info'),
  )
  .action(async (options: { config: string; state: string; log: string }) => {
    // Loaded here: the small commands need not wait for the whole agent.
    const { runAgent } = await import('./cli/run.ts');
    exitCode = await runAgent(options.config, options.state, options.log);
  });

const config = program.command('config').description('configuration files');
config
  .command('check <file>')
  .description('every error with its path and line')
  .option('--state <dir>', 'what ${state} stands for', '.')
  .action((file: string, options: { state: string }) => {
    const loaded = loadConfig(file, deviceFaults, resolve(options.state));
    if (loaded.ok) {
      const { services, windows, devices, links } = loaded.config;
      console.log(
        `${file}: good. ${services.length} services, ${windows.length} windows, ${devices.length} devices, ${links.length} links.`,
      );
    } else {
      console.error(faultLines(file, loaded.faults));
      exitCode = EXIT.configuration;
    }
  });
config
  .command('schema')
  .description('JSON Schema of the configuration file, for editors')
  .action(() => console.log(JSON.stringify(configJsonSchema(), null, 2)));

const journal = program.command('journal').description('the log of everything that happened');
for (const [verb, description] of [
  ['stat', 'what is in it and what is still to be sent'],
  ['dump', 'one readable line an event'],
  ['verify', 'finds the first record that was changed, removed or inserted; exit 1 then'],
  ['export', 'CloudEvents, one a line'],
] as const) {
  const command = journal
    .command(verb)
    .description(description)
    .requiredOption('--state <dir>', "the agent's state folder")
    .option('--after <seq>', 'only events after this number', whole(0, Number.MAX_SAFE_INTEGER), 0)
    .option('--json', 'for programs', false)
    .action(
      async ({ state, ...options }: { state: string; after: number; json: boolean; against?: Link }) => {
        exitCode = await journalCommand(verb, { ...options, state: resolve(state) }, process.stdout);
      },
    );
  if (verb === 'verify')
    command.option('--against <seq:hash>', 'the last record as the far end names it on its page', against);
}

program
  .command('token')
  .description('tokens for programs and screens on other computers')
  .command('create')
  .description('prints a new bearer token; works beside a running agent')
  .addOption(new Option('--role <role>', 'what it may do').choices(TOKEN_ROLES).makeOptionMandatory())
  .requiredOption('--state <dir>', "the agent's state folder")
  .action(async (options: { role: (typeof TOKEN_ROLES)[number]; state: string }) => {
    mkdirSync(options.state, { recursive: true });
    console.log(await new Register(resolve(options.state)).createToken(options.role, new Date()));
  });

program
  .command('staff')
  .description('people who sign in with a staff number and a PIN')
  .command('set <number>')
  .description('sets the PIN of a staff number; the PIN is read from standard input')
  .addOption(new Option('--role <role>', 'what they may do').choices(STAFF_ROLES).makeOptionMandatory())
  .requiredOption('--state <dir>', "the agent's state folder")
  .action(async (number: string, options: { role: (typeof STAFF_ROLES)[number]; state: string }) => {
    let pin = '';
    for await (const bytes of process.stdin) pin += String(bytes);
    mkdirSync(options.state, { recursive: true });
    await new Register(resolve(options.state)).setPin(number, options.role, pin.trim());
    console.log(`staff ${number} signs in as ${options.role}`);
  });

const satellite = program
  .command('satellite')
  .description('agents that lend their devices to this hub; works beside a running hub');
satellite
  .command('add')
  .argument('<agent>', 'its agent.id', satelliteName)
  .description('lets an agent in and prints its link token, and nothing else; a token it had before ends')
  .requiredOption('--state <dir>', "the hub's state folder")
  .action(async (agent: string, { state }: { state: string }) => {
    exitCode = await addSatellite(agent, state, new Date(), process.stdout);
  });
satellite
  .command('list')
  .description('the agents that are let in')
  .requiredOption('--state <dir>', "the hub's state folder")
  .action(async ({ state }: { state: string }) => {
    exitCode = await listSatellites(state, process.stdout);
  });
satellite
  .command('remove <agent>')
  .description('lets an agent in no longer; exit 1 when there is none of this name')
  .requiredOption('--state <dir>', "the hub's state folder")
  .action(async (agent: string, { state }: { state: string }) => {
    exitCode = await removeSatellite(agent, state, process.stdout);
  });

technicianVerbs(program, (code) => (exitCode = code));

for (const each of [program, ...program.commands, ...program.commands.flatMap((group) => group.commands)])
  each.exitOverride();
try {
  await program.parseAsync();
} catch (error) {
  const usage = error as { code?: string; exitCode?: number };
  if (usage.code?.startsWith('commander.')) exitCode = usage.exitCode === 0 ? EXIT.done : EXIT.wrongUse;
  else {
    const { code, sentence } = explain(error);
    console.error(`hall: ${sentence}`);
    exitCode = code;
  }
}
// Whatever still holds the event loop (a child's pipe, a keep-alive socket) must not keep an ended command alive.
process.exit(exitCode);

function against(text: string): Link {
  const link = readAgainst(text);
  if (!link) throw new InvalidArgumentError('SEQ:HASH, as the far end names its last record of this agent');
  return link;
}

function port(text: string): number {
  return whole(0, 65_535)(text);
}
