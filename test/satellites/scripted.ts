/** A satellite as a test plays it: a plain Socket.IO client that speaks the link, written from docs/satellites.md. */
import { io, type Socket } from 'socket.io-client';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { ScriptedJournal } from './journal.ts';

type Said = { id: string; name: string; deadline: string; data: Record<string, unknown> };
type Answer = { ok?: true; refused?: string; why?: string };
export type DeviceReport = {
  id: string;
  kind: string;
  state: string;
  window: number | null;
  [more: string]: unknown;
};

export class ScriptedSatellite {
  readonly journal: ScriptedJournal;
  readonly commands: Said[] = [];
  /** what it answers to a command; undefined: nothing at all */
  answer: (command: Said) => Answer | undefined = () => ({ ok: true });
  #socket: Socket | null = null;
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string, agent: string, epoch?: string) {
    this.#url = url;
    this.#token = token;
    this.journal = new ScriptedJournal(agent, epoch);
  }

  /** Connects and resolves with `through` of the welcome, or the code of the refusal. */
  connect(): Promise<number | string> {
    const { agent, epoch, last } = this.journal;
    const socket = io(this.#url, {
      path: '/link',
      transports: ['websocket'],
      auth: { agentId: agent, epoch, token: this.#token, last },
      reconnection: false,
      forceNew: true,
    });
    this.#socket = socket;
    socket.on('command', (command: Said, reply: (answer: object) => void) => {
      this.commands.push(command);
      const answer = this.answer(command);
      if (answer) reply({ id: command.id, ...answer });
    });
    return new Promise((resolve) => {
      socket.once('welcome', ({ through }: { through: number }) => resolve(through));
      socket.once('connect_error', (error: Error & { data?: { code?: string } }) =>
        resolve(error.data?.code ?? error.message),
      );
    });
  }

  get connected(): boolean {
    return this.#socket?.connected ?? false;
  }

  /** Sends records and resolves with the receipt; `after`: only those behind this number. */
  async deliver(after = 0, events: HallEvent[] = this.journal.events.slice(after)): Promise<unknown> {
    return await this.#socket?.timeout(10_000).emitWithAck('events', events);
  }

  /** Sends records and does not wait: what became of them is not known. */
  throwOver(after = 0): void {
    this.#socket?.emit('events', this.journal.events.slice(after), () => undefined);
  }

  async report(devices: DeviceReport[], kiosk = false): Promise<unknown> {
    return await this.#socket?.timeout(10_000).emitWithAck('report', {
      name: 'devices',
      data: { devices, kiosk, url: 'http://127.0.0.1:1/', version: 'test' },
    });
  }

  async clock(): Promise<{ now: string }> {
    const asked = { name: 'clock', data: { sentAt: new Date().toISOString() } };
    return (await this.#socket?.timeout(10_000).emitWithAck('report', asked)) as { now: string };
  }

  /** Commands of this name so far, oldest first. */
  asked(name: string): Said[] {
    return this.commands.filter((command) => command.name === name);
  }

  /** The cable is out. */
  cut(): void {
    this.#socket?.disconnect();
    this.#socket?.removeAllListeners();
  }
}
