/** `/health` and `/metrics`: whether the agent makes progress, for people, watchdogs and Prometheus. */
import { Router } from 'express';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { HallError } from '../contract/problem.ts';
import { isLoopback } from './access.ts';
import type { AgentParts } from './parts.ts';

export type Health = {
  status: 'ok' | 'degraded' | 'failing';
  agentId: string;
  role: string;
  version: string;
  journal: { lastSeq: number; backlog: number; oldestPendingS: number; writable: boolean };
  devices: { id: string; kind: string; model: string; state: string; fault?: string }[];
  links: { name: string; state: string; ackedSeq: number; lagEvents: number }[];
  /** a hub's satellites, by agent */
  satellites?: Record<string, { connected: boolean; since: string }>;
  /** at a satellite with a kiosk: numbers that it can give while the hub is away, by prefix */
  numbersLeft?: Record<string, number>;
};

/** What both roles have; a satellite has no line of its own. */
export type HealthParts = Pick<
  AgentParts,
  'journal' | 'config' | 'clock' | 'links' | 'devices' | 'journalState' | 'version'
> &
  Partial<Pick<AgentParts, 'satellites'>> & {
    executor: Pick<AgentParts['executor'], 'writable'>;
    numbersLeft?: () => Record<string, number>;
  };

/** failing: nothing is accepted; degraded: something needs a hand. */
export async function health(parts: HealthParts): Promise<Health> {
  const { journal, executor, config, clock } = parts;
  const links = parts
    .links()
    .map(({ name, state, ackedSeq, lagEvents }) => ({ name, state, ackedSeq, lagEvents }));
  const behind = links.reduce((slowest, link) => Math.min(slowest, link.ackedSeq), journal.durableSeq);
  const oldest = behind < journal.durableSeq ? (await journal.read(behind, 1))[0] : undefined;
  const devices = parts.devices
    .list()
    .map(({ id, kind, model, state, fault }) => ({ id, kind, model, state, ...(fault ? { fault } : {}) }));
  const satellites = Object.entries(parts.satellites?.view() ?? {});
  const trouble =
    devices.some((device) => device.state !== 'ready') ||
    satellites.some(([, { connected }]) => !connected) ||
    links.some((link) => link.state === 'away' || link.state === 'refused') ||
    parts.journalState !== 'ok';
  return {
    status: !executor.writable ? 'failing' : trouble ? 'degraded' : 'ok',
    agentId: config.agent.id,
    role: config.agent.role,
    version: parts.version,
    journal: {
      lastSeq: journal.durableSeq,
      backlog: journal.durableSeq - behind,
      oldestPendingS: oldest
        ? Math.max(0, Math.round((clock().getTime() - Date.parse(oldest.time)) / 1000))
        : 0,
      writable: executor.writable,
    },
    devices,
    links,
    ...(parts.numbersLeft && { numbersLeft: parts.numbersLeft() }),
    ...(parts.satellites && {
      satellites: Object.fromEntries(
        satellites.map(([agent, { connected, since }]) => [agent, { connected, since }]),
      ),
    }),
  };
}

export function healthRoutes(
  parts: HealthParts & Partial<Pick<AgentParts, 'state'>>,
  screens: () => number,
): Router {
  const router = Router();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  gauge(
    registry,
    'hall_journal_last_seq',
    'Sequence number of the last event on disk',
    () => parts.journal.durableSeq,
  );
  gauge(registry, 'hall_journal_writable', '1 while the disk takes writes', () =>
    Number(parts.executor.writable),
  );
  if (parts.state) hallGauges(registry, () => parts.state as AgentParts['state']);
  gauge(registry, 'hall_screens', 'Connected screens', screens);
  labelled(registry, 'hall_link_lag_events', 'Events that the next hop has not acknowledged', 'link', () =>
    parts.links().map((link) => [link.name, link.lagEvents]),
  );
  labelled(registry, 'hall_device_ready', '1 while the device can be used', 'device', () =>
    parts.devices.list().map((device) => [device.id, Number(device.state === 'ready')]),
  );

  router.get('/health', async (_request, response) => {
    response.set('cache-control', 'no-store').json(await health(parts));
  });
  router.get('/metrics', async (request, response) => {
    if (!isLoopback(request.socket.remoteAddress ?? '')) {
      const caller = request.caller;
      if (!caller) throw new HallError('not-signed-in', 'Metrics are open on this PC only, or with a token.');
      if (!['integrator', 'technician', 'manager'].includes(caller.role))
        throw new HallError('not-allowed', 'This is for integrator, technician, manager.');
    }
    response.type(registry.contentType).send(await registry.metrics());
  });
  return router;
}

function hallGauges(registry: Registry, state: () => AgentParts['state']): void {
  gauge(
    registry,
    'hall_tickets_waiting',
    'Tickets in line',
    () => Object.values(state().tickets).filter((ticket) => ticket.state === 'waiting').length,
  );
  gauge(registry, 'hall_tickets_served_today', 'Visits finished today', () => state().served);
}

function gauge(registry: Registry, name: string, help: string, value: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(value());
    },
  });
}

function labelled(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  values: () => [string, number][],
): void {
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [key, value] of values()) this.set({ [label]: key }, value);
    },
  });
}
