/** Another process beside the agent: binds so many devices, one after another, as `hall devices bind` does. */
import { openBindings } from '../../../kiosk-agent/device/bindings.ts';

const [file = '', name = '', count = '0'] = process.argv.slice(2);
const bindings = await openBindings(file, {
  now: () => new Date(),
  say: (sentence) => console.error(sentence),
});
for (let n = 0; n < Number(count); n++)
  await bindings.bind(`${name}-${n}`, {
    kind: 'serial',
    path: `/dev/tty${name}${n}`,
    vendorId: '1a86',
    productId: '7523',
    location: `${name}-${n}`,
  });
