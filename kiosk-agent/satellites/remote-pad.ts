/** A clerk's pad at a satellite. Its keys come with the satellite's journal; only the fresh ones are given to the pad's story. */
import { PAD_ACTIONS, type PadAction } from '../contract/devices.ts';
import type { EventData } from '../contract/events.ts';
import type { CallPad, CommandResult, PadKey } from '../device/driver/interfaces.ts';
import { RemoteDevice, type RemoteParts } from './remote-device.ts';

export type RemotePad = CallPad & {
  /** A fresh key that is on disk. */
  pressed(key: EventData<'hall.key.kept'>, receivedAt: Date): void;
  readonly there: RemoteDevice['there'];
};

class PadAtSatellite extends RemoteDevice {
  readonly kind = 'pad' as const;
  #keys = 0;

  constructor(window: number, parts: RemoteParts) {
    super('pad', window, parts);
  }

  pressed({ keyRaw, action }: EventData<'hall.key.kept'>, receivedAt: Date): void {
    const known = (PAD_ACTIONS as readonly string[]).includes(action ?? '');
    const key: PadKey = {
      seq: (this.#keys += 1),
      code: keyRaw,
      action: known ? (action as PadAction) : null,
      receivedAt,
    };
    (this as unknown as CallPad).emit('key', key);
  }

  /** The satellite has acknowledged it when it was on its own disk. */
  acknowledge(): void {}

  display(waiting: number, ticket: string | null): Promise<CommandResult> {
    return this.ask('pad.display', { waiting, ticket });
  }

  beep(): Promise<CommandResult> {
    return this.ask('pad.beep', {});
  }
}

/** The place for a pad at `window`. */
export function remotePad(window: number, parts: RemoteParts): RemotePad {
  return new PadAtSatellite(window, parts) as unknown as RemotePad;
}
