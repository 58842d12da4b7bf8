/** What is taken away from the pages, read by a program that is not ours: SheetJS. */
import fc from 'fast-check';
import { read, utils, type WorkBook } from 'xlsx';
import { describe, expect, test } from 'vitest';
import { isEmpty, tableOf, type ChartData } from '../../display/charts/data.ts';
import { toCsv } from '../../display/exports/csv.ts';
import {
  cellText,
  cleanText,
  fileName,
  hoursMinutesSeconds,
  type Table,
} from '../../display/exports/table.ts';
import { sheetNames, toXlsx } from '../../display/exports/xlsx.ts';

const name30 = '威海市不动产登记和交易综合受理服务窗口第一工作组甲乙丙丁戊己'.slice(0, 30);
const table: Table = {
  title: '按人员统计',
  columns: [
    { name: '工号', kind: 'text' },
    { name: '名称', kind: 'text' },
    { name: '办结', kind: 'number' },
    { name: '平均等候', kind: 'duration' },
    { name: '满意率', kind: 'percent' },
    { name: '日期', kind: 'date' },
    { name: '时间', kind: 'date' },
  ],
  rows: [
    ['0012', '𠮷㛃', 1234, 450, 0.875, '2026-11-23', '2026-11-23T09:05:07+08:00'],
    ['1001', name30, -3, 90_061, 1, '2026-02-28', '2026-11-23T23:59:59+08:00'],
    ['1002', '=1+1', 0, null, null, null, null],
    ['1003', '他说"好,谢谢"\n第二行', 2.5, 0, 0, '2026-12-31', '2026-12-31T00:00:00+08:00'],
  ],
};
const about = [{ name: '大厅', value: '威海市不动产登记大厅' }];
const open = async (tables: Table[]): Promise<WorkBook> =>
  read(await (await toXlsx(tables, about, '说明')).arrayBuffer(), { cellNF: true, cellFormula: true });
const cell = (book: WorkBook, at: string) => book.Sheets['按人员统计']?.[at] as Record<string, unknown>;

describe('a workbook', async () => {
  const book = await open([table]);

  test('has the table, and a sheet that says where it comes from', () => {
    expect(book.SheetNames).toEqual(['按人员统计', '说明']);
    expect(utils.sheet_to_json(book.Sheets['说明']!, { header: 1 })).toEqual([['大厅', about[0]!.value]]);
    expect((utils.sheet_to_json(book.Sheets['按人员统计']!, { header: 1 }) as unknown[])[0]).toEqual(
      table.columns.map(({ name }) => name),
    );
  });

  test('keeps rare letters, long names, leading zeros and quotation marks as text', () => {
    expect(cell(book, 'A2')).toMatchObject({ t: 's', v: '0012' });
    expect(cell(book, 'B2')).toMatchObject({ t: 's', v: '𠮷㛃' });
    expect(cell(book, 'B3')).toMatchObject({ t: 's', v: name30 });
    expect(cell(book, 'B5')).toMatchObject({ t: 's', v: '他说"好,谢谢" 第二行' });
  });

  test('has no formula, whatever a text looks like', () => {
    expect(cell(book, 'B4')).toMatchObject({ t: 's', v: '=1+1' });
    expect(cell(book, 'B4')['f']).toBeUndefined();
  });

  test('has numbers as numbers, shares and times in their own form, and nothing where nothing is known', () => {
    expect(cell(book, 'C2')).toMatchObject({ t: 'n', v: 1234 });
    expect(cell(book, 'C3')).toMatchObject({ t: 'n', v: -3 });
    expect(cell(book, 'D2')).toMatchObject({ t: 'n', w: '0:07:30' });
    expect(cell(book, 'D3')).toMatchObject({ t: 'n', w: '25:01:01' });
    expect(cell(book, 'E2')).toMatchObject({ t: 'n', v: 0.875, w: '87.5%' });
    expect(cell(book, 'D4')).toBeUndefined();
    expect(cell(book, 'E5')).toMatchObject({ t: 'n', v: 0 });
  });

  test("has days and times as the hall's clock showed them", () => {
    expect(cell(book, 'F2')['w']).toBe('2026-11-23');
    expect(cell(book, 'G2')['w']).toBe('2026-11-23 09:05:07');
    expect(cell(book, 'G3')['w']).toBe('2026-11-23 23:59:59');
    expect(cell(book, 'G5')['w']).toBe('2026-12-31 00:00:00');
  });

  test('has no letters made of what only looks like their code', async () => {
    const rows = [['_x0041_'], ['_x005F_x0041_'], ['constructor'], ['__proto__'], ['toString']];
    const back = await open([{ title: 't', columns: [{ name: 'x', kind: 'text' }], rows }]);
    expect(utils.sheet_to_json(back.Sheets['t']!, { header: 1 })).toEqual([['x'], ...rows]);
  });

  test('gives every table a sheet whose name a spreadsheet takes', async () => {
    const several = await open([table, { ...table, title: table.title }, { ...table, title: 'a/b:c*[d]?' }]);
    expect(several.SheetNames).toEqual(['按人员统计', '按人员统计 2', 'a b c d', '说明']);
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 60 }), { maxLength: 8 }), (titles) => {
        const names = sheetNames(titles);
        expect(new Set(names.map((one) => one.toLowerCase())).size).toBe(titles.length);
        for (const one of names) {
          expect(one.length).toBeGreaterThan(0);
          expect(one.length).toBeLessThanOrEqual(31);
          expect(one).not.toMatch(/[[\]:*?/\\]/);
        }
      }),
    );
  });

  test('comes back as it went in, whatever was written', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { minLength: 1, maxLength: 20 }),
        async (texts) => {
          const written = await open([
            { title: 't', columns: [{ name: 'x', kind: 'text' }], rows: texts.map((one) => [one]) },
          ]);
          const sheet = written.Sheets['t']!;
          texts.forEach((one, at) => {
            const back = (sheet[`A${at + 2}`] as { v?: string } | undefined)?.v ?? '';
            expect(back).toBe(one === '' ? '' : cleanText(one));
          });
        },
      ),
      { numRuns: 60, seed: 20180620 },
    );
  });

  test('holds a year of hours: more than a page packs by itself', async () => {
    const rows = Array.from({ length: 20_000 }, (_, at) => [`行${at}`, at]);
    const large = await open([
      {
        title: 'big',
        columns: [
          { name: 'a', kind: 'text' },
          { name: 'b', kind: 'number' },
        ],
        rows,
      },
    ]);
    expect(utils.sheet_to_json(large.Sheets['big']!)).toHaveLength(20_000);
    expect((large.Sheets['big']!['B20001'] as { v: number }).v).toBe(19_999);
  });
});

describe('CSV', () => {
  test('begins with the mark of UTF-8, ends its lines as Excel does, and quotes what needs it', () => {
    const bytes = Buffer.from(toCsv(table), 'utf8');
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    expect(toCsv(table)).toBe(
      '\ufeff工号,名称,办结,平均等候,满意率,日期,时间\r\n' +
        '"\t0012",𠮷㛃,1234,0:07:30,87.5%,2026-11-23,2026-11-23 09:05\r\n' +
        `1001,${name30},-3,25:01:01,100.0%,2026-02-28,2026-11-23 23:59\r\n` +
        "1002,'=1+1,0,,,,\r\n" +
        '1003,"他说""好,谢谢"" 第二行",2.5,0:00:00,0.0%,2026-12-31,2026-12-31 00:00\r\n',
    );
  });

  test('lets no text begin as a formula, and leaves negative figures alone', () => {
    const dangerous = ['=1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '＝1', '＋1', '－1', '＠x', '\r\n=1'];
    const csv = toCsv({
      title: '',
      columns: [
        { name: 'a', kind: 'text' },
        { name: 'b', kind: 'number' },
      ],
      rows: dangerous.map((one) => [one, -1]),
    });
    const lines = csv.slice(1).trimEnd().split('\r\n').slice(1);
    expect(lines).toHaveLength(dangerous.length);
    for (const line of lines) {
      expect(line).toMatch(/^"?'/);
      expect(line).toMatch(/,-1$/);
    }
  });

  test('is read back by SheetJS with every letter', () => {
    const book = read(Buffer.from(toCsv(table), 'utf8'), { type: 'buffer', raw: true });
    const rows = utils.sheet_to_json(book.Sheets[book.SheetNames[0]!]!, {
      header: 1,
      raw: false,
    }) as string[][];
    expect(rows[1]?.[1]).toBe('𠮷㛃');
    expect(rows[2]?.[1]).toBe(name30);
    expect(rows[4]?.[1]).toBe('他说"好,谢谢" 第二行');
    expect(rows).toHaveLength(5);
  });
});

test('a file has a name that every system takes', () => {
  expect(fileName('统计: a/b "x"', 'xlsx')).toBe('统计- a-b -x-.xlsx');
});

test('figures are said as people read them, and nothing is not zero', () => {
  expect(cellText(null, 'number')).toBe('–');
  expect(cellText(Number.NaN, 'percent')).toBe('–');
  expect(cellText(12345, 'number')).toBe('12,345');
  expect(cellText(0, 'percent')).toBe('0.0%');
  expect(hoursMinutesSeconds(3599.6)).toBe('1:00:00');
  expect(hoursMinutesSeconds(-61)).toBe('-0:01:01');
});

describe('a chart as a table', () => {
  const line: ChartData = {
    kind: 'line',
    title: '每日人次',
    category: '日期',
    categories: ['11-23', '11-24'],
    series: [
      { name: '取号', values: [3, null] },
      { name: '办结', values: [2, 0] },
    ],
    unit: 'number',
  };
  test('has a row for each category and a column for each series', () => {
    expect(tableOf(line)).toEqual({
      title: '每日人次',
      columns: [
        { name: '日期', kind: 'text' },
        { name: '取号', kind: 'number' },
        { name: '办结', kind: 'number' },
      ],
      rows: [
        ['11-23', 3, 2],
        ['11-24', null, 0],
      ],
    });
  });
  test('has a row for each line of a map of hours', () => {
    const heat: ChartData = {
      kind: 'heat',
      title: 't',
      category: '日期',
      categories: ['9', '10'],
      rows: [{ name: '周一', values: [1] }],
      unit: 'number',
    };
    expect(tableOf(heat).rows).toEqual([['周一', 1, null]]);
  });
  test('is empty when nothing but nothing and zero is in it', () => {
    expect(isEmpty(line)).toBe(false);
    expect(isEmpty({ ...line, series: [{ name: 'x', values: [null, 0] }] })).toBe(true);
  });
});
