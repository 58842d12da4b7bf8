/** The hub's desk for satellites: their places at the windows, their printers, the numbers leased to them, who is here and who is away. */
import type { Server as HttpServer } from 'node:http';
import type { Logger } from 'pino';
import type { HallEvent } from '../contract/events.ts';
import type { SatelliteReport } from '../contract/link.ts';
import type { DeviceView, SatelliteView } from '../contract/live.ts';
import type { Evaluator, Sign, TicketPrinter } from '../device/driver/interfaces.ts';
import type { Clock, Executor } from '../executor.ts';
import { localTime } from '../hall/day.ts';
import { blocksOf } from '../hall/satellites/state.ts';
import { SatelliteReceiver } from './receiver.ts';
import { SatelliteRegister } from './register.ts';
import type { RemoteParts } from './remote-device.ts';
import { remoteEvaluator } from './remote-evaluator.ts';
import { remotePad, type RemotePad } from './remote-pad.ts';
import { RemotePrinter, SheetsUnderWay } from './remote-printer.ts';
import { remoteSign } from './remote-sign.ts';
import { Roster } from './roster.ts';

/** The desk looks around at this interval: who was removed is sent away, who is new is missed, ms. */
const LOOK_MS = 10_000;
const BLOCKS_MS = 10_000;

export type SatelliteDesk = {
  /** one place at each window that has no evaluator of the hub's own */
  evaluators: { window: number; evaluator: Evaluator; keyMap: Readonly<Record<string, never>> }[];
  pads: {
    window: number;
    pad: RemotePad;
    readonly staff: string | undefined;
    readonly transferTo: string | undefined;
  }[];
  signs: { window: number; sign: Sign }[];
  printersOf(agent: string): TicketPrinter[];
  /** announced devices, as agent/device */
  devices(): DeviceView[];
  view(): Record<string, SatelliteView>;
  /** the agent whose link token this is, or null */
  agentOf(token: string): Promise<string | null>;
  /** Takes its place on the hub's HTTP server. */
  serve(http: HttpServer): void;
  /** May be called twice. */
  close(): Promise<void>;
};

export type DeskOptions = {
  executor: Executor;
  stateFolder: string;
  /** hall.id of the configuration */
  hall: string;
  windows: readonly number[];
  /** windows with an evaluator of the hub's own */
  taken: ReadonlySet<number>;
  clock: Clock;
  log: Logger;
  /** something that screens show has changed */
  changed: () => void;
};

/** Builds the desk; satellites come in when it serves. Rejects when the register cannot be read. */
export async function startSatelliteDesk(options: DeskOptions): Promise<SatelliteDesk> {
  const { executor, hall, windows, taken, clock, log, changed } = options;
  const register = new SatelliteRegister(options.stateFolder);
  const roster = new Roster(clock);
  const sheets = new SheetsUnderWay();
  let receiver: SatelliteReceiver | null = null;
  const parts: RemoteParts = {
    roster,
    send: async (...command) =>
      (await receiver?.command(...command)) ?? { ok: false, refused: 'away', why: 'the hub is not open yet' },
  };
  const evaluators = windows
    .filter((window) => !taken.has(window))
    .map((window) => ({ window, evaluator: remoteEvaluator(window, parts, clock), keyMap: {} }));
  const pads = windows.map((window) => {
    const pad = remotePad(window, parts);
    return {
      window,
      pad,
      get staff() {
        return pad.there?.staff;
      },
      get transferTo() {
        return pad.there?.transferTo;
      },
    };
  });
  const signs = windows.map((window) => ({ window, sign: remoteSign(window, parts) }));
  const printers = new Map<string, RemotePrinter>();

  const printersOf = (agent: string): TicketPrinter[] =>
    roster.printers(agent).map(({ device }) => {
      const name = `${agent} ${device}`;
      const printer = printers.get(name) ?? new RemotePrinter(agent, device, parts, sheets);
      printers.set(name, printer);
      return printer;
    });

  /** satellites that have their blocks on disk, as far as this connection knows */
  const supplied = new Set<string>();
  /** Numbers for a kiosk, for the time when it is cut off. What fails (the disk, the line) is tried again with the next look. */
  const supply = async (agent: string): Promise<void> => {
    supplied.add(agent);
    try {
      const leased = await executor.execute({ name: 'block.lease', agent });
      if (!leased.ok) throw new Error(leased.refusal.detail);
      const { satellites, day } = executor.state;
      const blocks = blocksOf(satellites, agent, day).map(({ prefix, from, to, untilDay }) => ({
        prefix,
        from,
        to,
        untilDay,
      }));
      const answer = await parts.send(agent, 'blocks', { blocks }, BLOCKS_MS);
      if (!answer.ok) throw new Error(`${answer.refused}: ${answer.why}`);
    } catch (error) {
      supplied.delete(agent);
      log.warn({ agent, error }, 'a kiosk has not got its numbers yet');
    }
  };

  const note = (agent: string, done: Promise<unknown>): void => {
    done.catch((error: unknown) =>
      log.warn({ agent, error }, 'the standing of a satellite was not recorded'),
    );
  };
  const joined = (agent: string, epoch: string, trouble: 'set-back' | null): void => {
    log.info({ agent, epoch }, 'satellite connected');
    sheets.cut(agent);
    supplied.delete(agent);
    roster.joined(agent, trouble);
    note(agent, executor.execute({ name: 'satellite.join', agent, epoch }));
  };
  const left = (agent: string): void => {
    log.warn({ agent }, 'satellite away');
    sheets.cut(agent);
    supplied.delete(agent);
    roster.left(agent);
    note(agent, executor.execute({ name: 'satellite.leave', agent, why: 'its connection ended' }));
  };
  const reported = (agent: string, report: SatelliteReport): Record<string, unknown> => {
    if (report.name === 'clock') return { now: clock().toISOString() };
    roster.announced(agent, report.data);
    if (report.data.kiosk && !supplied.has(agent)) void supply(agent);
    return {};
  };
  const onTaken = (agent: string, event: HallEvent, followed: HallEvent[]): void => {
    if (event.type === 'hall.sheet.settled') sheets.settle(agent, event.data.job, event.data);
    if (event.type !== 'hall.key.kept') return;
    // The rules have told a late one apart: it left a trace and means nothing any more.
    if (followed.some(({ type, data }) => type === 'hall.trace.recorded' && data.action === 'late-key'))
      return;
    pads.find(({ window }) => window === event.data.window)?.pad.pressed(event.data, clock());
  };

  const onCommitted = (events: HallEvent[]): void => {
    if (!events.some(({ type }) => type === 'hall.day.opened')) return;
    for (const agent of roster.kiosks()) void supply(agent);
  };
  executor.on('committed', onCommitted);
  roster.on('changed', changed);

  let here = new Map<string, string>();
  const readRegister = async (): Promise<void> => {
    const now = new Map((await register.all()).map(({ agent, hash }) => [agent, hash]));
    // Removed, or given a new token: the connection that the old one opened ends.
    for (const [agent, hash] of here) if (now.get(agent) !== hash) receiver?.drop(agent);
    here = now;
    roster.expect([...now.keys()]);
  };
  await readRegister();
  // Whoever was here when the hub stopped is away until it comes again.
  for (const agent of new Set(
    Object.values(executor.state.satellites.known).flatMap((each) => (each.connected ? [each.agent] : [])),
  ))
    note(agent, executor.execute({ name: 'satellite.leave', agent, why: 'the hub was started' }));
  const looking = setInterval(() => {
    readRegister().catch((error: unknown) =>
      log.error({ error }, 'the register of satellites cannot be read'),
    );
    for (const agent of roster.kiosks()) if (!supplied.has(agent)) void supply(agent);
  }, LOOK_MS);

  let closing: Promise<void> | null = null;
  return {
    evaluators,
    pads,
    signs,
    printersOf,
    devices: () => roster.list(),
    view: () => roster.view((at) => localTime(at, executor.rules.timeZone)),
    agentOf: (token) => register.agentOf(token),
    serve(http) {
      const on = { joined, left, reported, taken: onTaken };
      receiver ??= new SatelliteReceiver({ http, hall, executor, register, clock, log, on });
    },
    close: () =>
      (closing ??= (async () => {
        clearInterval(looking);
        executor.off('committed', onCommitted);
        await receiver?.close();
        sheets.cut();
        roster.off('changed', changed);
        for (const { evaluator } of evaluators) await evaluator.close();
        for (const { pad } of pads) await pad.close();
        for (const { sign } of signs) await sign.close();
      })()),
  };
}
