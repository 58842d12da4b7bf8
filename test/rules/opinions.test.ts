import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpinionCommand } from '../../kiosk-agent/hall/opinions/commands.ts';
import { isOverdue } from '../../kiosk-agent/hall/opinions/decide.ts';
import { maskPersonal } from '../../kiosk-agent/hall/opinions/mask.ts';
import { OPINIONS_KEPT, type Opinion } from '../../kiosk-agent/hall/opinions/state.ts';
import { Hall } from './hall.ts';

type File = Extract<OpinionCommand, { name: 'opinion.file' }>;
let made = 0;
const file = (more: Partial<File> = {}): File => ({
  name: 'opinion.file',
  kind: 'complaint',
  channel: 'query',
  text: '等候时间太长',
  codeHash: createHash('sha256').update('K7QX2M').digest('hex'),
  idempotencyKey: `key-${++made}`,
  ...more,
});
const FIRST = 'Y20261123-001';
const filed = (): Hall => {
  const hall = new Hall();
  hall.do(file());
  return hall;
};
const of = (hall: Hall, number = FIRST): Opinion => {
  const opinion = hall.state.opinions.known[number];
  if (!opinion) throw new Error(`no ${number}`);
  return opinion;
};
const assign = { name: 'opinion.assign', opinion: FIRST, to: '2001', by: 'm1' } as const;
const answer = { name: 'opinion.answer', opinion: FIRST, text: '已增开窗口', by: '2001' } as const;
const close = {
  name: 'opinion.close',
  opinion: FIRST,
  outcome: 'resolved',
  reason: '已答复',
  by: 'm1',
} as const;
const reopen = { name: 'opinion.reopen', opinion: FIRST, reason: '来电不满意', by: 'm1' } as const;

describe('an opinion', () => {
  it('gets the next number of its day and a day by which it is answered', () => {
    const hall = new Hall();
    expect(hall.do(file({ window: 2 })).at(-1)).toMatchObject({
      type: 'hall.opinion.filed',
      subject: FIRST,
      data: { opinion: FIRST, kind: 'complaint', window: 2, dueDay: '2026-11-30' },
    });
    hall.do(file());
    expect(Object.keys(hall.state.opinions.known)).toEqual([FIRST, 'Y20261123-002']);
    hall.at('2026-11-24T09:00:00+08:00').do(file());
    expect(of(hall, 'Y20261124-001')).toMatchObject({ state: 'filed', dueDay: '2026-12-01' });
    // A clock that was set back opens no earlier day again: no number is given twice.
    hall.at('2026-11-23T09:00:00+08:00').do(file());
    expect(of(hall, 'Y20261124-002').state).toBe('filed');
  });

  it('is filed once for one key, and a key is for one opinion', () => {
    const hall = new Hall();
    const one = file();
    hall.do(one);
    expect(hall.do(one)).toEqual([]);
    expect(hall.refusal({ ...one, text: 'other' })).toMatchObject({
      code: 'key-reused',
      facts: { opinion: FIRST },
    });
  });

  it('names only windows and ratings that the hall has, and a rating brings one from the phone', () => {
    const hall = new Hall();
    expect(hall.refusal(file({ window: 9 })).code).toBe('unknown-window');
    expect(hall.refusal(file({ session: 7 })).code).toBe('not-found');
    hall.evaluating(7);
    hall.wait(5).do({ name: 'rating.touch', window: 1, session: 7, level: 1 });
    hall.do(file({ session: 7, channel: 'phone-page' }));
    expect(hall.refusal(file({ session: 7, channel: 'phone-page' })).facts).toEqual({ opinion: FIRST });
    hall.do(file({ session: 7, channel: 'rating', staff: 'm1' }));
  });

  it('is assigned, answered and struck off with its reason in the trace', () => {
    const hall = filed();
    hall.do(assign);
    hall.do({ ...assign, to: '2002' });
    expect(of(hall)).toMatchObject({ state: 'assigned', assignedTo: '2002', dueDay: '2026-11-30' });
    hall.do(answer);
    expect(hall.refusal(answer)).toMatchObject({ code: 'wrong-state', facts: { state: 'answered' } });
    expect(hall.refusal({ ...close, reason: ' ' }).code).toBe('reason-needed');
    expect(hall.do(close)).toMatchObject([
      { type: 'hall.opinion.closed', data: { outcome: 'resolved', reason: '已答复', by: 'm1' } },
      {
        type: 'hall.trace.recorded',
        data: { action: 'opinion-closed', reason: `${FIRST} resolved: 已答复`, staff: 'm1' },
      },
    ]);
    for (const again of [assign, answer, close]) expect(hall.refusal(again).code).toBe('wrong-state');
  });

  it('is called resolved or explained only after an answer; unfounded, passed on, withdrawn need none', () => {
    for (const outcome of ['resolved', 'explained'] as const)
      expect(filed().refusal({ ...close, outcome }), outcome).toMatchObject({ code: 'wrong-state' });
    for (const outcome of ['unfounded', 'passed-on', 'withdrawn'] as const)
      expect(filed().types({ ...close, outcome })).toContain('hall.opinion.closed');
  });

  it('is taken up again with a new day, and keeps its number, text and answer', () => {
    const hall = filed();
    expect(hall.refusal(reopen).code).toBe('wrong-state');
    hall.do(answer);
    hall.do(close);
    hall.at('2026-12-01T10:00:00+08:00').do(reopen);
    expect(of(hall)).toMatchObject({
      state: 'filed',
      dueDay: '2026-12-08',
      closed: null,
      keepUntil: null,
      text: '等候时间太长',
      answer: { text: '已增开窗口' },
      reopened: { times: 1, reason: '来电不满意' },
    });
  });

  it('is overdue after its day while it has no answer', () => {
    const hall = filed();
    expect(isOverdue(of(hall), '2026-11-30')).toBe(false);
    expect(isOverdue(of(hall), '2026-12-01')).toBe(true);
    hall.do(assign);
    expect(isOverdue(of(hall), '2026-12-01')).toBe(true);
    hall.do(answer);
    expect(isOverdue(of(hall), '2026-12-01')).toBe(false);
  });

  it('that the ledger does not have is refused', () => {
    for (const opinion of ['Y20261123-002', 'constructor'])
      expect(filed().refusal({ ...assign, opinion }).code).toBe('not-found');
  });
});

describe('the ledger', () => {
  it('lets struck-off ones go after their days and keeps open ones', () => {
    const hall = new Hall({ opinions: { dueWorkingDays: 5, keepDays: 2 } });
    hall.do(file());
    hall.do(file());
    hall.do({ ...close, outcome: 'unfounded' });
    hall.at('2026-11-25T09:00:00+08:00').do({ name: 'day.check' });
    expect(Object.keys(hall.state.opinions.known)).toEqual([FIRST, 'Y20261123-002']);
    hall.at('2026-11-26T09:00:00+08:00').do({ name: 'day.check' });
    expect(Object.keys(hall.state.opinions.known)).toEqual(['Y20261123-002']);
  });

  it('has its size: struck-off ones make room first, and an open one that must is counted', () => {
    const hall = new Hall();
    for (let count = 0; count < OPINIONS_KEPT; count++) hall.wait(1).do(file());
    hall.do({ ...close, opinion: 'Y20261123-500', outcome: 'unfounded' });
    hall.do(file());
    expect(hall.state.opinions.known['Y20261123-500']).toBeUndefined();
    expect(hall.state.opinions.leftOpen).toBe(0);
    hall.do(file());
    expect(hall.state.opinions.known[FIRST]).toBeUndefined();
    expect(hall.state.opinions).toMatchObject({ leftOpen: 1, running: OPINIONS_KEPT + 2 });
  });
});

describe('a text', () => {
  // Invented numbers: province 99 has nobody.
  it.each([
    ['我的身份证990101199001011234请查', '我的身份证******************请查'],
    ['99010119900101123X', '******************'],
    ['99010119900101123x。', '******************。'],
    ['990101 19900101 123X', '********************'],
    ['990101-19900101-1234', '********************'],
    ['９９０１０１１９９００１０１１２３４', '******************'],
    ['旧证990101900101123号', '旧证***************号'],
    ['电话13900000000，谢谢', '电话***********，谢谢'],
    ['139 0000 0000', '*************'],
    ['139-0000-0000', '*************'],
    ['１３９００００００００', '***********'],
    ['+8613900000000', '**************'],
    ['+86 139 0000 0000', '*****************'],
    ['008613900000000 回电', '*************** 回电'],
    ['13900000000/13900000001', '***********/***********'],
    ['A001 13900000000', 'A001 ***********'],
  ])('%s becomes %s', (text, masked) => {
    expect(maskPersonal(text)).toBe(masked);
  });

  it.each([
    ['A001号等了45分钟'],
    ['2026-11-23 10:05 在3号窗口'],
    ['受理号 202611230001'],
    ['Y20261123-001'],
    ['费用80元，共550元'],
    ['29900000000'],
    ['不动产单元号 370000000000GB00000F00000000'],
    [''],
  ])('%s stays', (text) => {
    expect(maskPersonal(text)).toBe(text);
  });

  it('never shows a number that stands by itself, whatever is around it, and masks once', () => {
    const around = fc.stringMatching(/^[a-z窗口，。 ]{0,8}$/);
    const number = fc.oneof(
      fc.stringMatching(/^99\d{15}[\dXx]$/),
      fc.stringMatching(/^99\d{13}$/),
      fc.stringMatching(/^1\d{10}$/),
    );
    fc.assert(
      fc.property(around, number, around, (before, digits, after) => {
        const masked = maskPersonal(`${before}${digits}${after}`);
        expect(masked).toBe(`${before}${'*'.repeat(digits.length)}${after}`);
        expect(maskPersonal(masked)).toBe(masked);
      }),
      { seed: 20261123 },
    );
  });
});
