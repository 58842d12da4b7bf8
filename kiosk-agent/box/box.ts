/**
 * The hall in a box (`npm start`): central server, simulated devices on real ports, the network cable between them, and
 * the hub, each a program of its own as in a real hall. Whatever the box does, somebody could do by hand with the commands.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { randomBytes, randomInt } from 'node:crypto';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { SatelliteRegister } from '../satellites/register.ts';
import { Register, TOKEN_ROLES } from '../web/staff.ts';
import { Child } from './child.ts';
import { startCrowd } from './crowd.ts';
import { agentOf, devicesOf, writeBoxHall, writeBoxSatellite, type HallDevice } from './hall-file.ts';
import { ensureScreens } from './screens.ts';
import { simulated } from './simulated.ts';

export type BoxOptions = {
  port: number;
  centralPort: number;
  simPort: number;
  state: string;
  crowd: number;
  speed: number;
  lan: boolean;
  /** a satellite too: another PC's kiosk, its link to the hub through a cable that can be pulled */
  secondKiosk: boolean;
};
type BoxStaff = {
  clerk: { staff: string; pin: string };
  manager: { staff: string; pin: string };
  technician: { staff: string; pin: string };
};

const run = promisify(execFile);

/** Starts everything and answers when it is ready; `end` ends all of it. Throws with what could not start. */
export async function startBox(
  root: string,
  options: BoxOptions,
  say: (line: string) => void,
): Promise<{ url: string; end(): Promise<void> }> {
  const state = resolve(options.state);
  const source = join(root, 'halls', 'weihai.yaml');
  const hallFile = join(state, 'hall.yaml');
  const host = options.lan ? '0.0.0.0' : '127.0.0.1';
  const children: Child[] = [];
  const child = (name: string, args: string[], ready: RegExp): Child => {
    const made = new Child({ name, args, ready, log: join(state, 'logs', `${name}.log`), say });
    children.push(made);
    return made;
  };
  /** Where everything is while it runs: for who joins later, as a scenario does. */
  const addresses = join(state, 'box.json');
  const end = async (): Promise<void> => {
    rmSync(addresses, { force: true });
    await Promise.all(children.map((each) => each.stop()));
    for (const each of children) each.close();
  };

  mkdirSync(state, { recursive: true });
  try {
    await ensureScreens(root, say);
    const staff = await people(state);

    const linkToken = await letIn(root, state, source);
    // Stopped and started again it must be found at the same place, so a free port is chosen here.
    const centralPort = options.centralPort || (await freePort());
    const central = child(
      'central',
      [
        join(root, 'central', 'cli.ts'),
        'run',
        '--port',
        String(centralPort),
        '--host',
        host,
        '--state',
        join(state, 'central'),
        '--names',
        join(root, 'halls', 'names-cn.yaml'),
      ],
      /central ready (http\S+)/,
    );
    const centralUrl = await central.start();

    // A hub that comes back after a power cut is where the screens look for it.
    const hubPort = options.port || (await freePort());
    const hubDevices = devicesOf(source);
    const kioskSource = join(root, 'halls', 'weihai-kiosk-2.yaml');
    const kioskDevices = options.secondKiosk
      ? devicesOf(kioskSource).filter(({ id }) => !hubDevices.some((one) => one.id === id))
      : [];
    const cables = [`central=0:${new URL(centralUrl).host}`];
    if (options.secondKiosk) cables.push(`hub=0:127.0.0.1:${hubPort}`);
    const sim = child(
      'simulator',
      simArguments(root, state, options.simPort, host, [...hubDevices, ...kioskDevices], cables),
      /sim ready (http\S+)/,
    );
    const simUrl = await sim.start();
    const ports = await portsOf(simUrl);
    const cable = ports['central'];
    const identity = secretOf(state);
    writeBoxHall(source, hallFile, {
      listen: `${host}:${hubPort}`,
      ports,
      identity,
      central: cable ? `http://${cable.replace(/^tcp:/, '')}` : centralUrl.replace(/\/$/, ''),
      linkToken,
    });

    const hub = child(
      'hub',
      [join(root, 'kiosk-agent', 'cli.ts'), 'run', '-c', hallFile, '--state', state],
      /hall ready (http\S+)/,
    );
    const url = await hub.start();
    writeFileSync(
      addresses,
      `${JSON.stringify({ hub: url, panel: simUrl, central: centralUrl }, null, 2)}\n`,
    );
    let kioskUrl: string | null = null;
    if (options.secondKiosk) {
      const kioskState = join(state, 'kiosk-2');
      mkdirSync(kioskState, { recursive: true });
      const kioskFile = join(kioskState, 'hall.yaml');
      writeBoxSatellite(kioskSource, kioskFile, {
        listen: `${host}:${await freePort()}`,
        ports,
        identity,
        hub: `http://${(ports['hub'] ?? '').replace(/^tcp:/, '')}`,
        publicUrl: url,
        hubDevices: hubDevices.map(({ id }) => id),
        linkToken: await letSatelliteIn(state, kioskState, agentOf(kioskSource).agentId),
      });
      const kiosk = child(
        'kiosk-2',
        [join(root, 'kiosk-agent', 'cli.ts'), 'run', '-c', kioskFile, '--state', kioskState],
        /hall ready (http\S+)/,
      );
      kioskUrl = await kiosk.start();
    }
    say(`hall ready ${url}`);
    say(welcome(url, simUrl, centralUrl, staff, state, kioskUrl));
    const crowd =
      options.crowd > 0
        ? await startCrowd({
            hub: url,
            sim: simUrl,
            state,
            devices: devicesOf(source),
            visitors: options.crowd,
            speed: options.speed,
            say,
          })
        : null;
    const console = listen(central, hub, say);
    return {
      url,
      async end() {
        console();
        await crowd?.();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A port that is free now; whoever takes it before us makes the start fail with its number. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** Staff with PINs made at the first start, and one token a role in `<state>/tokens.json`. */
async function people(state: string): Promise<BoxStaff> {
  const register = new Register(state);
  const pins = join(state, 'staff.json');
  const tokens = join(state, 'tokens.json');
  if (!existsSync(pins)) {
    const pin = (): string => String(randomInt(100_000, 1_000_000));
    const made: BoxStaff = {
      clerk: { staff: '1001', pin: pin() },
      manager: { staff: '8001', pin: pin() },
      technician: { staff: '9001', pin: pin() },
    };
    for (const role of ['clerk', 'manager', 'technician'] as const)
      await register.setPin(made[role].staff, role, made[role].pin);
    writeFileSync(pins, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  }
  if (!existsSync(tokens)) {
    const made: Record<string, string> = {};
    for (const role of TOKEN_ROLES) made[role] = await register.createToken(role, new Date());
    writeFileSync(tokens, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  }
  return JSON.parse(readFileSync(pins, 'utf8')) as BoxStaff;
}

/** Lets the hub in at the central server once; answers the file that holds its token. */
async function letIn(root: string, state: string, source: string): Promise<string> {
  const file = join(state, 'link-token');
  if (!existsSync(file)) {
    const { agentId, region } = agentOf(source);
    const { stdout } = await run(process.execPath, [
      join(root, 'central', 'cli.ts'),
      'agent',
      'add',
      agentId,
      '--region',
      region,
      '--state',
      join(state, 'central'),
    ]);
    writeFileSync(file, `${stdout.trim()}\n`, { mode: 0o600 });
  }
  return file;
}

/** Lets the second kiosk in at the hub; answers the file that holds its token. */
async function letSatelliteIn(state: string, kioskState: string, agent: string): Promise<string> {
  const file = join(kioskState, 'link-token');
  const token = await new SatelliteRegister(state).add(agent, new Date());
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return file;
}

/** The file with the secret by which persons are known, made at the first start. */
function secretOf(state: string): string {
  const file = join(state, 'identity.key');
  if (!existsSync(file)) writeFileSync(file, randomBytes(32), { mode: 0o600 });
  return file;
}

function simArguments(
  root: string,
  state: string,
  port: number,
  host: string,
  devices: HallDevice[],
  cables: string[],
): string[] {
  const args = [
    join(root, 'firmware-sim', 'cli.ts'),
    'panel',
    '--port',
    String(port),
    '--state',
    join(state, 'sim'),
    ...cables.flatMap((cable) => ['--cable', cable]),
    // Its scenarios are played in this hall; box.json is there when the hall is ready.
    '--box',
    state,
    '--scenarios',
    join(root, 'halls', 'scenarios'),
  ];
  if (host !== '127.0.0.1') args.push('--host', host);
  return [...args, ...simulated(devices, join(state, 'dev'))];
}

/** Device id → port string, as the simulator says. */
async function portsOf(sim: string): Promise<Record<string, string>> {
  const devices = (await (await fetch(new URL('api/devices', sim))).json()) as { id: string; port: string }[];
  return Object.fromEntries(devices.map(({ id, port }) => [id, port]));
}

function welcome(
  hub: string,
  sim: string,
  central: string,
  staff: BoxStaff,
  state: string,
  secondKiosk: string | null,
): string {
  const at = (path: string): string => new URL(path, hub).href;
  return `
  Take a ticket     ${at('kiosk')}${secondKiosk ? `\n  Second kiosk      ${new URL('kiosk', secondKiosk).href}   pull the cable "hub" of the simulated devices` : ''}
  Hall board        ${at('board')}
  Window screen     ${at('window/1')}
  Clerk             ${at('clerk')}        staff ${staff.clerk.staff}, PIN ${staff.clerk.pin}
  Technician        ${at('technician')}   staff ${staff.technician.staff}, PIN ${staff.technician.pin}
  Simulated devices ${sim}   keys, paper, cards, signs, cables to pull
  Far end           ${central}

  Type a line: central stop · central start · hub kill (power cut; it comes back by itself)
  Everything is kept in ${state}. Ctrl-C ends it.`;
}

/** Lines typed on the console; answers how to stop listening. */
function listen(central: Child, hub: Child, say: (line: string) => void): () => void {
  const lines = createInterface({ input: process.stdin });
  const commands: Record<string, () => Promise<unknown> | void> = {
    'central stop': () => central.stop().then(() => say('central stopped')),
    'central start': () => central.start().then((url) => say(`central ready ${url}`)),
    'hub kill': () => hub.kill(),
  };
  lines.on('line', (line) => {
    const command = commands[line.trim().replace(/\s+/g, ' ')];
    if (!command)
      return line.trim() === ''
        ? undefined
        : say(`Not a command: ${line.trim()}. There are: ${Object.keys(commands).join(', ')}.`);
    Promise.resolve(command()).catch((error: unknown) =>
      say(error instanceof Error ? error.message : String(error)),
    );
  });
  return () => lines.close();
}
