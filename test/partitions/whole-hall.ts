/**
 * A hall over four PCs, as real programs: the far end, the hub with a kiosk and an evaluator, a second kiosk, a window PC.
 * Between them are cables that can be pulled; every program can lose its power. Devices are simulated and keep theirs.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import {
  startEvaluator,
  startPrinter,
  startScanner,
  type EvaluatorHandle,
  type PrinterHandle,
  type ScannerHandle,
} from '../../firmware-sim/index.ts';
import { SatelliteRegister } from '../../kiosk-agent/satellites/register.ts';
import { Register } from '../../kiosk-agent/web/staff.ts';
import { hallYaml } from '../harness/hall.ts';
import { ROOT, startProgram, type Program } from '../harness/programs.ts';
import { relay, type Relay } from '../link/relay.ts';

export const SATELLITES = ['kiosk-2', 'window-3'] as const;
export const PLACES = ['central', 'hub', ...SATELLITES] as const;
export type Place = (typeof PLACES)[number];
export const CABLES = ['hub to central', 'kiosk-2 to hub', 'window-3 to hub'] as const;
export type Cable = (typeof CABLES)[number];

export class WholeHall {
  readonly folder: string;
  readonly cables = new Map<Cable, Relay>();
  /** serial → `boot/seq` that the device was told is on disk */
  readonly acknowledged = new Map<string, Set<string>>();
  /** the text of every sheet that came out, at both kiosks */
  readonly papers: string[] = [];
  evaluators: EvaluatorHandle[] = [];
  printers: PrinterHandle[] = [];
  scanner: ScannerHandle | undefined;
  hubYaml = '';
  /** where it is about noon: no run goes over midnight, where numbers begin anew */
  readonly timeZone = noon(new Date());
  tokens: Record<'kiosk' | 'clerk' | 'integrator' | 'kiosk-2', string> = {
    kiosk: '',
    clerk: '',
    integrator: '',
    'kiosk-2': '',
  };
  readonly #running = new Map<Place, Program>();
  readonly #start = new Map<Place, () => Promise<Program>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  state(place: Place): string {
    return join(this.folder, place);
  }

  journal(place: Exclude<Place, 'central'>): string {
    return join(this.state(place), 'journal', 'journal.sqlite');
  }

  /** Its address now; another one after each start of a satellite. Throws while it is away. */
  url(place: Place): string {
    const program = this.#running.get(place);
    if (!program) throw new Error(`${place} has no power`);
    return program.url;
  }

  async powerOff(place: Place): Promise<void> {
    const program = this.#running.get(place);
    this.#running.delete(place);
    await program?.kill();
  }

  async powerOn(place: Place): Promise<void> {
    if (!this.#running.has(place)) this.#running.set(place, await this.#start.get(place)!());
  }

  /** Devices, tokens, cables, programs. */
  async build(): Promise<void> {
    for (const serial of ['PART-1', 'PART-3']) this.evaluators.push(await this.#evaluator(serial));
    for (const id of ['printer-1', 'printer-2'])
      this.printers.push(
        await startPrinter({
          id,
          port: 'tcp:0',
          speed: Number.POSITIVE_INFINITY,
          // The roll itself keeps only the latest.
          onPaper: ({ text }) => this.papers.push(text),
        }),
      );
    this.scanner = await startScanner({ port: 'tcp:0' });
    const [one, three] = this.evaluators.map(({ port }) => port);
    const [paperHere, paperThere] = this.printers.map(({ port }) => port);

    const cli = (file: string, ...args: string[]): string =>
      execFileSync(process.execPath, [join(ROOT, file), ...args], { encoding: 'utf8' });
    writeFileSync(
      join(this.folder, 'central-token'),
      cli(
        'central/cli.ts',
        'agent',
        'add',
        'hub-1',
        '--region',
        '371000000000',
        '--state',
        this.state('central'),
      ),
    );
    const [centralPort, hubPort] = [await freePort(), await freePort()];
    for (const [cable, port] of [
      ['hub to central', centralPort],
      ['kiosk-2 to hub', hubPort],
      ['window-3 to hub', hubPort],
    ] as const)
      this.cables.set(cable, await relay(() => port));
    const through = (cable: Cable): string => `socketio:http://127.0.0.1:${this.cables.get(cable)!.port}`;

    this.#start.set('central', () =>
      startProgram(
        'central/cli.ts',
        ['run', '--port', String(centralPort), '--state', this.state('central')],
        /central ready (http\S+)/,
      ),
    );
    this.hubYaml = hallYaml(`devices:
  - {id: evaluator-1, model: elp1, port: "${one}", window: 1}
  - {id: printer-1, model: escpos-80, port: "${paperHere}"}
links: [{name: central, url: "${through('hub to central')}", token: "file:${join(this.folder, 'central-token')}"}]
rules: {rating: {seconds: 15}, offlineNumbers: {size: 300}}
`).replace('listen: "127.0.0.1:0"', `listen: "127.0.0.1:${hubPort}"`);
    this.#agent('hub', this.hubYaml);
    const devices = {
      'kiosk-2': `  - {id: printer-2, model: escpos-80, port: "${paperThere}"}`,
      'window-3': `  - {id: evaluator-3, model: elp1, port: "${three}", window: 3}
  - {id: scanner-3, model: scanner-serial, port: "${this.scanner.port}"}`,
    };
    const lets = new SatelliteRegister(this.state('hub'));
    for (const agent of SATELLITES) {
      const token = join(this.folder, `${agent}-token`);
      writeFileSync(token, await lets.add(agent, new Date()));
      this.#agent(
        agent,
        hallYaml(`devices:
${devices[agent]}
links: [{name: hub, url: "${through(`${agent} to hub`)}", token: "file:${token}"}]
`).replace(/^agent:.*$/m, `agent: {id: ${agent}, role: satellite, listen: "127.0.0.1:0"}`),
      );
    }
    const register = new Register(this.state('hub'));
    for (const role of ['kiosk', 'clerk', 'integrator'] as const)
      this.tokens[role] = await register.createToken(role, new Date());
    this.tokens['kiosk-2'] = await new Register(this.state('kiosk-2')).createToken('kiosk', new Date());
    await Promise.all(PLACES.map((place) => this.powerOn(place)));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map((program) => program.end()));
    for (const cable of this.cables.values()) await cable.close();
    for (const device of [...this.evaluators, ...this.printers]) await device.close();
    await this.scanner?.close();
  }

  #agent(place: Exclude<Place, 'central'>, yaml: string): void {
    const file = join(this.folder, `${place}.yaml`);
    writeFileSync(file, yaml.replace('Asia/Shanghai', this.timeZone));
    this.#start.set(place, () =>
      startProgram(
        'kiosk-agent/cli.ts',
        ['run', '-c', file, '--state', this.state(place), '--log', 'error'],
        /hall ready (http\S+)/,
      ),
    );
  }

  async #evaluator(serial: string): Promise<EvaluatorHandle> {
    const told = new Set<string>();
    this.acknowledged.set(serial, told);
    const evaluator = await startEvaluator({
      port: 'tcp:0',
      serial,
      onWire: (entry) => {
        if (entry.direction !== 'in') return;
        for (const [, boot, seq] of entry.decoded.matchAll(/\$ACK,([0-9A-F]{8}),(\d+)\*/g))
          told.add(`${boot}/${seq}`);
      },
    });
    // A poor line: what is said gets lost, also the acknowledgement of a press, or comes twice.
    await evaluator.setFault('lost-frames', true, { rate: 0.1 });
    await evaluator.setFault('doubled-frames', true, { rate: 0.2 });
    return evaluator;
  }
}

/** `Etc/GMT-8` is eight hours before Greenwich's clock. */
function noon(now: Date): string {
  const hours = 12 - now.getUTCHours();
  return `Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address ? address.port : 0;
}
