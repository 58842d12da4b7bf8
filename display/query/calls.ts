/** What the query terminal asks of the hub. A person's one-time key goes in a header or a body, never into an address. */
import type { Appointment } from '../../kiosk-agent/contract/appointments.ts';
import type { Bilingual, TicketView } from '../../kiosk-agent/contract/live.ts';
import type { OpinionKind } from '../../kiosk-agent/contract/opinions.ts';
import type { PaperFault } from '../../kiosk-agent/contract/events.ts';
import { call, session, type Answer, type MyTicket } from '../api.ts';

/** What became of a sheet. */
export type Fate = { state: 'printed' | 'printing' | 'failed' | 'unconfirmed'; why?: PaperFault };
export type AppointmentView = Omit<Appointment, 'person' | 'bookedAt'> & {
  state: 'booked' | 'checked-in' | 'lapsed' | 'cancelled';
  masked?: string;
  ticketId?: string;
};
export type SlotsView = {
  day: string;
  workingDay: boolean;
  lastDay: string;
  slots: { from: string; to: string; capacity: number; free: number }[];
};
export type CaseView = {
  caseNumber: string;
  kind: Bilingual;
  acceptedAt: string;
  state: 'accepted' | 'reviewing' | 'waiting-for-materials' | 'done' | 'rejected';
  steps: { name: Bilingual; at: string | null }[];
  needs?: Bilingual;
  closedAt?: string;
  /** yyyy-MM-dd */
  dueDate: string;
  dueDateKnown: boolean;
  /** working days; null for a closed case */
  daysLeft: number | null;
  overdue: boolean;
};
export type CasesView = { cases: CaseView[]; asOf: string; fromCache: boolean };
export type OpinionView = {
  opinion: string;
  kind: OpinionKind;
  state: 'filed' | 'assigned' | 'answered' | 'closed';
  filedAt: string;
  dueDay: string;
  answer: { text: string; at: string } | null;
  outcome: 'resolved' | 'explained' | 'unfounded' | 'passed-on' | 'withdrawn' | null;
};
export type Slip = { opinion: string; code: string; dueDay: string };
type Language = 'zh' | 'en';

/** The hub may have started again and forgotten this screen: it signs in and asks once more. */
async function ask<T>(request: () => Promise<Answer<T>>): Promise<Answer<T>> {
  const answer = await request();
  if (answer.ok || (answer.trouble.code !== 'not-signed-in' && answer.trouble.code !== 'not-allowed'))
    return answer;
  return (await session.begin({ screen: 'kiosk' })).ok ? request() : answer;
}
const byCard = (idCard: string): { headers: Record<string, string> } => ({
  headers: { 'x-id-card': idCard },
});
const part = (text: string): string => encodeURIComponent(text);

/** Place in line of a number that stands on the board. */
export const lookAtNumber = (number: string): Promise<Answer<MyTicket>> =>
  ask(() => call('GET', `/query/tickets/${part(number)}`));

export const cases = (idCard: string): Promise<Answer<CasesView>> =>
  ask(() => call('GET', '/query/case', undefined, byCard(idCard)));

type Booking = { service: string; day: string; from: string; idCard: string; language: Language };
export const appointments = {
  mine: (idCard: string): Promise<Answer<{ appointments: AppointmentView[] }>> =>
    ask(() => call('GET', '/appointments/mine', undefined, byCard(idCard))),
  look: (code: string): Promise<Answer<AppointmentView>> =>
    ask(() => call('GET', `/appointments/${part(code)}`)),
  slots: (service: string, day?: string): Promise<Answer<SlotsView>> =>
    ask(() =>
      call(
        'GET',
        `/appointments/slots?service=${part(service)}${day === undefined ? '' : `&day=${part(day)}`}`,
      ),
    ),
  book: (
    booking: Booking & { print: boolean; idempotencyKey: string },
  ): Promise<Answer<AppointmentView & { paper?: Fate }>> =>
    ask(() => call('POST', '/appointments', { ...booking, channel: 'query' })),
  /** `idCard`: who showed a card; without it the code alone lets in */
  checkIn: (
    code: string,
    wish: { idCard?: string; language: Language; delivery: 'paper' | 'screen'; idempotencyKey: string },
  ): Promise<Answer<TicketView>> => ask(() => call('POST', `/appointments/${part(code)}/check-in`, wish)),
  cancel: (code: string): Promise<Answer<AppointmentView>> =>
    ask(() => call('DELETE', `/appointments/${part(code)}`)),
  print: (code: string, language: Language): Promise<Answer<AppointmentView & { paper: Fate }>> =>
    ask(() => call('POST', `/appointments/${part(code)}/paper`, { language })),
};

export const opinions = {
  file: (opinion: {
    kind: OpinionKind;
    text: string;
    window?: number;
    idempotencyKey: string;
  }): Promise<Answer<Slip>> => ask(() => call('POST', '/opinions', { ...opinion, channel: 'query' })),
  print: (slip: Omit<Slip, 'dueDay'>, language: Language): Promise<Answer<Fate>> =>
    ask(() => call('POST', '/opinions/paper', { opinion: slip.opinion, code: slip.code, language })),
  look: (opinion: string, code: string): Promise<Answer<OpinionView>> =>
    ask(() => call('POST', '/opinions/look', { opinion, code })),
};
