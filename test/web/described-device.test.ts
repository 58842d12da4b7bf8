/** A device that nobody wrote code for: an old evaluator on TCP, described in the configuration as docs/devices.md does. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { hallYaml, startHall } from '../harness/hall.ts';
import { temporaryFolder, until } from '../harness/programs.ts';

it('lights it, takes its key, and tells it when the rating is on disk', async () => {
  using folder = temporaryFolder('described');
  const heard: string[] = [];
  let line: Socket | undefined;
  const device = createServer((socket) => {
    line = socket;
    socket.on('data', (bytes) => heard.push(bytes.toString('hex')));
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(device, 'listening');
  const { port } = device.address() as AddressInfo;
  const hall = await startHall(
    folder.path,
    hallYaml(`
devices:
  - id: old-evaluator
    model: frames
    port: "tcp:127.0.0.1:${port}"
    window: 1
    keyMap: {"41": 5, "42": 4, "43": 3, "44": 2, "45": 1}
    frame:
      evaluator:
        keys: ["AA 55 {key} {xor8 0}"]
        acknowledge: "AA 56 {key} {xor8 0}"
        open: "AA 57 01 {xor8 0}"
`),
  );
  try {
    await until('the line', () => line);
    const clerk = hall.as('clerk');
    await clerk('POST', 'windows/1/open', { staff: '1001' });
    await hall.as('kiosk')('POST', 'tickets', {
      service: 'transfer',
      delivery: 'screen',
      idempotencyKey: 'one',
    });
    await clerk('POST', 'windows/1/call-next');
    await clerk('POST', 'windows/1/start');
    await clerk('POST', 'windows/1/finish');
    // AA ^ 57 ^ 01 = FC
    await until('the light', () => heard.join('').includes('aa5701fc'));
    // AA ^ 55 ^ 44 = BB: 不满意
    line?.write(Buffer.from('aa5544bb', 'hex'));
    await until('the thanks', () => heard.join('').includes('aa5644b8'));
    const events = (await hall.as('integrator')('GET', 'events?after=0&limit=1000'))
      .body as unknown as HallEvent[];
    expect(events.find((event) => event.type === 'hall.rating.given')).toMatchObject({
      data: { level: 2, keyRaw: '44', window: 1, device: { serial: 'old-evaluator', seq: 1 } },
    });
    expect((await hall.as('technician')('GET', 'devices/old-evaluator')).body).toMatchObject({
      state: 'ready',
      // It has a checksum and is told: nothing to warn of.
      notes: [],
    });
  } finally {
    await hall.close();
    line?.destroy();
    device.close();
  }
});
