/** What the hub may ask of this satellite's devices: each command checked, for a device that is here and of the right kind. */
import type { z } from 'zod';
import { satelliteCommands, type SatelliteCommandName } from '../contract/link.ts';
import { VOICES, type CommandResult, type Device } from '../device/driver/interfaces.ts';
import type { Devices } from '../device/manager.ts';
import type { CommandHandler } from '../link/commands.ts';
import type { Evaluations } from './evaluations.ts';
import type { Hub } from './hub.ts';
import type { Sheets } from './sheets.ts';

type Answer = Awaited<ReturnType<CommandHandler>>;
type DataOf<N extends SatelliteCommandName> = z.infer<(typeof satelliteCommands)[N]>;
type OfKind<K extends Device['kind']> = Extract<Device, { kind: K }>;

/** The handlers by name, for the link. A refusal of a device is told in the device's own word (`away`, `busy`, `arg` …). */
export function commandHandlers(
  devices: Devices,
  evaluations: Evaluations,
  sheets: Sheets,
  hub: Hub,
): Record<SatelliteCommandName, CommandHandler> {
  const onDevice =
    <N extends Exclude<SatelliteCommandName, 'blocks'>, K extends Device['kind']>(
      name: N,
      kind: K,
      work: (device: OfKind<K>, data: DataOf<N>, deadline: Date) => Promise<Answer> | Answer,
    ): CommandHandler =>
    async (command) => {
      const read = satelliteCommands[name].safeParse(command.data);
      if (!read.success) return malformed(read.error);
      const data = read.data as DataOf<N>;
      const device = devices.unit(data.device)?.device;
      if (device?.kind !== kind)
        return { refused: 'unknown-device', why: `there is no ${kind} ${data.device} at this satellite` };
      return work(device as OfKind<K>, data, new Date(command.deadline));
    };

  return {
    'evaluator.open': onDevice('evaluator.open', 'evaluator', async (_evaluator, data) =>
      told(await evaluations.open(data)),
    ),
    'evaluator.shut': onDevice('evaluator.shut', 'evaluator', async (_evaluator, data) =>
      told(await evaluations.shut(data.device, data.session)),
    ),
    'evaluator.say': onDevice('evaluator.say', 'evaluator', async (evaluator, data) => {
      const voice = VOICES.find((each) => each === data.voice);
      return voice ? told(await evaluator.say(voice)) : { refused: 'arg', why: `no voice ${data.voice}` };
    }),
    'evaluator.show': onDevice('evaluator.show', 'evaluator', async (evaluator, { line, text }) =>
      told(await evaluator.show(line, text)),
    ),
    print: onDevice('print', 'printer', (printer, data, deadline) => sheets.print(printer, data, deadline)),
    'sign.show': onDevice('sign.show', 'sign', (sign, { priority, text }) => {
      sign.show(priority, text && { priority, ...text });
      return { ok: true };
    }),
    'pad.display': onDevice('pad.display', 'pad', async (pad, { waiting, ticket }) =>
      told(await pad.display(waiting, ticket)),
    ),
    'pad.beep': onDevice('pad.beep', 'pad', async (pad) => told(await pad.beep())),
    blocks: async (command) => {
      const read = satelliteCommands.blocks.safeParse(command.data);
      if (!read.success) return malformed(read.error);
      await hub.keepBlocks(read.data.blocks);
      return { ok: true };
    },
  };
}

function malformed(error: z.ZodError): Answer {
  const issue = error.issues[0];
  return { refused: 'bad-command', why: `${issue?.path.join('.')}: ${issue?.message}` };
}

function told(result: CommandResult): Answer {
  return result.ok ? { ok: true } : { refused: result.why };
}
