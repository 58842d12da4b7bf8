import { it } from 'vitest';
import { TABLE_MODELS, atEveryByte, atEveryMoment } from '/work/main/test/device/failures/printer-table.ts';
for (const model of TABLE_MODELS) for (const trouble of ['paper-out','cover-open','cutter-error','paper-jam','head-hot','power-off','unplugged'] as const) {
  it(`${model.name} ${trouble}`, async () => { const t=performance.now(); console.log(model.name, trouble, await atEveryByte(model, trouble, {stride: 17}), Math.round(performance.now()-t)); }, 60000);
}
