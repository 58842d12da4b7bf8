/** `hall-sim run`: plays a scenario on a running hall, and says whether what was done has arrived. */
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { boxPlaces, type Places, readTokens } from '../scenario/box.ts';
import { planDay } from '../scenario/plan.ts';
import type { ScenarioProgress, ScenarioReport } from '../scenario/progress.ts';
import { readScenario, scenarioFaultLines } from '../scenario/read-scenario.ts';
import { createScenarioRunner } from '../scenario/runner.ts';
import { parsed, say } from './one-device.ts';

type RunCommand = {
  plan?: boolean;
  hub?: string;
  panel?: string;
  tokens?: string;
  box?: string;
  central?: string;
  centralToken?: string;
  speed?: number;
  seed?: number;
  report?: string;
  json?: boolean;
};

/** 0 equal, 1 differences, 2 wrong use, 3 the file or the hall does not fit, 4 nobody answers. */
const exit = { differences: 1, wrongUse: 2, configuration: 3, port: 4 } as const;
const failureCode = {
  'does-not-fit': exit.configuration,
  'no-answer': exit.port,
  'broke-off': exit.differences,
};
const SAY_MS = 2000;

export function addRun(program: Command) {
  program
    .command('run <scenario>')
    .description("a hall's day at a chosen speed: what was done is compared with what arrived")
    .option('--plan', 'print what would be done, a line of JSON each, and end')
    .option('--box <dir>', 'state folder of a running `npm start`: addresses and tokens are there')
    .option('--hub <url>', 'the hub, as http://127.0.0.1:8480/', parsed(address))
    .option('--panel <url>', 'the panel of the simulated devices', parsed(address))
    .option('--tokens <file>', "the hub's tokens as JSON: kiosk, clerk, integrator, technician")
    .option('--central <url>', 'the far end; without it, it is not asked', parsed(address))
    .option(
      '--central-token <file>',
      "the viewer's token, or a tokens.json with it; default: $HALL_CENTRAL_TOKEN",
    )
    .option('--speed <n>', 'hall time goes n times as fast (1 to 1000)', parsed(speed))
    .option('--seed <n>', 'another day of the same kind', parsed(seed))
    .option('--report <file>', 'everything that was done, and every difference, as JSON')
    .option('--json', 'progress and result as lines of JSON')
    .addHelpText(
      'after',
      '\nExit code: 0 equal, 1 differences, 2 wrong use, 3 scenario or hall do not fit, 4 nobody answers.\nMore: docs/scenarios.md',
    )
    .action(async (file: string, options: RunCommand) => {
      process.exitCode = await run(file, options);
    });
}

async function run(file: string, options: RunCommand): Promise<number> {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
    // Known before the day, not after it.
    if (options.report !== undefined) accessSync(dirname(options.report), constants.W_OK);
  } catch (error) {
    return complain(exit.wrongUse, (error as Error).message);
  }
  const read = readScenario(source);
  if (!read.ok) return complain(exit.configuration, ...scenarioFaultLines(file, read.faults));
  if (options.plan) {
    for (const one of planDay(read.scenario, options.seed ?? read.scenario.seed)) say(JSON.stringify(one));
    return 0;
  }
  let places: Places;
  try {
    places = placesOf(options);
  } catch (error) {
    return complain(exit.wrongUse, (error as Error).message);
  }
  const runner = createScenarioRunner(places);
  const started = runner.start(read.scenario, {
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.speed === undefined ? {} : { speed: options.speed }),
  });
  if (!started.ok) return complain(exit.configuration, ...started.why);

  const tell = () =>
    say(options.json ? JSON.stringify(spoken(runner.progress())) : lineOf(runner.progress()));
  const telling = setInterval(tell, SAY_MS);
  const end = () => {
    process.stderr.write('ending the day; once more ends it at once\n');
    void runner.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  const last = await started.done;
  clearInterval(telling);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end);

  if (!last.report) return complain(failureCode[last.failure ?? 'broke-off'], ...last.why);
  if (options.report) writeFileSync(options.report, `${JSON.stringify(last.report, null, 2)}\n`);
  if (options.json) say(JSON.stringify({ ...last.report, done: undefined }));
  else for (const line of tableOf(last.report)) say(line);
  return last.report.equal ? 0 : exit.differences;
}

function placesOf(options: RunCommand): Places {
  const box = options.box === undefined ? undefined : boxPlaces(options.box);
  const hub = options.hub ?? box?.hub;
  const panel = options.panel ?? box?.panel;
  const tokens = options.tokens === undefined ? box?.tokens : readTokens(options.tokens);
  if (!hub || !panel || !tokens)
    throw new RangeError('name the hall: --box DIR, or --hub URL --panel URL --tokens FILE');
  const url = options.central;
  if (url === undefined) return { hub, panel, tokens, ...(box?.central && { central: box.central }) };
  const token =
    options.centralToken === undefined
      ? (process.env['HALL_CENTRAL_TOKEN'] ?? box?.central?.token)
      : tokenIn(readFileSync(options.centralToken, 'utf8'));
  if (!token)
    throw new RangeError("--central needs the viewer's token: --central-token FILE or $HALL_CENTRAL_TOKEN");
  return { hub, panel, tokens, central: { url, token } };
}

/** A file with the token alone, or the far end's tokens.json. */
function tokenIn(text: string): string {
  if (!text.trimStart().startsWith('{')) return text.trim();
  const { viewer } = JSON.parse(text) as { viewer?: unknown };
  return typeof viewer === 'string' ? viewer : '';
}

function complain(code: number, ...lines: string[]): number {
  for (const line of lines) process.stderr.write(`hall-sim: ${line}\n`);
  return code;
}

/** One line of how it goes. */
export function lineOf({ phase, time, share, counts }: ScenarioProgress): string {
  const where = phase === 'day' ? `${String(Math.floor(share * 100)).padStart(3)} %` : (phase ?? '');
  return [
    `${time ?? '--:--:--'} ${where}`,
    `arrived ${counts.arrived} of ${counts.planned}`,
    `in the hall ${counts.inHall} (${counts.waiting} waiting)`,
    `served ${counts.served}`,
    `missed ${counts.missed}`,
    `left ${counts.cancelled}`,
    `pressed ${counts.pressed}`,
    `faults on ${counts.faultsOn}`,
  ].join(' · ');
}
const spoken = ({ lines: _lines, report: _report, ...rest }: ScenarioProgress) => rest;

/** The end of it: a table, every difference by name, and the verdict. */
export function tableOf(report: ScenarioReport): string[] {
  const width = Math.max(...report.rows.map(({ what }) => what.length));
  const row = (what: string, done: string | number, arrived: string | number, differences: string | number) =>
    `${what.padEnd(width)}  ${String(done).padStart(7)}  ${String(arrived).padStart(7)}  ${String(differences).padStart(11)}`;
  return [
    '',
    row('', 'done', 'arrived', 'differences'),
    ...report.rows.map((each) => row(each.what, each.done, each.arrived, each.differences)),
    '',
    ...report.differences.map(({ what, sentence }) => `DIFFERENT  ${what}: ${sentence}`),
    ...report.notes.map((note) => `note  ${note}`),
    `${report.scenario}, seed ${report.seed}${report.stopped ? ', ended early' : ''}: ${
      report.equal ? 'what was done has arrived, each once' : `${report.differences.length} differences`
    }`,
  ];
}

function address(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new RangeError('an address as http://127.0.0.1:8480/');
  return text.endsWith('/') ? text : `${text}/`;
}
function speed(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= 1000)) throw new RangeError('a speed is 1 to 1000');
  return value;
}
function seed(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 0xffffffff)
    throw new RangeError('a seed is a whole number, 0 to 4294967295');
  return value;
}
