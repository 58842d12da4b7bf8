/** The sign over a window that hangs at a satellite: only the newest text counts, and it is said again when the sign is back. */
import type { Sign, SignText } from '../device/driver/interfaces.ts';
import { RemoteDevice, type RemoteParts } from './remote-device.ts';

class RemoteSign extends RemoteDevice {
  readonly kind = 'sign' as const;
  readonly #texts = new Map<SignText['priority'], SignText | null>();

  constructor(window: number, parts: RemoteParts) {
    super('sign', window, parts);
    this.on('appeared', () => {
      for (const priority of this.#texts.keys()) this.#say(priority);
    });
  }

  show(priority: SignText['priority'], text: SignText | null): void {
    this.#texts.set(priority, text);
    this.#say(priority);
  }

  /** One connection keeps the order; what it cannot take now is not kept for later but said again as it is then. */
  #say(priority: SignText['priority']): void {
    const text = this.#texts.get(priority) ?? null;
    void this.ask('sign.show', {
      priority,
      text: text && { text: text.text, flashS: text.flashS },
    });
  }
}

/** The place for a sign over `window`. */
export function remoteSign(window: number, parts: RemoteParts): Sign {
  return new RemoteSign(window, parts) as unknown as Sign;
}
