/** The program that runs in the guest, as root: plugs the hardware in, starts the agent as its own user, and checks. */
import { writeFileSync } from 'node:fs';
import { failedChecks } from './check.ts';
import { checkAccounts } from './checks/accounts.ts';
import { checkRightSpeed, checkWrongSpeed } from './checks/bridges.ts';
import { checkBus, checkKernel, checkSparePrinter } from './checks/bus.ts';
import {
  checkEvaluatorCable,
  checkKeypadCable,
  checkReaderCable,
  checkScannerCables,
  checkServerLink,
} from './checks/cables.ts';
import { checkCommands, checkFound } from './checks/commands.ts';
import { checkBadLine } from './checks/lines.ts';
import { checkNames } from './checks/names.ts';
import { checkSheets, checkStrangerAtItsName } from './checks/paper.ts';
import { checkBusy, checkDenied, checkRules } from './checks/permissions.ts';
import { checkKeypad, checkPaper, checkRatings, checkReading } from './checks/visits.ts';
import { makeTokens, makeUser, startAgent } from './computer.ts';
import { makeHardware } from './hardware.ts';
import { kernelLog } from './programs.ts';
import { Front } from './visit.ts';

const [rules] = process.argv.slice(2);
if (process.env['HALL_LAB'] !== '1' || rules === undefined) {
  console.error('This runs in the virtual machine only: npm run test:lab');
  process.exit(2);
}
makeUser();
const tokens = await makeTokens();
const hardware = await makeHardware();
const { evaluators } = hardware;
await checkBus();
await hardware.attach();
const [agent] = await Promise.all([
  startAgent(tokens),
  checkKernel().then(() => checkSparePrinter(hardware)),
]);
let running = agent;
const front = new Front(agent);
/** One after the other; several of these go on at the same time, each with devices and windows of its own. */
const inTurn = async (...steps: (() => Promise<unknown>)[]): Promise<void> => {
  for (const step of steps) await step();
};
try {
  await checkDenied(front);
  const holder = await checkRules(front, rules);
  await checkFound(front);
  await Promise.all([
    inTurn(
      () => checkBusy(front, holder),
      () => checkEvaluatorCable(front, evaluators['evaluator-5']),
      () => checkNames(front, hardware),
    ),
    inTurn(
      () => checkPaper(front, hardware),
      () =>
        checkRatings(front, hardware, [
          'evaluator-1',
          'evaluator-2',
          'evaluator-3',
          'evaluator-7',
          'evaluator-9',
        ]),
      () => checkKeypad(front, hardware),
      () => checkReading(front, hardware),
      () => checkWrongSpeed(front, hardware),
      () =>
        Promise.all([
          inTurn(
            () => checkEvaluatorCable(front, evaluators['evaluator-3']),
            () => checkBadLine(front, evaluators['evaluator-3']),
          ),
          inTurn(
            () => checkEvaluatorCable(front, evaluators['evaluator-1']),
            () => checkServerLink(front, hardware),
            () => checkEvaluatorCable(front, evaluators['evaluator-2']),
            () => checkEvaluatorCable(front, evaluators['evaluator-7']),
            () => checkEvaluatorCable(front, evaluators['evaluator-9']),
          ),
          inTurn(
            () => checkKeypadCable(front, hardware),
            () => checkScannerCables(front, hardware),
            () => checkReaderCable(front, hardware),
          ),
          checkSheets(front, hardware),
        ]),
    ),
  ]);
  // Nothing else is away meanwhile: the stranger takes a socket that is free.
  await checkStrangerAtItsName(front, hardware);
  running = await checkRightSpeed(front, hardware, { first: agent, start: () => startAgent(tokens) });
  await Promise.all([
    checkCommands(front),
    checkRatings(front, hardware, ['evaluator-5', 'evaluator-6', 'evaluator-8']),
  ]);
  await checkAccounts(front, hardware, running);
} finally {
  if (failedChecks() > 0) {
    // Who waits for what in the kernel, if anybody does (sysrq w).
    writeFileSync('/proc/sysrq-trigger', 'w');
    const kernel = (await kernelLog()).join('\n');
    const said = [...new Set([agent, running])].map((one) => one.said()).join('\n');
    console.log(`The agent's log:\n${said}\nThe kernel's last words:\n${kernel.slice(-12_000)}`);
  }
}
process.exit(failedChecks() > 0 ? 1 : 0);
