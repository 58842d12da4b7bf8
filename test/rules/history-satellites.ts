/**
 * Satellites in a history: each has a journal of its own in which things happen whether the hub hears of them or not, and from
 * which it delivers in order, with repeats, gaps and, rarely, a record that was changed on its disk.
 */
import type { EventData, EventType, HallEvent } from '../../kiosk-agent/contract/events.ts';
import type { Command } from '../../kiosk-agent/hall/commands.ts';
import { localTime } from '../../kiosk-agent/hall/day.ts';
import type { HallRules, HallState } from '../../kiosk-agent/hall/state.ts';
import { toRow } from '../../kiosk-agent/journal/chain.ts';
import type { Step } from './histories.ts';
import { personOrNot } from './history-people.ts';

type Record = { event: HallEvent; hash: string };
const START = '0'.repeat(64);

class OwnJournal {
  readonly agent: string;
  readonly epoch: string;
  readonly records: Record[] = [];
  /** delivered so far, as far as the satellite knows */
  delivered = 0;

  constructor(agent: string, generation: number) {
    this.agent = agent;
    this.epoch = `epoch-${String(generation).padStart(4, '0')}`;
  }

  add<T extends EventType>(type: T, subject: string, time: string, data: EventData<T>, forged = false): void {
    const seq = this.records.length + 1;
    const event = {
      specversion: '1.0',
      id: `${this.agent}/${seq}`,
      source: `/halls/hall-1/agents/${this.agent}`,
      type,
      subject,
      time,
      datacontenttype: 'application/json',
      seq,
      epoch: this.epoch,
      prev: forged ? 'f'.repeat(64) : (this.records.at(-1)?.hash ?? START),
      region: '371000000000',
      data,
    } as unknown as HallEvent;
    this.records.push({ event, hash: toRow(event).hash });
  }
}

/** One kiosk with a printer, and a window PC with an evaluator, a pad and a card reader. */
export class FarAway {
  /** agent → its journals, oldest first; the last one is written */
  readonly #journals: { [agent: string]: OwnJournal[] } = {
    'kiosk-2': [new OwnJournal('kiosk-2', 1)],
    'window-3': [new OwnJournal('window-3', 1)],
  };
  /** the blocks as the kiosk knows them; a block that the hub gave and the kiosk has not heard of is not used */
  #blocks: HallState['satellites']['blocks'] = [];
  #day = '';
  #given = new Map<string, number>();
  #tickets: { ticketId: string; number: string; service: string }[] = [];
  #taken = 0;
  #presses = 0;

  #of(agent: string): OwnJournal {
    const last = this.#journals[agent]?.at(-1);
    if (!last) throw new Error(agent);
    return last;
  }

  join(pick: number): Command {
    const agent = pick % 2 ? 'kiosk-2' : 'window-3';
    return { name: 'satellite.join', agent, epoch: this.#of(agent).epoch };
  }

  leave(pick: number): Command {
    return { name: 'satellite.leave', agent: pick % 2 ? 'kiosk-2' : 'window-3', why: 'cable' };
  }

  /** Something happens at one of them; the hub does not hear of it yet. */
  happens(step: Step, state: HallState, rules: HallRules, now: Date): void {
    const { pick, choice } = step;
    const offset = choice % 5 === 0 ? 1500 : 0;
    const time = localTime(new Date(now.getTime() + offset), rules.timeZone);
    if (pick % 2) this.#atTheKiosk(step, state, rules, time, offset);
    else this.#atTheWindow(step, state, time, offset);
    if (choice % 97 === 0) {
      const agent = pick % 2 ? 'kiosk-2' : 'window-3';
      // Its disk was damaged: what was saved of the old journal is still delivered, then comes the new one.
      this.#journals[agent]!.push(new OwnJournal(agent, this.#journals[agent]!.length + 1));
    }
  }

  #atTheKiosk(
    { pick, choice }: Step,
    state: HallState,
    rules: HallRules,
    time: string,
    offset: number,
  ): void {
    const journal = this.#of('kiosk-2');
    // The hub tells its blocks while the cable is in.
    if (Object.values(state.satellites.known).some((each) => each.agent === 'kiosk-2' && each.connected))
      this.#blocks = state.satellites.blocks.filter((block) => block.agent === 'kiosk-2');
    const mine = Object.values(state.tickets).filter(({ kiosk, offline }) => kiosk === 'kiosk-2' && !offline);
    if (choice % 4 === 0 && mine.length > 0) {
      const { ticketId, reprints } = mine[pick % mine.length]!;
      const outcome = (['printed', 'failed', 'unconfirmed'] as const)[choice % 3] ?? 'printed';
      journal.add('hall.sheet.settled', ticketId, time, {
        job: `${ticketId}.${reprints}`,
        ticketId,
        printer: 'printer-2',
        outcome,
        ...(outcome === 'printed' ? { confirmedBy: 'barrier' } : { why: 'paper-out' }),
        bytesSent: 900,
      });
      return;
    }
    if (choice % 9 === 1 && this.#tickets.length > 0) {
      const ref = this.#tickets[pick % this.#tickets.length]!;
      journal.add('hall.ticket.cancelled', ref.ticketId, time, { ...ref, by: 'visitor' });
      return;
    }
    this.#offlineTicket(journal, { pick, choice }, mine, rules, time, offset);
  }

  /** A day never goes back at the kiosk either, and a number of its block is given once a day. */
  #offlineTicket(
    journal: OwnJournal,
    { pick, choice }: { pick: number; choice: number },
    mine: { idempotencyKey?: string; ticketId: string; reservedFor: string }[],
    rules: HallRules,
    time: string,
    offset: number,
  ): void {
    const day = time.slice(0, 10);
    if (day > this.#day) {
      this.#day = day;
      this.#given.clear();
    }
    const service = rules.services[pick % 3]!;
    const block = this.#blocks.find(
      ({ prefix, untilDay }) => prefix === service.prefix && untilDay >= this.#day,
    );
    if (!block) return;
    const running = (this.#given.get(service.prefix) ?? block.from - 1) + 1;
    if (running < block.from || running > block.to) return;
    this.#given.set(service.prefix, running);
    const number = service.prefix + String(running).padStart(3, '0');
    const ticketId = `far-${++this.#taken}`;
    const ref = { ticketId, number, service: service.id };
    // Now and then the tap had reached the hub, and its answer had not come back.
    const before = choice % 3 === 2 ? mine.find((ticket) => ticket.reservedFor === service.id) : undefined;
    journal.add(
      'hall.ticket.reserved',
      ticketId,
      time,
      {
        ...ref,
        running,
        class: 'normal',
        language: 'zh',
        idempotencyKey: before ? `tap-${before.ticketId.slice(1)}` : `far-tap-${this.#taken}`,
        delivery: 'paper',
        ahead: 0,
        waitMinS: null,
        waitMaxS: null,
        ...personOrNot(choice),
        offline: { takenAt: time, clockOffsetMs: offset },
      },
      choice % 23 === 0,
    );
    this.#tickets = [...this.#tickets, ref].slice(-5);
    if (choice % 8 === 3)
      journal.add('hall.ticket.print-failed', ticketId, time, { ...ref, why: 'paper-out' });
    else if (choice % 8 === 4)
      journal.add('hall.ticket.unconfirmed', ticketId, time, { ...ref, why: 'no-answer' });
    else
      journal.add('hall.ticket.printed', ticketId, time, {
        ...ref,
        confirmedBy: 'barrier',
        printer: 'printer-2',
      });
  }

  #atTheWindow({ pick, choice }: Step, state: HallState, time: string, offset: number): void {
    const journal = this.#of('window-3');
    const sessions = Object.values(state.sessions).filter(({ window }) => window === 3);
    const session = choice % 5 === 0 ? null : (sessions.at(-1 - (choice % 2))?.session ?? null);
    const [pressedAt, clockOffsetMs] = [time, offset];
    const forged = choice % 23 === 0;
    switch (choice % 7) {
      case 0:
        journal.add('hall.key.kept', 'pad-3', time, {
          device: 'pad-3',
          window: 3,
          keyRaw: '0d',
          action: 'call-next',
          pressedAt,
          clockOffsetMs,
        });
        return;
      case 1:
        journal.add('hall.scan.kept', 'scanner-3', time, {
          device: 'scanner-3',
          kind: 'other',
          value: null,
          length: choice % 60,
        });
        return;
      case 2: {
        const holder = state.tickets[state.windows[3]?.ticketId ?? '']?.person;
        const hash = holder?.hash ?? 'e'.repeat(64);
        journal.add('hall.card.kept', 'id-3', time, {
          device: 'id-3',
          window: 3,
          masked: '990***********0001',
          hash,
        });
        return;
      }
      case 3:
        journal.add('hall.device.lost', 'evaluator-3', time, { device: 'evaluator-3', why: 'unplugged' });
        return;
      default: {
        const press = { serial: 'far-3', boot: 'b1', seq: ++this.#presses };
        const level = (1 + (pick % 5)) as 1 | 2 | 3 | 4 | 5;
        journal.add(
          'hall.press.kept',
          'evaluator-3',
          time,
          {
            device: 'evaluator-3',
            window: 3,
            session,
            keyRaw: String(level),
            level,
            press,
            pressedAt,
            clockOffsetMs,
          },
          forged,
        );
      }
    }
  }

  /** The next record that is to be delivered; now and then one that was delivered, or one too early. Null when there is none. */
  delivery({ pick, choice }: Step, _now: Date): Command | null {
    const agents = pick % 2 ? ['kiosk-2', 'window-3'] : ['window-3', 'kiosk-2'];
    for (const agent of agents) {
      const journal = this.#journals[agent]!.find((each) => each.delivered < each.records.length);
      if (!journal) continue;
      const wanted =
        choice % 11 === 0
          ? journal.delivered - 1 - (choice % 3)
          : choice % 13 === 0
            ? journal.delivered + 1
            : journal.delivered;
      const record = journal.records[wanted];
      if (!record) return null;
      if (wanted === journal.delivered) journal.delivered += 1;
      return { name: 'satellite.take', agent, epoch: journal.epoch, ...record };
    }
    return null;
  }

  /** How many records of each journal were delivered, by `agent/epoch`. */
  delivered(): Map<string, number> {
    return new Map(
      Object.values(this.#journals)
        .flat()
        .map(({ agent, epoch, delivered }) => [`${agent}/${epoch}`, delivered]),
    );
  }
}
