/** A visitor's way through the hall's front door, and what the agent has written down of it. */
import { randomUUID } from 'node:crypto';
import type { EventData, EventType, HallEvent } from '../../../kiosk-agent/contract/events.ts';
import type {
  DeviceStateName,
  DeviceView,
  FoundView,
  TicketView,
  WindowView,
} from '../../../kiosk-agent/contract/live.ts';
import type { EvaluatorHandle, PrintedPaper, PrinterHandle } from '../../../firmware-sim/index.ts';
import { until, type Answer } from '../../harness/programs.ts';
import { LIMIT_MS } from './check.ts';
import type { Agent } from './computer.ts';

export class Front {
  #agent: Agent;

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** The agent was started again. */
  turnTo(agent: Agent): void {
    this.#agent = agent;
  }

  async devices(): Promise<DeviceView[]> {
    return good(await this.#agent.as('technician')('GET', 'devices')) as unknown as DeviceView[];
  }

  /** What is plugged in, as the agent sees it. */
  async found(): Promise<{ found: FoundView[]; troubles: string[] }> {
    return (await this.call('technician', 'GET', 'devices/found')) as unknown as {
      found: FoundView[];
      troubles: string[];
    };
  }

  /** The technician binds a device to what stands at `path` now. */
  async bind(id: string, path: string): Promise<void> {
    const { found } = await this.found();
    const key = found.find((each) => each.path === path)?.key;
    await this.call('technician', 'PUT', `devices/${id}/binding`, { key });
  }

  async device(id: string): Promise<DeviceView> {
    return good(await this.#agent.as('technician')('GET', `devices/${id}`)) as unknown as DeviceView;
  }

  /** Waits until a device is in one of these states. */
  async is(id: string, ...states: DeviceStateName[]): Promise<DeviceView> {
    let last: DeviceView | undefined;
    try {
      return await until(
        `${id} to be ${states.join(' or ')}`,
        async () => {
          last = await this.device(id);
          return states.includes(last.state) && last;
        },
        LIMIT_MS,
      );
    } catch (error) {
      throw new Error(`${String(error)}; it is ${JSON.stringify(last)}`, { cause: error });
    }
  }

  /** A call that must succeed; answers its body. */
  async call(
    role: Parameters<Agent['as']>[0],
    method: string,
    path: string,
    content?: unknown,
  ): Promise<Record<string, unknown>> {
    return good(await this.#agent.as(role)(method, path, content));
  }

  /** Taps for a ticket; answers when its paper is settled. */
  async takeTicket(delivery: 'paper' | 'screen' = 'paper'): Promise<TicketView> {
    const wish = { service: 'transfer', delivery, idempotencyKey: randomUUID() };
    const { ticketId } = await this.call('kiosk', 'POST', 'tickets', wish);
    return this.paperFate(String(ticketId));
  }

  paperFate(ticketId: string): Promise<TicketView> {
    return until(
      'the ticket to be on paper or not',
      async () => {
        const ticket = (await this.call('kiosk', 'GET', `tickets/${ticketId}`)) as unknown as TicketView;
        return !['reserved', 'printing'].includes(ticket.state) && ticket;
      },
      LIMIT_MS,
    );
  }

  /**
   * Takes a ticket, is called to the window and served there; answers the session in which it may be rated. On the
   * screen a ticket needs no printer: what is checked there meanwhile is not disturbed.
   */
  async serve(window: number, delivery: 'paper' | 'screen' = 'screen'): Promise<number> {
    await this.takeTicket(delivery);
    const clerk = (action: string, content: unknown = {}) =>
      this.call('clerk', 'POST', `windows/${window}/${action}`, content) as Promise<unknown>;
    const { state } = (await this.call('clerk', 'GET', `windows/${window}`)) as unknown as WindowView;
    if (state === 'closed') await clerk('open', { staff: `100${window}` });
    await clerk('call-next');
    await clerk('start');
    const { evaluation } = (await clerk('finish')) as WindowView;
    if (!evaluation) throw new Error(`window ${window} asks for no rating`);
    return evaluation.session;
  }

  async events(): Promise<HallEvent[]> {
    const page = await this.call('integrator', 'GET', 'events?after=0&limit=1000');
    return page as unknown as HallEvent[];
  }

  /** What the events of one type say, in their order. */
  async eventsOf<T extends EventType>(type: T): Promise<EventData<T>[]> {
    return (await this.events()).flatMap((event) =>
      event.type === type ? [event.data as EventData<T>] : [],
    );
  }

  /** Waits until every press in a device's memory is on disk. */
  pressed({ id, state }: Pick<EvaluatorHandle, 'id' | 'state'>) {
    return until(`${id} to keep no press`, () => state().pressesWaiting === 0, LIMIT_MS);
  }

  /** Waits for the rating of a session. */
  rated(session: number) {
    return until(
      `the rating of session ${session}`,
      async () => (await this.eventsOf('hall.rating.given')).find((rating) => rating.session === session),
      LIMIT_MS,
    );
  }
}

/** The papers on which this number and a QR code stand. */
export function wholePapers(printer: Pick<PrinterHandle, 'papers'>, number: string): PrintedPaper[] {
  const named = new RegExp(`\\b${number}\\b`);
  return printer.papers().filter(({ text, qr }) => named.test(text) && qr.length > 0);
}

function good({ status, body }: Answer): Record<string, unknown> {
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}
