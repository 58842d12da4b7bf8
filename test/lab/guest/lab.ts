/** The program that runs in the guest, as root: plugs the hardware in, starts the agent as its own user, and checks. */
import { spawnSync } from 'node:child_process';
import { failedChecks } from './check.ts';
import { makeUser, startAgent } from './computer.ts';
import { plugIn } from './hardware.ts';
import { checkAccounts } from './checks/accounts.ts';
import { checkCables } from './checks/cables.ts';
import { checkNames } from './checks/names.ts';
import { checkPermissions } from './checks/permissions.ts';
import { checkVisits } from './checks/visits.ts';
import { Front } from './visit.ts';

const [rules] = process.argv.slice(2);
if (process.env['HALL_LAB'] !== '1' || rules === undefined) {
  console.error('This runs in the virtual machine only: npm run test:lab');
  process.exit(2);
}
makeUser();
const hardware = await plugIn();
const agent = await startAgent();
const front = new Front(agent);
try {
  await checkPermissions(front, rules);
  await checkVisits(front, hardware);
  await checkCables(front, hardware);
  await checkNames(front, hardware);
  await checkAccounts(front, hardware, agent);
} finally {
  if (failedChecks() > 0) {
    const kernel = spawnSync('dmesg', { encoding: 'utf8' }).stdout ?? '';
    console.log(`The agent's log:\n${agent.said()}\nThe kernel's last words:\n${kernel.slice(-4000)}`);
  }
}
process.exit(failedChecks() > 0 ? 1 : 0);
