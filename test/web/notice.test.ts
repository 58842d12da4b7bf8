/** The one-time notice on paper, through the front door and out of the simulated printer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrinter, type PrinterHandle } from '../../firmware-sim/index.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder, until } from '../harness/programs.ts';

let printer: PrinterHandle;
let hall: Hall;
const folder = temporaryFolder('notice');

beforeAll(async () => {
  printer = await startPrinter({ id: 'printer-1', port: 'tcp:0', speed: Number.POSITIVE_INFINITY });
  const yaml = hallYaml(`devices: [{id: printer-1, model: escpos-80, port: "${printer.port}"}]`)
    .replace(
      /\{id: transfer, prefix: A,/,
      `{id: transfer, prefix: A, timeLimit: {zh: 10 个工作日, en: 10 working days}, fee: {zh: 80 元/件, en: ¥80},
        materials: [{zh: 不动产权属证书, en: Title certificate}, {zh: 完税凭证, en: Tax certificate}],`,
    )
    .replace(
      /^hall: +\{/m,
      'hall: {feeBasis: {zh: 依据：发改价格规〔2016〕2559号, en: "Basis: NDRC 2016"}, ',
    );
  hall = await startHall(folder.path, yaml);
  await until('the printer', async () =>
    JSON.stringify((await hall.as(null)('GET', 'health')).body).includes('"state":"ready"'),
  );
});
afterAll(async () => {
  await hall?.close();
  await printer?.close();
  folder[Symbol.dispose]();
});

describe('the one-time notice of a service', () => {
  it('says every material, the time limit, the fee and its legal basis, once', async () => {
    expect(await hall.as('kiosk')('POST', 'services/transfer/notice')).toEqual({
      status: 200,
      body: { state: 'printed' },
    });
    const text = printer.papers().at(-1)?.text ?? '';
    for (const words of [
      '一次性告知单',
      '1. 不动产权属证书',
      '2. 完税凭证',
      '10 个工作日',
      '80 元/件',
      '2559号',
    ])
      expect(text).toContain(words);
  });

  it('speaks English to who asks for it', async () => {
    await hall.as('kiosk')('POST', 'services/transfer/notice', { language: 'en' });
    expect(printer.papers().at(-1)?.text).toContain('2. Tax certificate');
  });

  it('is refused for a service that the hall has not, and to who is nobody here', async () => {
    expect((await hall.as('kiosk')('POST', 'services/passport/notice')).body).toMatchObject({
      code: 'unknown-service',
    });
    expect((await hall.as(null)('POST', 'services/transfer/notice')).status).toBe(401);
  });

  it('tells the visitor what is wrong with the printer', async () => {
    await printer.setFault('paper-out', true);
    await until('the printer to say so', async () =>
      JSON.stringify((await hall.as(null)('GET', 'health')).body).includes('paper-out'),
    );
    expect((await hall.as('kiosk')('POST', 'services/transfer/notice')).body).toEqual({
      state: 'failed',
      why: 'paper-out',
    });
  });
});
