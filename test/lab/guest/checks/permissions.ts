/** Who may open what: nobody without the rules, the agent's user with them, and nobody while another has it. */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { until } from '../../../harness/programs.ts';
import { check, LIMIT_MS } from '../check.ts';
import { holdPort, installRules } from '../computer.ts';
import type { Front } from '../visit.ts';
import { AT_WRONG_SPEED } from './bridges.ts';
import { doctor, findCheck } from './commands.ts';

/** Their ports have names without the rules too. */
const NAMED_BY_DEBIAN = [
  'printer-1',
  'evaluator-1',
  'evaluator-2',
  'evaluator-3',
  'keypad-4',
  'evaluator-5',
  'evaluator-6',
  'evaluator-8',
  'reader-1',
  'scanner-1',
  'scanner-2',
];
const NAMED_BY_THE_RULES = ['evaluator-7', 'evaluator-9'];
/** Which another program has open when the rules come. */
const HELD = 'evaluator-5';

export async function checkDenied(front: Front): Promise<void> {
  await check(
    'without the udev rules the agent’s user may open no device, and is told what to do',
    async () => {
      for (const id of NAMED_BY_DEBIAN) {
        const { advice, detail } = await front.is(id, 'denied');
        assert.match(advice?.en ?? '', /install the udev rules of `hall service`/);
        assert.match(detail ?? '', /\/dev\/(hidraw\d|ttyUSB0|serial\/by-(id|path)\/\S+|usb\/lp0)/, id);
      }
      for (const id of NAMED_BY_THE_RULES) await front.is(id, 'missing');
    },
  );

  await check('`hall doctor` says of each device who may not open which file', async () => {
    const { code, checks } = await doctor('hall');
    assert.equal(code, 1);
    for (const id of NAMED_BY_DEBIAN)
      assert.match(
        findCheck(checks, 'permission', id, 'trouble').sentence.en,
        /^the user hall may not use \/dev\/\S+ \(group (root|dialout|lp), mode 06[06]0\)$/,
        id,
      );
  });
}

/** Answers what ends the program that holds a port. */
export async function checkRules(front: Front, rules: string): Promise<{ letGo(): Promise<void> }> {
  const serials = async (): Promise<Record<string, string | undefined>> =>
    Object.fromEntries((await front.devices()).map(({ id, serial }) => [id, serial]));
  const holder = await holdPort('/dev/ttyUSB0');
  await check('with the rules every device becomes ready without a restart', async () => {
    await installRules(rules);
    for (const id of [...NAMED_BY_DEBIAN, ...NAMED_BY_THE_RULES])
      await front.is(
        id,
        id === HELD ? 'busy' : AT_WRONG_SPEED.some((other) => other === id) ? 'wrong-settings' : 'ready',
      );
    // A printer is asked for its number when it is ready.
    await until('the printer to say who it is', async () => (await serials())['printer-1'], LIMIT_MS);
    assert.deepEqual(await serials(), {
      'printer-1': 'PRN-LAB-1',
      'evaluator-1': 'EHR-LAB-1',
      'evaluator-2': 'EHR-LAB-2',
      'evaluator-3': 'ACM-LAB-3',
      // A keypad, a scanner say nothing of themselves but to the kernel.
      'keypad-4': undefined,
      'evaluator-5': undefined,
      'evaluator-6': undefined,
      'evaluator-7': 'CP2102-LAB-7',
      'evaluator-8': undefined,
      'evaluator-9': 'FT232R-LAB-9',
      'reader-1': '05.03-20260101-0000000001-0000000002',
      'scanner-1': undefined,
      'scanner-2': undefined,
    });
  });

  await check('the rules let in the group hall and nobody else', async () => {
    const files = readdirSync('/dev').filter((name) => /^(hidraw\d+|ttyUSB\d|ttyACM\d)$/.test(name));
    // Four HID devices; six adapters and QEMU's; the two that are of class CDC-ACM.
    assert.equal(files.length, 4 + 6 + 2);
    for (const file of [...files, 'usb/lp0']) {
      const { mode, gid, uid } = statSync(`/dev/${file}`);
      assert.deepEqual([file, mode & 0o777, uid, gid], [file, 0o660, 0, 977]);
    }
  });
  return holder;
}

export async function checkBusy(front: Front, holder: { letGo(): Promise<void> }): Promise<void> {
  await check(
    'a port that another program has is busy, `hall doctor` names the program, and it is ready when that ends',
    async () => {
      try {
        const { advice } = await front.is(HELD, 'busy');
        assert.match(advice?.en ?? '', /Another program holds the port/);
        const { code, checks } = await doctor('root');
        assert.equal(code, 1);
        assert.match(
          findCheck(checks, 'holder', HELD, 'trouble').sentence.en,
          /^\/dev\/ttyUSB0 is held by node \S*port-holder\.ts \(\d+\)$/,
        );
      } finally {
        await holder.letGo();
      }
      assert.equal((await front.is(HELD, 'ready')).serial, 'QEMU-LAB-5');
    },
  );
}
