/** The verbs for technicians: devices, doctor, capture, print-test, service. Registered on `hall`; each is a small function. */
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { attemptsFor } from '../device/attempts.ts';
import { systemClock } from '../device/clock.ts';
import { systemSources } from '../device/found.ts';
import { nodeHid } from '../device/transport/node-hid.ts';
import { capture } from './capture.ts';
import { bindDevice, listDevices, unbindDevice, type Said } from './devices.ts';
import { doctor } from './doctor.ts';
import { EXIT } from './exit.ts';
import { LANGUAGES, languageOf, type Language } from './language.ts';
import { printTest } from './print-test.ts';
import { ROOT, untilToldToEnd, VERSION } from './process.ts';
import { service, SERVICE_PARTS, type ServicePart } from './service.ts';
import { whole } from './whole.ts';

type Common = { config: string; state: string; lang?: Language };

/** Registers the verbs; `exit` is told each verb's exit code. */
export function technicianVerbs(program: Command, exit: (code: number) => void): void {
  const language = (wish: Language | undefined): Language => languageOf(wish, process.env);
  const say = ({ lines, exitCode }: Said): void => {
    for (const line of lines) console.log(line);
    exit(exitCode);
  };
  const lang = (): Option => new Option('--lang <language>', 'language of the answer').choices(LANGUAGES);
  const located = (command: Command): Command =>
    command
      .option('-c, --config <file>', 'configuration file (default: hall.yaml in the state folder)')
      .option('--state <dir>', "the agent's state folder", join(ROOT, '.state'))
      .addOption(lang())
      .hook('preAction', (_, verb) => {
        if (verb.getOptionValue('config') === undefined)
          verb.setOptionValue('config', join(verb.getOptionValue('state') as string, 'hall.yaml'));
      });

  // `-c` of `devices` and of `devices bind` are two: what stands behind the verb belongs to the verb.
  program.enablePositionalOptions();
  const devices = program
    .command('devices')
    .enablePositionalOptions()
    .description('what is plugged in, what it is taken for, what is missing, which device has it')
    .option('-c, --config <file>', 'configuration file; without it only what is plugged in is listed')
    .option('--state <dir>', "the agent's state folder; without it no bindings are known")
    .option('--json', 'for programs', false)
    .addOption(lang())
    .action(async (options: Partial<Common> & { json: boolean }) => {
      const hid = nodeHid();
      say(
        await listDevices(
          { ...options, language: language(options.lang) },
          { sources: systemSources(hid), clock: systemClock },
        ),
      );
    });
  located(devices.command('bind <device> [port]'))
    .description(
      'binds a device to what is plugged in: a key of the list, a path, or --press and press one of its keys',
    )
    .option('--press', 'listen on everything that is free until a key is pressed', false)
    .option('--seconds <n>', 'how long to listen', whole(5, 600), 60)
    .action(
      async (
        device: string,
        port: string | undefined,
        options: Common & { press: boolean; seconds: number },
      ) => {
        if ((port === undefined) !== options.press) {
          console.error('hall devices bind: name a port, or --press');
          return exit(EXIT.wrongUse);
        }
        const hid = nodeHid();
        const stop = new AbortController();
        process.once('SIGINT', () => stop.abort());
        say(
          await bindDevice(
            device,
            port === undefined ? { press: true, seconds: options.seconds } : { key: port },
            { ...options, json: false, language: language(options.lang) },
            {
              sources: systemSources(hid),
              clock: systemClock,
              random: Math.random,
              attempts: (row, model, found) =>
                attemptsFor(row, model, found, { clock: systemClock, random: Math.random, hid }),
              progress: (line) => console.error(line),
              signal: stop.signal,
            },
          ),
        );
      },
    );
  located(devices.command('unbind <device>'))
    .description('takes a binding away; the port of the configuration counts again')
    .action(async (device: string, options: Common) => {
      say(
        await unbindDevice(
          device,
          { ...options, json: false, language: language(options.lang) },
          { clock: systemClock },
        ),
      );
    });

  located(program.command('doctor'))
    .description(
      'checks everything that a technician would; one line each, with what to do; exit 1 for trouble',
    )
    .option('--json', 'for programs', false)
    .action(async (options: Common & { json: boolean }) => {
      say(
        await doctor(
          {
            ...options,
            language: language(options.lang),
            colours: process.stdout.isTTY && !process.env['NO_COLOR'],
          },
          { env: process.env, now: () => new Date() },
        ),
      );
    });

  located(program.command('capture <device>'))
    .description(
      "a device's wire with its times, as lines of JSON on stdout, until Ctrl-C (docs/captures.md)",
    )
    .option('--seconds <n>', 'so long', whole(1, 3600))
    .action(async (device: string, options: Common & { seconds?: number }) => {
      const ended = new AbortController();
      void untilToldToEnd().then(() => ended.abort());
      exit(
        await capture(
          { ...options, device, language: language(options.lang) },
          { out: process.stdout, error: (line) => console.error(line), ended: ended.signal },
        ),
      );
    });

  located(program.command('print-test [printer]'))
    .description('prints a status ticket: address, devices, link, backlog, clock')
    .action(async (printer: string | undefined, options: Common) => {
      say(
        await printTest(
          { ...options, ...(printer !== undefined && { printer }), language: language(options.lang) },
          VERSION,
        ),
      );
    });

  located(program.command('service'))
    .description('prints or installs the systemd unit, the udev rules, and a Windows service definition')
    .addOption(new Option('--print <part>', 'only this one').choices(SERVICE_PARTS))
    .option('--install', 'installs unit and rules on this computer (as root)', false)
    .option('--user <name>', 'user that runs the agent', 'hall')
    .action(async (options: Common & { print?: ServicePart; install: boolean; user: string }) => {
      exit(
        await service(
          { ...options, language: language(options.lang) },
          {
            node: process.execPath,
            root: ROOT,
            env: process.env,
            platform: process.platform,
            uid: process.getuid?.(),
            at: '',
            out: (line) => console.log(line),
            error: (line) => console.error(line),
          },
        ),
      );
    });
}
