/** The journal of a satellite as a test writes it: chained like a real one, and with every event checked by the contract. */
import {
  eventData,
  type EventData,
  type EventType,
  type HallEvent,
} from '../../kiosk-agent/contract/events.ts';
import { toRow } from '../../kiosk-agent/journal/chain.ts';

export class ScriptedJournal {
  readonly agent: string;
  readonly epoch: string;
  readonly events: HallEvent[] = [];
  #prev = '0'.repeat(64);

  constructor(agent: string, epoch = `epoch-${agent}`) {
    this.agent = agent;
    this.epoch = epoch;
  }

  /** Writes the next record; `time` as the satellite's clock says it. */
  write<T extends EventType>(type: T, time: string, data: EventData<T>, prev = this.#prev): HallEvent {
    const checked = eventData[type].safeParse(data);
    if (!checked.success) throw new Error(`${type} breaks the contract: ${checked.error.message}`);
    const seq = this.events.length + 1;
    const event = {
      specversion: '1.0',
      id: `${this.agent}/${seq}`,
      source: `/halls/hall-1/agents/${this.agent}`,
      type,
      subject: 'window-1',
      time,
      datacontenttype: 'application/json',
      seq,
      epoch: this.epoch,
      prev,
      region: '371000000000',
      data,
    } as HallEvent;
    this.events.push(event);
    this.#prev = toRow(event).hash;
    return event;
  }

  /** The end of this log, as a satellite says it when it connects. */
  get last(): { seq: number; hash: string } {
    return { seq: this.events.length, hash: this.#prev };
  }
}

/** What `satellite.take` is asked for one record. */
export function taking(event: HallEvent): {
  name: 'satellite.take';
  agent: string;
  epoch: string;
  event: HallEvent;
  hash: string;
} {
  const agent = event.id.slice(0, event.id.indexOf('/'));
  return { name: 'satellite.take', agent, epoch: event.epoch, event, hash: toRow(event).hash };
}

/** A key of the evaluator at `window`, pressed at `pressedAt` by the satellite's clock. */
export function press(
  window: number,
  session: number | null,
  seq: number,
  pressedAt: string,
  more: Partial<EventData<'hall.press.kept'>> = {},
): EventData<'hall.press.kept'> {
  return {
    device: 'evaluator-1',
    window,
    session,
    keyRaw: '1',
    level: 5,
    press: { serial: `E${window}`, boot: 'b1', seq },
    pressedAt,
    clockOffsetMs: 0,
    ...more,
  };
}

/** A ticket that a kiosk gave while it was cut off. */
export function offlineTicket(
  ticketId: string,
  running: number,
  takenAt: string,
  more: Partial<EventData<'hall.ticket.reserved'>> = {},
): EventData<'hall.ticket.reserved'> {
  return {
    ticketId,
    number: `B${running}`,
    running,
    service: 'mortgage',
    class: 'normal',
    language: 'zh',
    idempotencyKey: `tap-${ticketId}`,
    delivery: 'paper',
    ahead: 0,
    waitMinS: null,
    waitMaxS: null,
    offline: { takenAt, clockOffsetMs: 0 },
    ...more,
  };
}
