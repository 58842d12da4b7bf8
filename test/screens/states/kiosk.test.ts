/** The kiosk in every state: portrait and landscape, both languages, elder mode. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ensureScreens, screensFolder } from '../../../kiosk-agent/box/screens.ts';
import { ROOT } from '../../harness/programs.ts';
import { startBrowser } from '../browser.ts';
import { look, openAt } from '../look.ts';
import { mockHub, ticket, view, type MockHub } from '../mock-hub.ts';
import { problemOf, visitWork, type VisitWork } from '../mock-visits.ts';

const MODES = [
  { name: 'portrait-zh', width: 1080, height: 1920, language: 'zh', elder: false },
  { name: 'landscape-zh', width: 1920, height: 1080, language: 'zh', elder: false },
  { name: 'portrait-en', width: 1080, height: 1920, language: 'en', elder: false },
  { name: 'portrait-elder', width: 1080, height: 1920, language: 'zh', elder: true },
] as const;

let browser: Browser;
beforeAll(async () => {
  await ensureScreens(ROOT, () => undefined);
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
});

/** Every service with the longest name that a hall gives, two rare characters in it, and 2,000 people before it. */
function crowded(): ReturnType<typeof view>['services'] {
  const name = {
    zh: '不动产登记资料查询与历史档案复制及无房证明出具代办窗口𠮷㛃路',
    en: 'Records, archive copies and 𠮷㛃',
  };
  return Object.fromEntries(
    Object.entries(view().services).map(([id, one]) => [
      id,
      { ...one, name, waiting: 2000, waitMinS: 14_400, waitMaxS: 28_800, servedToday: 'no' as const },
    ]),
  );
}

describe.each(MODES)('$name', ({ name, width, height, language, elder }) => {
  let hub: MockHub;
  let visits: VisitWork;
  let page: Page;
  beforeAll(async () => {
    hub = await mockHub(screensFolder(ROOT));
    page = await openAt(browser, `${hub.url}/kiosk`, { width, height });
    return async () => {
      await page.context().close();
      await hub.close();
    };
  });
  const button = (zh: string | RegExp, en: string | RegExp) =>
    page.getByRole('button', { name: language === 'en' ? en : zh });
  const here = (state: string) => look(page, `kiosk/${state}-${name}`);
  const one = async (selector: string): Promise<void> => page.locator(selector).first().waitFor();

  /** Home again, in this language and size. */
  async function ready(): Promise<void> {
    await page.keyboard.press('Escape');
    if ((await page.locator('.grid').count()) === 0) await page.reload();
    await one('.grid button');
    if (language === 'en' && (await page.locator('html').getAttribute('lang')) !== 'en')
      await page.getByRole('button', { name: 'English' }).click();
    const larger = button('大字版', 'Larger text');
    if (elder && (await larger.count()) > 0) await larger.click();
  }
  beforeEach(async () => {
    visits = hub.visits = visitWork();
    hub.ticketAnswer = () => ({ status: 201, body: ticket('A012', 'waiting') });
    hub.lookAnswer = () => ({ status: 200, body: ticket('A012', 'printing') });
    hub.set(view() as unknown as Record<string, unknown>);
    await ready();
  });
  const service = async (): Promise<void> => {
    await page.locator('.grid button').first().click();
    await one('.take');
  };
  const take = async (): Promise<void> => {
    await service();
    await page.locator('.take').click();
  };

  test('home', async () => {
    await here('home');
  });

  test('home without paper, on a rush, and closed', async () => {
    hub.set({ day: { ...view().day, printer: 'fault' } });
    await one('.warning');
    await here('home-no-paper');
    hub.set({ day: { ...view().day, surge: { notice: null, extendUntil: '18:30' } } });
    await one('.calm');
    await here('home-surge');
    hub.set({ day: { ...view().day, taking: false } });
    await one('.warning');
    await here('home-closed');
  });

  test('a service, and others to go on with', async () => {
    await service();
    await here('service');
    await button('还要办其他业务', 'Something else too').click();
    await page.locator('.list button').first().click();
    await here('further');
    await button('选好了', 'Done').click();
    await one('.take');
    await here('service-further');
    hub.say('card', { idCard: 'key-1', masked: '990***********001X', kind: 'citizen' });
    await page.getByText('990***').first().waitFor();
    hub.set({ services: crowded() });
    await one('.today');
    await here('service-crowded');
    const bottom = (await page.locator('.take').boundingBox())!;
    expect(bottom.y + bottom.height).toBeLessThan((await page.locator('.return').boundingBox())!.y);
    const [item, list] = await Promise.all(
      ['.paged li', '.paged ol'].map((each) => page.locator(each).first().boundingBox()),
    );
    expect(item!.height).toBeLessThanOrEqual(list!.height);
  });

  test('names of 30 characters, rare ones, and 2,000 who wait', async () => {
    hub.set({ services: crowded() });
    await page.getByText('2000').or(page.getByText('2,000')).first().waitFor();
    await here('home-crowded');
    // Nothing of a name is cut off.
    const cut = await page.locator('.what b').evaluateAll((names) =>
      names.filter((one) => {
        const [name, room] = [one, one.parentElement!].map((each) => each.getBoundingClientRect());
        return name!.bottom > room!.bottom + 1 || name!.top < room!.top - 1;
      }),
    );
    expect(cut).toHaveLength(0);
  });

  test('an appointment: by card, by typed number, by its code; and what stands against it', async () => {
    await page.locator('.who').click();
    await one('.card-step');
    await here('arrival');
    await button(/输入号码/, /Type its number/)
      .first()
      .click();
    await page.keyboard.type('99010119900101001');
    await here('arrival-typing');
    await page.keyboard.press('Escape');
    await page.locator('.who').click();
    await button('输入预约号', 'Type the booking number').click();
    await page.keyboard.type('kx7p2');
    await here('code');
    await page.keyboard.type('m4q');
    await page.keyboard.press('Enter');
    await one('.notice .trouble');
    await here('appointment-unknown');
    await page.keyboard.press('Escape');
    visits.checkIn = () => problemOf('wrong-day', 409, { day: '2026-06-24', from: '14:00' });
    hub.say('card', { idCard: 'key-1', masked: '990***********001X', kind: 'citizen' });
    await one('.notice .trouble');
    await here('appointment-wrong-day');
    await page.keyboard.press('Escape');
    visits.checkIn = () =>
      problemOf('several-appointments', 409, {
        appointments: ['transfer', 'change'].map((service, index) => ({
          appointment: `KX7P2M4${'QR'[index]}`,
          service,
          day: '2026-06-20',
          from: `1${index}:00`,
          to: `1${index}:30`,
          state: 'booked',
        })),
      });
    hub.say('card', { idCard: 'key-1', masked: '990***********001X', kind: 'citizen' });
    await one('.which');
    await here('appointment-several');
  });

  test('booking a time', async () => {
    await service();
    await button('预约其他时间', 'Book another time').click();
    await one('.times button');
    await here('slots');
    await page.locator('.times button').first().click();
    await one('.plain .number');
    await here('booked');
    await page.keyboard.press('Escape');
    visits.slots = () => [];
    await service();
    await button('预约其他时间', 'Book another time').click();
    await one('.say[role=alert]');
    await here('slots-none');
  });

  test('a name that is needed, and one that has a ticket', async () => {
    hub.ticketAnswer = () => problemOf('identity-needed', 409);
    await take();
    await one('.card-step');
    await here('identity');
    await button(/输入号码/, /Type its number/).click();
    await one('.type');
    await here('identity-typing');
    await button('改用身份证', 'Use the card instead').click();
    hub.say('card-unreadable', { why: 'unreadable' });
    await one('.card-step .wrong');
    await here('identity-unreadable');
    hub.ticketAnswer = () => problemOf('already-has-ticket', 409, { number: 'A007', ticketId: 't-A007' });
    hub.say('card', { idCard: 'key-1', masked: '990***********001X', kind: 'citizen' });
    await one('.plain .number');
    await here('already');
    expect(hub.requests.filter((one) => one.path === '/tickets').at(-1)?.body).toMatchObject({
      idCard: 'key-1',
    });
  });

  test('printing, printed, and everything that can happen to paper', async () => {
    hub.ticketAnswer = () => ({ status: 201, body: ticket('A012', 'printing') });
    await take();
    await page.locator('.notice .number').waitFor();
    await here('printing');
    hub.lookAnswer = () => ({ status: 200, body: ticket('A012', 'waiting') });
    await one('.done');
    await here('done');
    await page.locator('.done > button').click();
    for (const [state, more] of [
      ['print-failed', { paperFault: 'paper-out' }],
      ['unconfirmed', {}],
    ] as const) {
      await ready();
      hub.ticketAnswer = () => ({ status: 201, body: ticket('A012', state, { ahead: null, ...more }) });
      await take();
      await page.locator('.notice .number').waitFor();
      await here(state);
      await page.keyboard.press('Escape');
    }
  });

  test('a scanned ticket, a foreign code, help, and a refusal', async () => {
    hub.lookAnswer = () => ({ status: 200, body: ticket('A012', 'waiting') });
    hub.say('scan', { kind: 'ticket', value: 'key', length: 21 });
    await one('.plain .number');
    await here('where');
    await page.keyboard.press('Escape');
    hub.say('scan', { kind: 'other', value: null, length: 12 });
    await one('.calm');
    await here('home-foreign-code');
    await button('需要帮助', 'I need help').click();
    await one('.notice');
    await here('help');
    await page.keyboard.press('Escape');
    hub.ticketAnswer = () => problemOf('journal-unwritable', 503);
    await take();
    await one('.notice .trouble');
    await here('refused');
  });
});
