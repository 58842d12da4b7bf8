/** What a clerk can do, with which key, and what is told of what others do: without a browser. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  callable,
  needingHand,
  usualAction,
  whyNot,
  whyNotCall,
  type ClerkAction,
  type Situation,
} from '../../display/clerk/actions.ts';
import { outdated, subjectOf } from '../../display/clerk/asking.ts';
import { found, HAND_KEYS, handsFor } from '../../display/clerk/hands.ts';
import { DESK_SLOTS, keyName, meaningOf, OTHER_SLOTS, shownAction } from '../../display/clerk/keys.ts';
import { newsOf, signature } from '../../display/clerk/news.ts';
import zh from '../../display/messages/clerk.zh-CN.ts';
import { TICKET_STATES, WINDOW_STATES, type WindowView } from '../../kiosk-agent/contract/live.ts';
import { ticket, view, window } from './mock-hub.ts';

const slots = [...DESK_SLOTS, ...OTHER_SLOTS];
const situation = (more: Partial<Situation> = {}): Situation => ({
  view: view(),
  window: window(2, 'idle'),
  staff: '1024',
  helps: false,
  busy: false,
  cut: false,
  ...more,
});
const held = (state: 'called' | 'serving'): WindowView => ({ ...view().windows[3]!, state });
/** The window's own actions that are possible, those that are always there left out. */
const possible = (more: Partial<Situation>): ClerkAction[] =>
  slots
    .flatMap((slot) => slot.actions)
    .filter((action) => !['find', 'check-in', 'mine', 'keys'].includes(action))
    .filter((action) => whyNot(action, situation(more)) === null);
const press = (key: string, more: Partial<Situation> = {}, shiftKey = false) =>
  meaningOf({ key, shiftKey }, situation({ view: { ...view(), windows: {} }, ...more }));

describe('the clerk’s actions', () => {
  test('follow the window’s state', () => {
    expect(possible({})).toEqual(['call-next', 'pause', 'close']);
    expect(possible({ window: held('called') })).toEqual(['recall', 'start', 'missed', 'take-back']);
    expect(possible({ window: held('serving') })).toEqual(['transfer', 'park', 'finish']);
    expect(possible({ window: window(2, 'paused') })).toEqual(['resume', 'close']);
    expect(possible({ window: window(2, 'closed'), staff: '7' })).toEqual(['open']);
  });

  test('are all off, each with its reason, while one is under way, without the hub, or without a disk', () => {
    expect(possible({ busy: true })).toEqual([]);
    expect(possible({ cut: true })).toEqual([]);
    expect(possible({ view: null })).toEqual([]);
    expect(possible({ view: { ...view(), day: { ...view().day, journal: 'unwritable' } } })).toEqual([]);
    expect(possible({ staff: '2048' })).toEqual([]);
    expect(whyNot('call-next', situation({ staff: '2048' }))).toBe('otherStaff');
    expect(whyNot('call-next', situation({ staff: '2048', helps: true }))).toBeNull();
  });

  test('a second window is not opened under the same number', () => {
    const here = window(6, 'closed');
    expect(whyNot('open', situation({ window: here }))).toBe('ownElsewhere');
    expect(whyNot('open', situation({ window: here, staff: '9' }))).toBeNull();
  });

  test('call-next is off when nobody waits for this window, and on for a ticket sent to it', () => {
    const empty = { ...view(), tickets: {} };
    expect(whyNot('call-next', situation({ view: empty }))).toBe('nobodyWaiting');
    const sent = { ...view(), tickets: { x: ticket('F001', 'waiting', { service: 'advice', window: 2 }) } };
    expect(whyNot('call-next', situation({ view: sent }))).toBeNull();
    expect(callable(sent, window(1, 'idle'))).toEqual([]);
    expect(callable(sent, window(2, 'idle')).map((one) => one.number)).toEqual(['F001']);
  });

  test('a certain ticket is called where its service is, when the window is free', () => {
    const one = ticket('C001', 'waiting', { service: 'first' });
    expect(whyNotCall(one, situation())).toBe('otherWindow');
    expect(whyNotCall({ ...one, service: 'transfer' }, situation())).toBeNull();
    expect(whyNotCall({ ...one, service: 'transfer' }, situation({ window: held('called') }))).toBe(
      'stillCalled',
    );
  });

  test('a priority is looked at once, at the window where the visitor stands', () => {
    const at = (more: object): Situation => {
      const all = view();
      all.tickets['t-A001'] = ticket('A001', 'called', more);
      return situation({ view: all, window: held('called') });
    };
    expect(whyNot('confirm-priority', at({}))).toBe('noClaim');
    expect(whyNot('confirm-priority', at({ priority: 'elderly' }))).toBeNull();
    expect(whyNot('confirm-priority', at({ priority: 'elderly', priorityDecision: 'given' }))).toBe(
      'alreadySaid',
    );
    expect(whyNot('deny-priority', at({ priority: 'elderly', priorityDecision: 'confirmed' }))).toBeNull();
  });

  test('tickets that need a hand stand in order of urgency, and nothing is offered that their state refuses', () => {
    expect(needingHand(view()).map((one) => one.state)).toEqual([
      'unconfirmed',
      'print-failed',
      'missed',
      'parked',
    ]);
    expect(handsFor(ticket('A1', 'parked'))).toEqual(['back', 'cancel']);
    for (const state of TICKET_STATES)
      for (const hand of handsFor(ticket('A1', state))) expect(HAND_KEYS[hand]).toMatch(/^F\d$/);
  });

  test('a number is found by its digits alone, the exact one first, also among two thousand', () => {
    const all = Array.from({ length: 2000 }, (_, n) => ticket(`A${String(n).padStart(3, '0')}`, 'waiting'));
    expect(found(all, 'a012', 6).map((one) => one.number)).toEqual(['A012']);
    expect(found(all, '1012', 6).map((one) => one.number)).toEqual(['A1012']);
    expect(found(all, '12', 3)[0]?.number).toBe('A012');
    expect(found(all, ' ', 6)).toEqual([]);
    expect(found([ticket('B1', 'finished')], 'B1', 6)).toEqual([]);
  });
});

describe('the clerk’s keys', () => {
  test('one key means the possible one of its actions, and no two buttons share a key', () => {
    expect(press('F2')).toEqual({ action: 'call-next' });
    expect(press('F2', { window: window(2, 'closed') })).toEqual({ action: 'open' });
    expect(press('F10', { window: window(2, 'paused') })).toEqual({ action: 'resume' });
    expect(press('F3', { window: held('called') }, true)).toEqual({ action: 'take-back' });
    expect(new Set(slots.map(keyName)).size).toBe(slots.length);
  });

  test('are none that the browser needs: reload, full screen, its tools, its menu', () => {
    for (const key of ['F5', 'F11', 'F12', 'Tab', 'Enter', 'Escape', ' ', 'ArrowDown'])
      expect(press(key)).toBeNull();
    expect(press('F10', {}, true)).toBeNull();
  });

  test('letters and digits begin a number, a slash asks for one, a question mark shows the keys', () => {
    expect(press('a')).toEqual({ typed: 'A' });
    expect(press('7')).toEqual({ typed: '7' });
    expect(press('/')).toEqual({ action: 'find' });
    expect(press('?', {}, true)).toEqual({ action: 'keys' });
    expect(press('号')).toBeNull();
  });

  test('whatever the state, each button shows one action, and each action is reachable in some state', () => {
    const reached = new Set<string>();
    for (const state of WINDOW_STATES)
      for (const slot of slots) reached.add(shownAction(slot, window(2, state)));
    expect([...reached].sort()).toEqual(
      Object.keys(zh.action)
        .filter((name) => name !== 'call')
        .sort(),
    );
    for (const state of WINDOW_STATES)
      expect(slots.flatMap((slot) => slot.actions)).toContain(usualAction(window(2, state)));
  });
});

describe('what others do at the window', () => {
  const idle = window(2, 'idle');
  const called = { ...held('called'), window: 2 };
  const serving = { ...held('serving'), window: 2 };
  const told = (before: WindowView, after: WindowView, tickets = {}) => newsOf(before, after, tickets)?.kind;

  test('is told by what became of the visitor', () => {
    expect(told(idle, called)).toBe('called');
    expect(told(called, { ...called, ticket: { ...called.ticket!, call: 2 } })).toBe('recalled');
    expect(told(called, serving)).toBe('started');
    const rated = { ...idle, evaluation: { session: 5, state: 'open' as const, openUntil: '' } };
    expect(told(serving, rated)).toBe('finished');
    expect(told(serving, idle, { 't-A001': ticket('A001', 'parked') })).toBe('parked');
    expect(told(serving, idle, { 't-A001': ticket('A001', 'waiting') })).toBe('transferred');
    expect(told(called, idle, { 't-A001': ticket('A001', 'missed') })).toBe('missed');
    expect(told(called, idle, { 't-A001': ticket('A001', 'waiting', { ahead: 0 }) })).toBe('takenBack');
    expect(told(idle, window(2, 'paused'))).toBe('paused');
    expect(told(window(2, 'paused'), idle)).toBe('resumed');
    expect(told(window(2, 'closed'), idle)).toBe('opened');
    expect(told(idle, window(2, 'closed'))).toBe('closed');
  });

  test('two steps in one message are told as where they led: a pad that ends one visit and calls the next', () => {
    const next = { ...called, ticket: { ...called.ticket!, ticketId: 't-A002', number: 'A002' } };
    expect(newsOf(serving, next, {})).toEqual({ kind: 'called', number: 'A002' });
  });

  test('nothing is told when nothing happened, and every kind has its words', () => {
    const states = fc.constantFrom(idle, called, serving, window(2, 'paused'), window(2, 'closed'));
    fc.assert(
      fc.property(states, states, (before, after) => {
        const news = newsOf(before, after, {});
        if (signature(before) === signature(after)) expect(news).toBeNull();
        if (news) expect(zh.news[news.kind]).toBeTruthy();
      }),
    );
  });
});

describe('a question that is open', () => {
  test('is over when its visitor is no longer there, and waits while the hub is away', () => {
    const at = situation({ window: held('serving') });
    const asking = { action: 'transfer' as const, ticket: subjectOf('transfer', at.window) };
    expect(outdated(asking, at)).toBeNull();
    expect(outdated(asking, { ...at, busy: true })).toBeNull();
    expect(outdated(asking, { ...at, cut: true })).toBe('cut');
    expect(outdated(asking, situation())).toBe('gone');
    const next = held('serving');
    next.ticket = { ...next.ticket!, ticketId: 't-A777' };
    expect(outdated(asking, situation({ window: next }))).toBe('gone');
  });

  test('about a ticket in line is over when another window has called it', () => {
    const asking = { action: 'call' as const, ticket: { ticketId: 't-A002', number: 'A002' } };
    expect(outdated(asking, situation())).toBeNull();
    const taken = view();
    taken.tickets['t-A002'] = ticket('A002', 'called');
    expect(outdated(asking, situation({ view: taken }))).toBe('gone');
    delete taken.tickets['t-A002'];
    expect(outdated({ ...asking, action: 'cancel' }, situation({ view: taken }))).toBe('gone');
  });
});
