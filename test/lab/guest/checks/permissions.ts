/** Who may open what: nobody without the rules, the agent's user with them, and nobody while another has it. */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import type { DevicesReport } from '../../../../kiosk-agent/cli/devices-report.ts';
import type { Check } from '../../../../kiosk-agent/cli/doctor/check.ts';
import type { FoundView } from '../../../../kiosk-agent/contract/live.ts';
import { until } from '../../../harness/programs.ts';
import { check, LIMIT_MS } from '../check.ts';
import { hall, holdPort, installRules } from '../computer.ts';
import type { Front } from '../visit.ts';

const DEVICES = ['evaluator-1', 'evaluator-2', 'evaluator-3', 'keypad-4', 'scanner-1', 'printer-1'];

export async function checkPermissions(front: Front, rules: string): Promise<void> {
  await check(
    'without the udev rules the agent’s user may open no device, and is told what to do',
    async () => {
      for (const id of DEVICES) {
        const { advice, detail } = await front.is(id, 'denied');
        assert.match(advice?.en ?? '', /install the udev rules of `hall service`/);
        assert.match(detail ?? '', /\/dev\/(hidraw\d|ttyUSB0|ttyACM0|usb\/lp0)/, id);
      }
    },
  );

  await check('`hall doctor` says of each device who may not open which file', async () => {
    const { code, checks } = await doctor('hall');
    assert.equal(code, 1);
    for (const id of DEVICES)
      assert.match(
        find(checks, 'permission', id, 'trouble').sentence.en,
        /^the user hall may not use \/dev\/\S+ \(group (root|dialout|lp), mode 06[06]0\)$/,
        id,
      );
  });

  const serials = async (): Promise<Record<string, string | undefined>> =>
    Object.fromEntries((await front.devices()).map(({ id, serial }) => [id, serial]));
  const holder = await holdPort('/dev/ttyUSB0');
  await check('with the rules every device becomes ready without a restart', async () => {
    await installRules(rules);
    for (const id of DEVICES)
      await front.is(id, ...(id === 'evaluator-2' ? ['busy' as const] : ['ready' as const]));
    // A printer is asked for its number when it is ready.
    await until('the printer to say who it is', async () => (await serials())['printer-1'], LIMIT_MS);
    assert.deepEqual(await serials(), {
      'evaluator-1': 'EHR-LAB-1',
      'evaluator-2': undefined,
      'evaluator-3': 'ACM-LAB-3',
      // A keypad, a scanner say nothing of themselves but to the kernel.
      'keypad-4': undefined,
      'scanner-1': undefined,
      'printer-1': 'SIMP0001',
    });
  });

  await check('the rules let in the group hall and nobody else', async () => {
    const files = readdirSync('/dev').filter((name) => /^(hidraw\d+|ttyUSB0|ttyACM0)$/.test(name));
    assert.equal(files.length, 5);
    for (const file of [...files, 'usb/lp0']) {
      const { mode, gid, uid } = statSync(`/dev/${file}`);
      assert.deepEqual([file, mode & 0o777, uid, gid], [file, 0o660, 0, 977]);
    }
  });

  await check(
    'a port that another program has is busy, `hall doctor` names the program, and it is ready when that ends',
    async () => {
      try {
        const { advice } = await front.is('evaluator-2', 'busy');
        assert.match(advice?.en ?? '', /Another program holds the port/);
        const { code, checks } = await doctor('root');
        assert.equal(code, 1);
        assert.match(
          find(checks, 'holder', 'evaluator-2', 'trouble').sentence.en,
          /^\/dev\/ttyUSB0 is held by node \S*port-holder\.ts \(\d+\)$/,
        );
      } finally {
        await holder.letGo();
      }
      assert.equal((await front.is('evaluator-2', 'ready')).serial, 'FTDI-LAB-2');
    },
  );

  await check(
    '`GET devices/found` names each with ids, serial number and socket, and offers a keyboard only as a keypad',
    async () => {
      const { found, troubles } = (await front.call('technician', 'GET', 'devices/found')) as unknown as {
        found: FoundView[];
        troubles: string[];
      };
      assert.deepEqual(troubles, []);
      const facts = found.flatMap((each) =>
        each.usedBy === null
          ? []
          : [
              [
                each.usedBy,
                `${each.vendorId}:${each.productId} ${each.serialNumber} ${each.location}`,
                each.takenFor
                  .map(({ model }) => model)
                  .slice(0, 3)
                  .join(' '),
              ].join(' | '),
            ],
      );
      assert.deepEqual(facts.sort(), [
        'evaluator-1 | 1209:0001 EHR-LAB-1 undefined | ehr1',
        'evaluator-2 | 0403:6001 0001 pci-0000:00:06.0-usb-0:1 | elp1 elp1-fujian ff68',
        'evaluator-3 | 1a86:55d3 ACM-SOCKET-1 platform-dummy_hcd.1-usb-0:1 | elp1 elp1-fujian ff68',
        'keypad-4 | 1209:0005 PAD-LAB-4 undefined | keypad',
        'printer-1 | 1209:0003 PRN-LAB-1 platform-dummy_hcd.0-usb-0:1 | escpos-80 escpos-80-basic escpos-58',
        'scanner-1 | 1209:0002 SCAN-LAB-1 undefined | scanner-hid',
      ]);
    },
  );

  await check(
    '`hall devices` and `hall doctor` run beside the agent as its user and find no trouble with the devices',
    async () => {
      const devices = await hall('devices', 'hall');
      const { checks } = await doctor('hall');
      assert.equal(devices.code, 0);
      const { configured } = devices.said as DevicesReport;
      assert.deepEqual(
        configured.map(({ device, standing }) => `${device} ${standing}`),
        DEVICES.map((id) => `${id} there`),
      );
      for (const id of DEVICES) {
        for (const name of ['port', 'permission', 'device'] as const) find(checks, name, id, 'good');
      }
      find(checks, 'paper', 'printer-1', 'good');
      assert.deepEqual(
        checks.filter(({ state }) => state === 'trouble'),
        [],
      );
    },
  );
}

async function doctor(user: 'hall' | 'root'): Promise<{ code: number; checks: Check[] }> {
  const { code, said } = await hall('doctor', user);
  return { code, checks: (said as { checks: Check[] }).checks };
}

function find(checks: Check[], name: Check['check'], subject: string, state: Check['state']): Check {
  const found = checks.find((one) => one.check === name && one.subject === subject);
  assert.equal(found?.state, state, `${name} of ${subject}: ${JSON.stringify(found)}`);
  return found!;
}
