/** The commands of a technician, run beside the agent in the guest. */
import assert from 'node:assert/strict';
import type { DevicesReport } from '../../../../kiosk-agent/cli/devices-report.ts';
import type { Check } from '../../../../kiosk-agent/cli/doctor/check.ts';
import { check } from '../check.ts';
import { hall } from '../computer.ts';
import type { Front } from '../visit.ts';

export async function doctor(user: 'hall' | 'root'): Promise<{ code: number; checks: Check[] }> {
  const { code, said } = await hall('doctor', user);
  return { code, checks: (said as { checks: Check[] }).checks };
}

/** The one of this name, which must be in this state. */
export function findCheck(
  checks: Check[],
  name: Check['check'],
  subject: string,
  state: Check['state'],
): Check {
  const found = checks.find((one) => one.check === name && one.subject === subject);
  assert.equal(found?.state, state, `${name} of ${subject}: ${JSON.stringify(found)}`);
  return found!;
}

export async function checkFound(front: Front): Promise<void> {
  await check(
    '`GET devices/found` names each with ids, serial number and socket, each adapter by its chip, and offers a keyboard only as a keypad',
    async () => {
      const { found, troubles } = await front.found();
      assert.deepEqual(troubles, []);
      const facts = found.flatMap((each) =>
        each.usedBy === null
          ? []
          : [
              [
                each.usedBy,
                each.describe,
                each.takenFor
                  .map(({ model }) => model)
                  .slice(0, 2)
                  .join(' '),
              ].join(' | '),
            ],
      );
      const socket = (number: number): string => `at platform-vhci_hcd.0-usb-0:${number}`;
      assert.deepEqual(facts.sort(), [
        `evaluator-1 | HALL-EV5-USB 1209:0001 EHR-LAB-1 ${socket(2)} | ehr1`,
        // UHID has no socket.
        'evaluator-2 | HALL-EV5-USB 1209:0001 EHR-LAB-2 | ehr1',
        `evaluator-3 | CH343 1a86:55d3 ACM-SOCKET-3 ${socket(3)} | elp1 elp1-fujian`,
        'evaluator-5 | FTDI FT232 0403:6001 0001 at pci-0000:00:06.0-usb-0:1 | elp1 elp1-fujian',
        `evaluator-6 | CH340 1a86:7523 ${socket(8)} | elp1 elp1-fujian`,
        `evaluator-7 | CP210x 10c4:ea60 0001 ${socket(9)} | elp1 elp1-fujian`,
        `evaluator-8 | PL2303 067b:2303 ${socket(10)} | elp1 elp1-fujian`,
        `evaluator-9 | FTDI FT232 0403:6001 A50285BI ${socket(11)} | elp1 elp1-fujian`,
        `keypad-4 | HALL-KEYPAD 1209:0007 PAD-LAB-4 ${socket(4)} | keypad`,
        `printer-1 | HALL-PRINTER 1209:0006 PRN-LAB-1 ${socket(1)} | escpos-80 escpos-80-basic`,
        `reader-1 | CH9102 1a86:55d4 READER-1 ${socket(5)} | elp1 elp1-fujian`,
        `scanner-1 | HALL-SCAN-USB 1209:0002 SCAN-LAB-1 ${socket(6)} | scanner-hid`,
        `scanner-2 | CP210x 10c4:ea60 SCAN-LAB-2 ${socket(7)} | elp1 elp1-fujian`,
      ]);
    },
  );
}

/** Every device is ready. */
export async function checkCommands(front: Front): Promise<void> {
  await check(
    '`hall devices` and `hall doctor` run beside the agent as its user and find no trouble with the devices',
    async () => {
      const ids = (await front.devices()).map(({ id }) => id);
      const [devices, { checks }] = await Promise.all([hall('devices', 'hall'), doctor('hall')]);
      assert.equal(devices.code, 0);
      const { configured } = devices.said as DevicesReport;
      assert.deepEqual(
        configured.map(({ device, standing }) => `${device} ${standing}`),
        ids.map((id) => `${id} there`),
      );
      for (const id of ids)
        for (const name of ['port', 'permission', 'device'] as const) findCheck(checks, name, id, 'good');
      findCheck(checks, 'paper', 'printer-1', 'good');
      assert.deepEqual(
        checks.filter(({ state }) => state === 'trouble'),
        [],
      );
    },
  );
}
