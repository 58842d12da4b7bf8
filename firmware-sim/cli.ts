import { Command } from 'commander';
import { addKioskDevices } from './cli/kiosk-devices.ts';
import { exit, fail } from './cli/one-device.ts';
import { addPanel } from './cli/panel.ts';
import { addPlatform } from './cli/platform.ts';
import { addReplay } from './cli/replay.ts';
import { addRun } from './cli/run.ts';
import { addUsbAttach } from './cli/usb-attach.ts';
import { addWindowDevices } from './cli/window-devices.ts';

const program = new Command('hall-sim')
  .description('Simulated devices of a public service hall, on real ports.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exit.wrongUse));
addWindowDevices(program);
addKioskDevices(program);
addPanel(program);
addRun(program);
addReplay(program);
addUsbAttach(program);
addPlatform(program);

program.parseAsync().catch(fail);
