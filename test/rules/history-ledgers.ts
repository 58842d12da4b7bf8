/** Random appointments, surges, follow-ups, call-backs and opinions: aimed at what the hall has, mostly. */
import type { Appointment } from '../../kiosk-agent/contract/appointments.ts';
import type { Command } from '../../kiosk-agent/hall/commands.ts';
import { addDays } from '../../kiosk-agent/hall/calendar.ts';
import { localTime } from '../../kiosk-agent/hall/day.ts';
import type { HallRules, HallState } from '../../kiosk-agent/hall/state.ts';
import type { Step } from './histories.ts';
import { person, personOrNot } from './history-people.ts';

const STEPS = [
  'contacted',
  'rectified',
  'answered',
  'appealed',
  'appeal-decided',
  'rated-again',
  'closed',
] as const;
const OUTCOMES = ['upheld', 'refused', 'settled', 'explained', 'unreachable'] as const;

/** A slot's beginning near the hour of `time`, as a person chooses one: half hours, mostly soon. */
function slotNear(time: string, pick: number): { day: string; from: string } {
  const day = addDays(time.slice(0, 10), pick % 5 === 0 ? pick % 4 : 0);
  const half =
    (Number(time.slice(11, 13)) * 2 + (Number(time.slice(14, 16)) >= 30 ? 1 : 0) + (pick % 4)) % 48;
  return { day, from: `${String(half >> 1).padStart(2, '0')}:${half % 2 ? '30' : '00'}` };
}

function after(from: string): string {
  const minutes = Number(from.slice(0, 2)) * 60 + Number(from.slice(3)) + 30;
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

export class Ledgers {
  #made = 0;

  command(step: Step, state: HallState, rules: HallRules, now: Date, ticket: () => number): Command {
    const { kind, pick, choice } = step;
    const time = localTime(now, rules.timeZone);
    const staff = `s${1 + (choice % 4)}`;
    const reason = choice % 10 === 0 ? ' ' : 'because';
    const one = <T>(all: T[]): T | undefined => all[pick % all.length];
    switch (kind) {
      case 'appointment.book':
      case 'appointment.take': {
        const number = choice % 9 === 0 ? Math.ceil(this.#made / 2) : ++this.#made;
        const key = `wish-${number}`;
        const service = rules.services[pick % 3]?.id ?? '';
        const { day, from } = slotNear(time, choice);
        const code = String(number).padStart(5, '0');
        if (kind === 'appointment.book') {
          return {
            name: kind,
            appointment: `H${code}`,
            service,
            day,
            from,
            channel: 'kiosk',
            ...personOrNot(pick),
            idempotencyKey: key,
          };
        }
        const appointment: Appointment = {
          appointment: `C${code}`,
          service,
          day,
          from,
          to: after(from),
          channel: 'wechat',
          ...personOrNot(choice),
          bookedAt: time,
        };
        return { name: kind, appointment, idempotencyKey: key };
      }
      case 'appointment.check-in': {
        const known = one(
          Object.values(state.appointments.known).filter(
            (each) => choice % 6 === 0 || each.state === 'booked',
          ),
        );
        const number = ticket();
        const by = (['card', 'code', 'number', 'staff'] as const)[choice % 4] ?? 'code';
        const holder = choice % 5 === 0 ? person(pick) : known?.person;
        return {
          name: kind,
          appointment: known?.appointment ?? 'NONE',
          by,
          ...(by === 'card' ? { hashes: holder ? [holder.hash] : [] } : {}),
          ticketId: `t${number}`,
          language: 'zh',
          delivery: choice % 2 ? 'screen' : 'paper',
          idempotencyKey: `tap-${number}`,
        };
      }
      case 'appointment.cancel': {
        const by = (['visitor', 'staff', 'central', 'hall'] as const)[choice % 4] ?? 'hall';
        const known = one(Object.keys(state.appointments.known));
        return { name: kind, appointment: known ?? 'NONE', by, ...(by === 'staff' ? { staff } : {}), reason };
      }
      case 'surge.start':
      case 'surge.change': {
        const measures = {
          ...(choice % 3 === 0 ? { extendUntil: '19:30' } : {}),
          windows: [{ window: 1 + (pick % 4), services: [rules.services[choice % 3]?.id ?? ''] }],
        };
        const who = choice % 4 === 0 ? { by: 'central' as const } : { by: 'staff' as const, staff };
        return kind === 'surge.start'
          ? { name: kind, surge: `surge-${pick % 1000}`, ...who, reason, measures }
          : { name: kind, ...who, reason, measures };
      }
      case 'surge.end':
        return choice % 4 === 0
          ? { name: kind, by: 'central', reason }
          : { name: kind, by: 'staff', staff, reason };
      case 'rating.give-reason': {
        const session = Number(one(Object.keys(state.followUps.reasons)) ?? pick % 99);
        const options = choice % 8 === 0 ? ['not-official'] : [rules.followUp.options[choice % 3] ?? ''];
        return { name: kind, session, options, by: choice % 5 === 0 ? 'callback' : 'qr' };
      }
      case 'follow-up.step': {
        const open = Object.values(state.followUps.bad);
        const followUp = one(open.filter((each) => each.state !== 'closed')) ?? one(open);
        // Mostly the next step of its life, now and then any.
        const done = followUp?.steps.at(-1)?.step;
        const next =
          STEPS[
            choice % 3 === 0
              ? choice % STEPS.length
              : (STEPS.findIndex((each) => each === done) + 1) % STEPS.length
          ]!;
        return {
          name: kind,
          session: followUp?.session ?? pick % 99,
          step: next,
          staff,
          text: 'spoken with the visitor',
          ...(choice % 7 === 0
            ? {}
            : { outcome: next === 'closed' ? OUTCOMES[2 + (choice % 3)]! : OUTCOMES[choice % 2]! }),
          ...(next === 'rated-again' ? { level: (1 + (choice % 5)) as 1 | 2 | 3 | 4 | 5 } : {}),
        };
      }
      case 'callback.sample': {
        const visits = Object.values(state.sessions).map(
          ({ session, ticketId, number, service, window, promptedAt }) => ({
            session,
            ticketId,
            number,
            service,
            window,
            at: promptedAt,
            level: null,
          }),
        );
        return {
          name: kind,
          day: time.slice(0, 10),
          seed: `seed ${choice % 50}`,
          size: 1 + (pick % 6),
          visits,
          staff,
        };
      }
      case 'callback.record': {
        const session = Number(one(Object.keys(state.followUps.callBacks)) ?? pick % 99);
        const outcome = (['reached', 'not-reached', 'refused'] as const)[choice % 3] ?? 'reached';
        return {
          name: kind,
          session,
          outcome,
          ...(outcome === 'reached' ? { level: (1 + (choice % 5)) as 1 } : {}),
          staff,
        };
      }
      case 'opinion.file': {
        const number = choice % 9 === 0 ? Math.ceil(this.#made / 2) : ++this.#made;
        return {
          name: kind,
          kind: choice % 2 ? 'complaint' : 'suggestion',
          channel: 'query',
          text: 'more chairs, please',
          ...(choice % 3 === 0 ? { window: 1 + (pick % 3) } : {}),
          codeHash: 'c'.repeat(64),
          idempotencyKey: `opinion-${number}`,
        };
      }
      case 'opinion.assign':
      case 'opinion.answer':
      case 'opinion.close':
      case 'opinion.reopen': {
        const opinion = one(Object.keys(state.opinions.known)) ?? 'Y20200101-001';
        if (kind === 'opinion.assign') return { name: kind, opinion, to: `s${1 + (pick % 4)}`, by: staff };
        if (kind === 'opinion.answer')
          return { name: kind, opinion, text: 'there are more chairs now', by: staff };
        if (kind === 'opinion.reopen') return { name: kind, opinion, reason, by: staff };
        return { name: kind, opinion, outcome: choice % 2 ? 'resolved' : 'withdrawn', reason, by: staff };
      }
      default:
        throw new Error(`a history does not know ${kind}`);
    }
  }
}
