/** What the remote drivers have in common: a place at a window that the device of some satellite fills, or none. */
import { EventEmitter } from 'node:events';
import type { SatelliteCommandName } from '../contract/link.ts';
import type { DeviceKind } from '../contract/live.ts';
import type { CommandResult, DeviceStatus } from '../device/driver/interfaces.ts';
import type { CommandAnswer, CommandData } from './receiver.ts';
import type { AnnouncedDevice, Roster } from './roster.ts';

/** A command to a satellite; answered in any case, at the latest after `waitMs`. */
export type SendCommand = <N extends SatelliteCommandName>(
  agent: string,
  name: N,
  data: CommandData<N>,
  deadlineMs: number,
  waitMs?: number,
) => Promise<CommandAnswer>;
export type RemoteParts = { roster: Roster; send: SendCommand };

/** A light, a text, a beep: later than this nobody waits for it. */
export const COMMAND_MS = 5000;

type RemoteEvents = { status: [from: DeviceStatus, to: DeviceStatus]; appeared: [] };

export class RemoteDevice extends EventEmitter<RemoteEvents> {
  readonly id: string;
  readonly parts: RemoteParts;
  readonly window: number;
  readonly #kind: DeviceKind;
  #status: DeviceStatus;
  #shown: string | null;

  constructor(kind: DeviceKind, window: number, parts: RemoteParts) {
    super();
    this.setMaxListeners(0);
    this.id = `window-${window}/${kind}`;
    this.window = window;
    this.parts = parts;
    this.#kind = kind;
    this.#status = this.#look();
    this.#shown = this.#readyName();
    parts.roster.on('changed', this.#changed);
  }

  get status(): DeviceStatus {
    return this.#status;
  }

  /** The device that fills the place now. */
  get there(): AnnouncedDevice | undefined {
    return this.parts.roster.at(this.#kind, this.window);
  }

  close(): Promise<void> {
    this.parts.roster.off('changed', this.#changed);
    this.removeAllListeners();
    return Promise.resolve();
  }

  /** Asks the device that is there; `away` when there is none or the way to it is cut. */
  async ask<N extends SatelliteCommandName>(
    name: N,
    data: Omit<CommandData<N>, 'device'>,
    ms = COMMAND_MS,
  ): Promise<CommandResult> {
    const { there } = this;
    if (!there) return { ok: false, why: 'away' };
    const whole = { ...data, device: there.device } as unknown as CommandData<N>;
    const answer = await this.parts.send(there.agent, name, whole, ms);
    return answer.ok ? { ok: true } : { ok: false, why: whyOf(answer.refused) };
  }

  readonly #changed = (): void => {
    const from = this.#status;
    this.#status = this.#look();
    const before = this.#shown;
    this.#shown = this.#readyName();
    if (from.state !== this.#status.state) this.emit('status', from, this.#status);
    if (this.#shown !== null && this.#shown !== before) this.emit('appeared');
  };

  #look(): DeviceStatus {
    return (
      this.there?.status ?? {
        state: 'missing',
        detail: 'no satellite has announced one',
        notes: [],
        counters: {},
      }
    );
  }

  #readyName(): string | null {
    const { there } = this;
    return there?.status.state === 'ready' ? `${there.agent}/${there.device}` : null;
  }
}

function whyOf(refused: string): Extract<CommandResult, { ok: false }>['why'] {
  switch (refused) {
    case 'arg':
    case 'busy':
    case 'session':
    case 'silent':
      return refused;
    case 'no-answer':
      return 'silent';
    default:
      return 'away';
  }
}
