/** A hub that does what a test tells it: the link's far side, `/live` and the calls, written from the contract and not from the agent. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';

export type SeenEvent = { seq: number; type: string; time: string; data: Record<string, unknown> };
export type Call = { method: string; path: string; token: string; body: Record<string, unknown> };
type Said = { id: string; ok?: true; refused?: string; why?: string };

export class ScriptedHub {
  /** all events that came, each once, in order */
  readonly events: SeenEvent[] = [];
  readonly reports: { name: string; data: Record<string, unknown> }[] = [];
  readonly calls: Call[] = [];
  /** the hub's clock minus the satellite's, ms */
  clockAheadMs = 0;
  /** answers a call; null: the connection is cut after the call was heard */
  answer: (call: Call) => { status: number; body: unknown } | null = () => ({
    status: 404,
    body: { code: 'not-found' },
  });
  view: Record<string, unknown> | null = null;
  readonly #token: string;
  readonly #http = createServer((request, response) => void this.#call(request, response));
  readonly #link = new Server(this.#http, {
    path: '/link',
    transports: ['websocket'],
    destroyUpgrade: false,
  });
  readonly #live = new Server(this.#http, { path: '/live', destroyUpgrade: false });
  #socket: Socket | null = null;
  #through = 0;

  constructor(token: string) {
    this.#token = token;
    this.#link.on('connection', (socket) => this.#connected(socket));
    this.#live.on('connection', (socket) => {
      if (this.view) socket.emit('snapshot', { run: 'r', seq: 1, time: '', role: 'kiosk', view: this.view });
    });
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get connected(): boolean {
    return this.#socket?.connected ?? false;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
    return this;
  }

  /** Sends a command and waits for its answer; `deadlineMs` from the hub's now. */
  async command(name: string, data: unknown, deadlineMs = 5_000, id: string = randomUUID()): Promise<Said> {
    const deadline = new Date(Date.now() + this.clockAheadMs + deadlineMs).toISOString();
    if (!this.#socket) throw new Error('no satellite is connected');
    return (await this.#socket.timeout(10_000).emitWithAck('command', { id, name, deadline, data })) as Said;
  }

  ofType(type: string): SeenEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  async close(): Promise<void> {
    this.#link.disconnectSockets(true);
    await this.#live.close();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #connected(socket: Socket): void {
    const { token } = socket.handshake.auth as { token?: string };
    if (token !== this.#token) return void socket.disconnect(true);
    this.#socket = socket;
    socket.on('events', (batch: SeenEvent[], answer: (receipt: { through: number }) => void) => {
      for (const event of batch)
        if (event.seq === this.#through + 1) {
          this.events.push(event);
          this.#through = event.seq;
        }
      answer({ through: this.#through });
    });
    socket.on('report', (report: ScriptedHub['reports'][number], answer: (said: unknown) => void) => {
      this.reports.push(report);
      const now = new Date(Date.now() + this.clockAheadMs).toISOString();
      answer(report.name === 'clock' ? { ok: true, now } : { ok: true });
    });
    socket.emit('welcome', { through: this.#through });
  }

  async #call(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    const call: Call = {
      method: request.method ?? '',
      path: request.url ?? '',
      token: (request.headers.authorization ?? '').replace('Bearer ', ''),
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
    this.calls.push(call);
    const said = this.answer(call);
    if (!said) return void request.socket.destroy();
    response.writeHead(said.status, { 'content-type': 'application/json' }).end(JSON.stringify(said.body));
  }
}
