/** From a ticket of the hall to what stands on its paper: holder, slot and marks. */
import { describe, expect, it } from 'vitest';
import { emptyState } from '../../kiosk-agent/hall/state.ts';
import { apply } from '../../kiosk-agent/hall/apply.ts';
import { reserveTicket, type TicketWish } from '../../kiosk-agent/hall/tickets.ts';
import { ticketComposer } from '../../kiosk-agent/reactions/ticket-paper.ts';
import { rulesOf } from '../../kiosk-agent/web/views.ts';
import { configOf, hallYaml } from '../harness/hall.ts';
import { measure } from './measure.ts';

const config = configOf(hallYaml());
const compose = ticketComposer(
  config,
  { zh: '过号作废', en: 'void' },
  () => 'http://192.168.1.20:8480/',
  (ticketId) => `key-of-${ticketId}`,
  (code) => (code === 'K7MXP2QA' ? { from: '10:00', to: '10:30' } : undefined),
);

function paper(more: Partial<TicketWish>, columns: 48 | 32): string[] {
  const state = emptyState();
  const decision = reserveTicket(state, rulesOf(config), '2026-11-23T09:00:00.000+08:00', {
    ticketId: 't1',
    service: 'transfer',
    language: 'zh',
    idempotencyKey: 'k',
    delivery: 'paper',
    ...more,
  });
  if (!decision.ok) throw new Error(decision.refusal.detail);
  for (const event of decision.events) apply(state, { ...event, seq: 1 });
  const ticket = state.tickets['t1'];
  if (!ticket) throw new Error('no ticket');
  const { lines } = measure(compose(ticket, columns, false));
  for (const line of lines) expect(line.columns).toBeLessThanOrEqual(columns);
  return lines.map((line) => line.text.replace(/ +/g, ' ').trim());
}

describe.each([48, 32] as const)('a ticket on %i columns', (columns) => {
  it('names its holder masked, the slot of its appointment, and that it is one', () => {
    const person = { hash: 'a'.repeat(64), year: 2026, masked: '990***********001X' };
    const text = paper({ person, class: 'appointment', appointment: 'K7MXP2QA' }, columns);
    expect(text).toContain('取号人：990***********001X');
    expect(text).toContain('预约时段：10:00-10:30');
    expect(text).toContain('[预约]');
    expect(text.join()).not.toContain(person.hash);
  });

  it('says when it was given offline, and nothing of a slot that the hall does not know', () => {
    const offline = { takenAt: '2026-11-23T08:30:00.000+08:00', clockOffsetMs: 0 };
    const text = paper(
      { offline, number: { running: 701, number: 'A701' }, appointment: 'UNKNOWN1' },
      columns,
    );
    expect(text).toContain('[离线]');
    expect(text.join('\n')).not.toMatch(/取号人|预约/);
  });
});
