/** Link command `appointments`: what the central server has booked, moved and cancelled becomes the hall's own. */
import { appointmentsCommand } from '../contract/appointments.ts';
import type { LinkCommand } from '../contract/link.ts';
import type { Executor } from '../executor.ts';
import type { Command } from '../hall/commands.ts';

/**
 * Answers when all of it is on this disk. What the rules refuse is named by its code, and the rest holds all the same; done
 * again it changes nothing. Rejects when the disk refuses: then the command may come again.
 */
export function takeAppointments(
  executor: Executor,
): (command: LinkCommand) => Promise<{ ok: true } | { refused: string; why: string }> {
  return async ({ data }) => {
    const read = appointmentsCommand.safeParse(data);
    if (!read.success) {
      const issue = read.error.issues[0];
      return { refused: 'bad-command', why: `data.${issue?.path.join('.')}: ${issue?.message}` };
    }
    const commands: (Command & { name: 'appointment.take' | 'appointment.cancel' })[] = [
      ...read.data.appointments.map((appointment) => ({
        name: 'appointment.take' as const,
        appointment,
        idempotencyKey: `central:${appointment.appointment}:${appointment.bookedAt}`,
      })),
      ...read.data.cancelled.map((appointment) => ({
        name: 'appointment.cancel' as const,
        appointment,
        by: 'central' as const,
      })),
    ];
    const refused: { code: string; why: string }[] = [];
    for (const command of commands) {
      const outcome = await executor.execute(command);
      if (outcome.ok) continue;
      const { code, detail } = outcome.refusal;
      // What is not here need not be cancelled: it never came, or its day is over.
      if (command.name === 'appointment.cancel' && code === 'unknown-appointment') continue;
      const of =
        typeof command.appointment === 'string' ? command.appointment : command.appointment.appointment;
      refused.push({ code, why: `${of}: ${detail}` });
    }
    const first = refused[0];
    if (!first) return { ok: true };
    return {
      refused: first.code,
      why: refused
        .map(({ why }) => why)
        .join(' ')
        .slice(0, 1000),
    };
  };
}
