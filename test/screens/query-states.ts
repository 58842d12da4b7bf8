/** Every state of the query terminal, and how a visitor gets there; looked at in each format by states/query-*.test.ts. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../kiosk-agent/box/screens.ts';
import { ROOT } from '../harness/programs.ts';
import { startBrowser } from './browser.ts';
import { look, openAt } from './look.ts';
import { mockHub, ticket, view, window, type MockHub } from './mock-hub.ts';
import { oneCase, queryAnswers, refusal, type QueryAnswers } from './mock-query.ts';

type Hub = MockHub & { query: QueryAnswers };
type Walk = (page: Page, hub: Hub) => Promise<unknown>;
const tile = (page: Page, topic: string): Promise<void> => page.locator(`li.${topic} button`).click();
const card = (hub: MockHub): void =>
  hub.say('card', { idCard: 'key', masked: '990***********001X', kind: 'citizen' });
const scan = (hub: MockHub, kind: 'ticket' | 'appointment', value: string): void =>
  hub.say('scan', { kind, value, length: value.length });
const main = (page: Page): Promise<void> => page.locator('.actions button.main').click();
const type = (page: Page, text: string): Promise<void> => page.keyboard.type(text);
const there = (page: Page, what: string): Promise<void> => page.locator(what).first().waitFor();
const shown = (hub: MockHub, ...more: Parameters<typeof ticket>): void => {
  hub.lookAnswer = () => ({ status: 200, body: { ...ticket(...more), mayLeave: more[1] !== 'called' } });
};
const withCard = async (page: Page, hub: MockHub, topic: 'appointments' | 'cases'): Promise<void> => {
  await tile(page, topic);
  await there(page, '.card-step');
  card(hub);
};
const firstAppointment: Walk = async (page, hub) => {
  await withCard(page, hub, 'appointments');
  await page.locator('.body li button').first().click();
  await there(page, 'dl');
};
const toSlots: Walk = async (page, hub) => {
  await withCard(page, hub, 'appointments');
  await main(page);
  await page.locator('.choice li button').first().click();
  await there(page, '.slots, .one');
};
const toText: Walk = async (page) => {
  await tile(page, 'opinion');
  await page.locator('.two button').first().click();
  await page.locator('.two button').first().click();
  await page.locator('.windows .none').click();
  await there(page, '.hg-button');
};
const longZh = '不动产首次登记、转移登记、变更登记、抵押登记（涉及𠮷、㛃等姓名）';
const longEn = 'First registration of buildings, homesteads and other structures';

/** In the order of a visit. What a state changes at the hub lasts for it alone. */
const states: Record<string, Walk> = {
  home: (page) => there(page, 'li.ticket'),
  'home-surge': async (page, hub) => {
    hub.set({
      day: {
        ...hub.view.day,
        surge: {
          notice: {
            zh: '今天来办事的人多，我们已增开窗口',
            en: 'Many visitors today; more windows are open',
          },
          extendUntil: '18:00',
        },
      },
    });
    await there(page, 'main > p');
  },
  'home-unknown-code': async (page, hub) => {
    hub.say('scan', { kind: 'other', value: null, length: 11 });
    await there(page, 'main > p');
  },
  'home-alone': async (page, hub) => {
    hub.set({ hub: { state: 'away', since: null, asOf: null } });
    await there(page, 'main > p');
  },
  help: (page) => page.locator('footer .help').click(),
  'card-choice': async (page, hub) => {
    card(hub);
    await there(page, '.choices');
  },

  'ticket-ask': (page) => tile(page, 'ticket'),
  'ticket-waiting': async (page, hub) => {
    shown(hub, 'A086', 'waiting', { ahead: 7 });
    scan(hub, 'ticket', 'tkey');
    await there(page, '.ticket .number');
  },
  'ticket-by-number': async (page, hub) => {
    shown(hub, 'A086', 'waiting', { ahead: 2000, waitMinS: 36_000, waitMaxS: 54_000 });
    await tile(page, 'ticket');
    await there(page, '.pad');
    await type(page, 'a086');
    await page.keyboard.press('Enter');
    await there(page, '.ticket .number');
  },
  'ticket-called': async (page, hub) => {
    shown(hub, 'A086', 'called', { ahead: null, waitMinS: null, waitMaxS: null, window: 3 });
    scan(hub, 'ticket', 'tkey');
    await there(page, '.ticket.called');
  },
  'ticket-missed': async (page, hub) => {
    shown(hub, 'A086', 'missed', { ahead: null, waitMinS: null, waitMaxS: null });
    scan(hub, 'ticket', 'tkey');
    await there(page, '.ticket .number');
  },
  'ticket-leaving': async (page, hub) => {
    shown(hub, 'A086', 'waiting');
    scan(hub, 'ticket', 'tkey');
    await page.locator('.actions button').first().click();
    await there(page, '.one');
  },
  'ticket-left': async (page, hub) => {
    shown(hub, 'A086', 'waiting');
    scan(hub, 'ticket', 'tkey');
    await page.locator('.actions button').first().click();
    await page.locator('.actions button').first().click();
    await there(page, '.mark.done');
  },
  'ticket-unknown': async (page, hub) => {
    hub.lookAnswer = () => refusal('unknown-ticket', 404);
    scan(hub, 'ticket', 'tkey');
    await there(page, '.mark.trouble');
  },

  'appointments-card': async (page) => {
    await tile(page, 'appointments');
    await there(page, '.card-step .lay');
  },
  'appointments-card-unreadable': async (page, hub) => {
    await tile(page, 'appointments');
    await there(page, '.card-step .lay');
    hub.say('card-unreadable', { why: 'moved' });
    await there(page, '.wrong');
  },
  'appointments-typed': async (page) => {
    await tile(page, 'appointments');
    await page.locator('.card-step .buttons button').last().click();
    await type(page, '9900001949');
  },
  'appointments-code': async (page) => {
    await tile(page, 'appointments');
    await page.locator('.card-step .buttons button').nth(1).click();
    await type(page, 'K7MXP');
  },
  'appointments-list': async (page, hub) => {
    await withCard(page, hub, 'appointments');
    await there(page, '.body li');
  },
  'appointments-none': async (page, hub) => {
    hub.query.mine = { status: 200, body: { appointments: [] } };
    await withCard(page, hub, 'appointments');
    await there(page, '.one');
  },
  'appointment-today': firstAppointment,
  'appointment-printed': async (page, hub) => {
    await firstAppointment(page, hub);
    await page.locator('.print button').click();
    await there(page, '.print .printed');
  },
  'appointment-not-printed': async (page, hub) => {
    hub.query.paper = { status: 200, body: { paper: { state: 'failed', why: 'paper-out' } } };
    await firstAppointment(page, hub);
    await page.locator('.print button').click();
    await there(page, '.print .failed');
  },
  'appointment-lapsed': async (page, hub) => {
    hub.query.one = { status: 200, body: hub.query.appointment({ state: 'lapsed' }) };
    scan(hub, 'appointment', 'K7MXP2QA');
    await there(page, 'dl');
  },
  'appointment-unknown': async (page, hub) => {
    hub.query.one = refusal('unknown-appointment', 404);
    scan(hub, 'appointment', 'K7MXP2QA');
    await there(page, '.mark.trouble');
  },
  'appointment-cancelling': async (page, hub) => {
    await firstAppointment(page, hub);
    await page.locator('.cancel').click();
    await there(page, '.mark.ask');
  },
  'appointment-cancelled': async (page, hub) => {
    await firstAppointment(page, hub);
    await page.locator('.cancel').click();
    await page.locator('.actions button').first().click();
    await there(page, '.mark.done');
  },
  'check-in-done': async (page, hub) => {
    hub.query.checkIn = { status: 201, body: ticket('A087', 'waiting', { class: 'appointment' }) };
    await firstAppointment(page, hub);
    await main(page);
    await there(page, '.mark.done');
  },
  'check-in-printing': async (page, hub) => {
    hub.query.checkIn = { status: 201, body: ticket('A087', 'printing') };
    hub.lookAnswer = () => ({ status: 200, body: ticket('A087', 'printing') });
    await firstAppointment(page, hub);
    await main(page);
    await there(page, '.one .number');
  },
  'check-in-paper-out': async (page, hub) => {
    hub.query.checkIn = { status: 201, body: ticket('A087', 'print-failed', { paperFault: 'paper-out' }) };
    await firstAppointment(page, hub);
    await main(page);
    await there(page, '.mark.trouble');
  },
  'check-in-unconfirmed': async (page, hub) => {
    hub.query.checkIn = { status: 201, body: ticket('A087', 'unconfirmed', { paperFault: 'no-answer' }) };
    await firstAppointment(page, hub);
    await main(page);
    await there(page, '.mark.ask');
  },
  'check-in-too-early': async (page, hub) => {
    hub.query.checkIn = refusal('too-early', 409);
    await firstAppointment(page, hub);
    await main(page);
    await there(page, '.mark.trouble');
  },
  'book-service': async (page, hub) => {
    await withCard(page, hub, 'appointments');
    await main(page);
    await there(page, '.choice');
  },
  'book-slot': toSlots,
  'book-nothing-free': async (page, hub) => {
    hub.query.slots = {
      status: 200,
      body: { ...(hub.query.slots.body as object), day: '2026-06-20', workingDay: false, slots: [] },
    };
    await toSlots(page, hub);
  },
  'book-confirm': async (page, hub) => {
    await toSlots(page, hub);
    await page.locator('.slots button').nth(3).click();
    await there(page, 'dl');
  },
  'book-done': async (page, hub) => {
    await toSlots(page, hub);
    await page.locator('.slots button').nth(3).click();
    await main(page);
    await there(page, '.print');
  },
  'book-taken': async (page, hub) => {
    hub.query.booked = refusal('slot-full', 409);
    await toSlots(page, hub);
    await page.locator('.slots button').nth(3).click();
    await main(page);
    await there(page, '.mark.trouble');
  },

  'cases-list': async (page, hub) => {
    await withCard(page, hub, 'cases');
    await there(page, '.body li');
  },
  'case-reviewing': async (page, hub) => {
    await withCard(page, hub, 'cases');
    await page.locator('.body li button').first().click();
    await there(page, '.case');
  },
  'case-materials': async (page, hub) => {
    await withCard(page, hub, 'cases');
    await page.locator('.body li button').nth(1).click();
    await there(page, '.needs');
  },
  'case-late-from-cache': async (page, hub) => {
    hub.query.cases = {
      status: 200,
      body: {
        cases: [
          oneCase({
            kind: { zh: longZh, en: longEn },
            daysLeft: -3,
            overdue: true,
            dueDateKnown: false,
            steps: Array.from({ length: 12 }, (_step, at) => ({
              name: {
                zh: `第${at + 1}步 核对𠮷、㛃等字的权籍调查成果`,
                en: `Step ${at + 1}: cadastral survey results`,
              },
              at: at < 8 ? '2026-06-17T09:00:00+08:00' : null,
            })),
          }),
        ],
        asOf: '2026-06-19T16:05:00+08:00',
        fromCache: true,
      },
    };
    await withCard(page, hub, 'cases');
    await there(page, '.case');
  },
  'cases-none': async (page, hub) => {
    hub.query.cases = {
      status: 200,
      body: { cases: [], asOf: '2026-06-20T09:20:00+08:00', fromCache: false },
    };
    await withCard(page, hub, 'cases');
    await there(page, '.one');
  },
  'cases-platform-away': async (page, hub) => {
    hub.query.cases = refusal('platform-away', 503);
    await withCard(page, hub, 'cases');
    await there(page, '.mark.trouble');
  },
  'cases-card-too-old': async (page, hub) => {
    hub.query.cases = refusal('identity-needed', 409);
    await withCard(page, hub, 'cases');
    await there(page, '.mark.trouble');
  },
  'cases-not-configured': async (page, hub) => {
    hub.set({ hall: { ...hub.view.hall, caseQuery: false } });
    await tile(page, 'cases');
    await there(page, '.one');
  },

  'materials-choose': (page) => tile(page, 'materials'),
  'materials-service': async (page) => {
    await tile(page, 'materials');
    await page.locator('.choice li button').first().click();
    await there(page, '.materials');
  },
  'materials-form': async (page) => {
    await tile(page, 'materials');
    await page.locator('.choice li button').first().click();
    await page.locator('.actions button').nth(1).click();
    await there(page, '.paper img');
  },
  'materials-long-names': async (page, hub) => {
    const { transfer } = hub.view.services;
    hub.set({ services: { transfer: { ...transfer, name: { zh: longZh, en: longEn }, forms: undefined } } });
    await tile(page, 'materials');
    await page.locator('.choice li button').first().click();
    await there(page, '.materials');
  },
  fees: (page) => tile(page, 'fees'),
  'fees-none': async (page, hub) => {
    hub.set({ hall: { ...hub.view.hall, fees: [], feeBasis: null } });
    await tile(page, 'fees');
  },
  'map-list': (page) => tile(page, 'map'),
  'map-plan': async (page, hub) => {
    hub.set({ hall: { ...hub.view.hall, map: '/icon.svg' } });
    await tile(page, 'map');
    await there(page, '.plan');
  },
  'map-thirty-windows': async (page, hub) => {
    hub.set({
      windows: Object.fromEntries(
        Array.from({ length: 30 }, (_window, at) => [
          at + 1,
          window(at + 1, at % 3 === 0 ? 'paused' : 'idle'),
        ]),
      ),
    });
    await tile(page, 'map');
    await there(page, '.blocks');
  },

  'opinion-start': (page) => tile(page, 'opinion'),
  'opinion-kind': async (page) => {
    await tile(page, 'opinion');
    await page.locator('.two button').first().click();
  },
  'opinion-window': async (page) => {
    await tile(page, 'opinion');
    await page.locator('.two button').first().click();
    await page.locator('.two button').first().click();
  },
  'opinion-text': toText,
  'opinion-typing': async (page, hub) => {
    await toText(page, hub);
    await page.locator('textarea').fill('希望一楼东区多放几把椅子，老人等候时有地方坐。');
    await page.locator('.keyboard button', { hasText: /^s$/ }).click();
    await page.locator('.keyboard button', { hasText: /^h$/ }).click();
    await page.locator('.keyboard button', { hasText: /^i$/ }).click();
  },
  'opinion-empty': async (page, hub) => {
    await toText(page, hub);
    await main(page);
    await there(page, '.empty');
  },
  'opinion-done': async (page, hub) => {
    await toText(page, hub);
    await page.locator('textarea').fill('希望多放几把椅子');
    await main(page);
    await page.locator('.print button').click();
    await there(page, '.print .printed');
  },
  'opinion-not-sent': async (page, hub) => {
    hub.query.filed = refusal('journal-unwritable', 503);
    await toText(page, hub);
    await page.locator('textarea').fill('希望多放几把椅子');
    await main(page);
    await there(page, '.mark.trouble');
  },
  'opinion-look-number': async (page) => {
    await tile(page, 'opinion');
    await page.locator('.two button').nth(1).click();
    await there(page, '.pad');
    await type(page, '20260618001');
  },
  'opinion-look-code': async (page) => {
    await tile(page, 'opinion');
    await page.locator('.two button').nth(1).click();
    await there(page, '.pad');
    await type(page, '20260618001');
    await page.keyboard.press('Enter');
    await type(page, 'K7MXP');
  },
  'opinion-answered': async (page) => {
    await toAnswer(page);
    await there(page, '.answer');
  },
  'opinion-long-answer': async (page, hub) => {
    const body = hub.query.opinion.body as { answer: object };
    hub.query.opinion = {
      status: 200,
      body: {
        ...body,
        state: 'closed',
        outcome: 'explained',
        answer: {
          ...body.answer,
          text: '经核查，当天上午系统升级造成等候时间延长，我们已向办事人说明情况并致歉。'.repeat(28),
        },
      },
    };
    await toAnswer(page);
    await there(page, '.answer');
  },
  'opinion-wrong-code': async (page, hub) => {
    hub.query.opinion = refusal('not-found', 404);
    await toAnswer(page);
    await there(page, '.mark.trouble');
  },
};
async function toAnswer(page: Page): Promise<void> {
  await tile(page, 'opinion');
  await page.locator('.two button').nth(1).click();
  await there(page, '.pad');
  await type(page, '20260618001');
  await page.keyboard.press('Enter');
  await type(page, 'K7MXP2');
  await page.keyboard.press('Enter');
}

export type Format = { name: string; width: number; height: number; english?: boolean; elder?: boolean };

/** Declares one test for each state in each of these formats. */
export function lookAtStates(formats: Format[]): void {
  let browser: Browser;
  let hub: MockHub;
  const pages = new Map<string, Page>();
  beforeAll(async () => {
    await ensureScreens(ROOT, () => undefined);
    [browser, hub] = await Promise.all([startBrowser(), mockHub(screensFolder(ROOT))]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await hub?.close();
  });

  /** The page of this format at the start, at a hub without trouble; opened once. */
  const atStart = async (format: Format): Promise<Page> => {
    hub.query = queryAnswers();
    const fresh = view();
    const { transfer } = fresh.services;
    hub.set({
      ...fresh,
      hub: { state: 'here', since: null, asOf: null },
      hall: { ...fresh.hall, caseQuery: true },
      day: { ...fresh.day, day: '2026-06-20', surge: null },
      services: {
        ...fresh.services,
        transfer: {
          ...transfer,
          forms: [{ name: { zh: '申请书', en: 'Application' }, picture: '/icon.svg' }],
        },
      },
      windows: {
        ...Object.fromEntries(Array.from({ length: 30 }, (_window, at) => [at + 1, null])),
        ...fresh.windows,
        3: { ...fresh.windows['3'], services: ['transfer', 'first'] },
        6: { ...fresh.windows['6'], services: ['records', 'advice'] },
      },
    });
    const known = pages.get(format.name);
    if (known) {
      await known.keyboard.press('Escape');
      // A page that may not be left by a key is asked for anew.
      if ((await known.locator('li.ticket').count()) === 1) return known;
      await known.context().close();
    }
    const { width, height } = format;
    const page = await openAt(browser, `${hub.url}/query`, { width, height });
    pages.set(format.name, page);
    await there(page, 'li.ticket');
    if (format.elder) await page.locator('footer button').first().click();
    if (format.english) await page.locator('footer button').nth(1).click();
    return page;
  };

  for (const format of formats)
    test.each(Object.entries(states))(`${format.name}: %s`, async (name, walk) => {
      const page = await atStart(format);
      await walk(page, hub as Hub);
      await page.waitForLoadState('networkidle');
      await look(page, `query/${name}-${format.name}`);
    });
}
