/** The guest as a hall's computer: the user that runs the agent, its udev rules, the programs that it runs. */
import { execFile, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Register, TOKEN_ROLES } from '../../../kiosk-agent/web/staff.ts';
import { api, ROOT, until } from '../../harness/programs.ts';
import { LIMIT_MS } from './check.ts';

const HALL = { uid: 977, gid: 977 };
const CONFIG = join(ROOT, 'test/lab/hall.yaml');
/** The configuration with the right speeds. */
const RIGHT = '/tmp/hall-right.yaml';
export const STATE = '/var/lib/public-service-hall';
const CLI = join(ROOT, 'kiosk-agent/cli.ts');

/** The user `hall` without any other group, an empty state folder, and a way to the program. */
export function makeUser(): void {
  if (/^hall:/m.test(readFileSync('/etc/passwd', 'utf8') + readFileSync('/etc/group', 'utf8')))
    throw new Error('this computer has a user or group hall of its own');
  appendFileSync('/etc/group', `hall:x:${HALL.gid}:\n`);
  appendFileSync('/etc/passwd', `hall:x:${HALL.uid}:${HALL.gid}::${STATE}:/usr/sbin/nologin\n`);
  mkdirSync(STATE, { recursive: true });
  // The checkout may lie in somebody's home; what is changed here is thrown away with the guest.
  for (let folder = ROOT; folder !== '/'; folder = dirname(folder))
    chmodSync(folder, (statSync(folder).mode & 0o777) | 0o555);
}

type Tokens = Record<(typeof TOKEN_ROLES)[number], string>;

/** A bearer token for each role; the state folder belongs to the agent's user afterwards. */
export async function makeTokens(): Promise<Tokens> {
  const register = new Register(STATE);
  const made = {} as Tokens;
  for (const role of TOKEN_ROLES) made[role] = await register.createToken(role, new Date());
  for (const path of [STATE, join(STATE, 'access.json')]) chownSync(path, HALL.uid, HALL.gid);
  return made;
}

export type Agent = {
  as: (role: (typeof TOKEN_ROLES)[number]) => ReturnType<typeof api>;
  /** what it has logged */
  said(): string;
  /** SIGTERM; answers the exit code */
  end(): Promise<number | null>;
};

/** Somebody corrects the speeds in the configuration; what is started from now on reads it so. */
export function correctSpeeds(): void {
  writeFileSync(RIGHT, readFileSync(CONFIG, 'utf8').replaceAll('?baud=4800', ''));
  config = RIGHT;
}
let config = CONFIG;

/** `hall run` as the user hall. */
export async function startAgent(tokens: Tokens): Promise<Agent> {
  const agent = spawn(process.execPath, [CLI, 'run', '-c', config, '--state', STATE], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment('agent'),
    ...HALL,
  });
  let said = '';
  for (const stream of [agent.stdout, agent.stderr]) stream.on('data', (bytes) => (said += String(bytes)));
  const ended = new Promise<number | null>((resolve) => agent.once('exit', resolve));
  void ended.then((code) => (said += `\nended with ${code}`));
  const url = await until(
    'the agent to be ready',
    () => {
      if (agent.exitCode !== null) throw new Error(said);
      return /^hall ready (\S+)/m.exec(said)?.[1];
    },
    4 * LIMIT_MS,
  );
  return {
    as: (role) => api(url, tokens[role]),
    said: () => said,
    end() {
      agent.kill('SIGTERM');
      return ended;
    },
  };
}

/**
 * `hall WORDS --json` of this configuration, as the agent's user or as root; answers its exit code and its document.
 * Node itself falls over now and then in the emulated machine (docs/lab.md): that is said, and it is run once more.
 */
export async function hall(words: string, user: 'hall' | 'root'): Promise<{ code: number; said: unknown }> {
  const first = await runHall(words, user);
  if (first.signal === null) return documentOf(words, first);
  console.log(
    `  (node ended by ${first.signal} in \`hall ${words}\`, and is run again: ${first.complaint.slice(0, 200)})`,
  );
  return documentOf(words, await runHall(words, user));
}

type Ran = { code: number | null; signal: string | null; out: string; complaint: string };

function runHall(words: string, user: 'hall' | 'root'): Promise<Ran> {
  const given = [CLI, ...words.split(' '), '-c', config, '--state', STATE, '--json', '--lang', 'en'];
  const program = spawn(process.execPath, given, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment('commands'),
    ...(user === 'hall' && HALL),
  });
  let out = '';
  let complaint = '';
  program.stdout.on('data', (bytes) => (out += String(bytes)));
  program.stderr.on('data', (bytes) => (complaint += String(bytes)));
  return new Promise((resolve, reject) => {
    program.once('error', reject);
    program.once('close', (code, signal) => resolve({ code, signal, out, complaint }));
  });
}

/** An emulated processor needs ten seconds for Node to read the program's files: what it made of them is kept. */
function environment(program: string): NodeJS.ProcessEnv {
  const folder = `/tmp/hall-compiled/${program}`;
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o1777);
  return { ...process.env, NODE_COMPILE_CACHE: folder };
}

function documentOf(words: string, { code, signal, out, complaint }: Ran): { code: number; said: unknown } {
  if (code === null) throw new Error(`hall ${words} was ended by ${signal}: ${complaint}`);
  try {
    return { code, said: JSON.parse(out) };
  } catch {
    throw new Error(`hall ${words} (${code}) said ${out}${complaint}`);
  }
}

/** Puts the rules where `hall service --install` puts them, and applies them to what is plugged in as that does. */
export async function installRules(file: string): Promise<void> {
  mkdirSync('/etc/udev/rules.d', { recursive: true });
  copyFileSync(file, '/etc/udev/rules.d/99-public-service-hall.rules');
  await run('udevadm', 'control', '--reload');
  const subsystems = ['tty', 'hidraw', 'usbmisc', 'usb'].map((name) => `--subsystem-match=${name}`);
  await run('udevadm', 'trigger', '--action=change', ...subsystems);
}

function run(program: string, ...given: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, given, (error) => (error ? reject(error) : resolve()));
  });
}

/** Another program that has a port open, as root, so that nobody else may; resolves when it has. */
export async function holdPort(path: string): Promise<{ letGo(): Promise<void> }> {
  const holder = spawn(process.execPath, [join(import.meta.dirname, 'port-holder.ts'), path], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => holder.once('exit', resolve));
  let said = '';
  holder.stdout.on('data', (bytes) => (said += String(bytes)));
  await until(`another program to hold ${path}`, () => said.includes('held'), LIMIT_MS);
  return {
    async letGo() {
      holder.kill('SIGTERM');
      await ended;
    },
  };
}
