import { aedesBroker, mosquittoBroker, type TestBroker } from './brokers.ts';
import { farEnd } from './far-end.ts';
import { linkSuite } from './suite.ts';
import type { FarEnd } from './suite.ts';

const PLACE = { region: '371000000000', hall: 'weihai-01' };

async function behind(broker: TestBroker): Promise<FarEnd> {
  const far = await farEnd((port) => `mqtt://127.0.0.1:${port}`, {
    port: broker.port,
    configuration: `mqtt: {url: "mqtt://127.0.0.1:${broker.port}"}\n`,
    mqtt: PLACE,
  });
  return { ...far, stop: () => far.stop().finally(() => broker.stop()) };
}

const mosquitto = process.env['HALL_MOSQUITTO'];
if (mosquitto === undefined)
  linkSuite('the link over MQTT 3.1.1 (aedes), with the far end as a process of its own', async () =>
    behind(await aedesBroker()),
  );
else
  linkSuite('the link over MQTT 5 (Mosquitto), with the far end as a process of its own', async () =>
    behind(await mosquittoBroker(mosquitto)),
  );
