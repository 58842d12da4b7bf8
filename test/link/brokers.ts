/** Real brokers for tests: aedes (MQTT 3.1.1) in this process, Mosquitto (MQTT 5) as a process of its own. */
import { Aedes } from 'aedes';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type TestBroker = {
  readonly port: number;
  /** as a power cut; what it keeps on disk it keeps */
  kill(): Promise<void>;
  /** again, on the same port */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

/** A broker that knows no MQTT 5 and no shared subscriptions, and forgets everything when it ends. */
export async function aedesBroker(): Promise<TestBroker> {
  const sockets = new Set<Socket>();
  const start = async (port: number) => {
    const aedes = await Aedes.createBroker({ heartbeatInterval: 1_000 });
    const server = createServer((socket) => {
      sockets.add(socket.on('close', () => sockets.delete(socket)));
      aedes.handle(socket);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return { aedes, server };
  };
  let running = await start(0);
  const { port } = running.server.address() as AddressInfo;
  const kill = async () => {
    const closed = once(running.server, 'close');
    running.server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
    await new Promise<void>((resolve) => running.aedes.close(resolve));
  };
  return {
    port,
    kill,
    stop: kill,
    restart: async () => {
      running = await start(port);
    },
  };
}

/** Mosquitto from `program`, with `lines` more in its configuration. Its own store is kept between kill and restart when they ask for it. */
export async function mosquittoBroker(program: string, lines: string[] = []): Promise<TestBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'mosquitto-'));
  const port = await freePort();
  const file = join(folder, 'mosquitto.conf');
  const all = ['allow_anonymous true', 'user root', `persistence_location ${folder}/`, ...lines];
  await writeFile(file, `${[`listener ${port} 127.0.0.1`, ...all].join('\n')}\n`);
  let child: ChildProcess;
  const start = async () => {
    child = spawn(program, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr!.on('data', (bytes: Buffer) => (said += bytes.toString()));
    const failed = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`${program} ended with ${code}: ${said}`)));
    });
    failed.catch(() => undefined);
    await Promise.race([listening(port), failed]);
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    port,
    kill,
    restart: start,
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
