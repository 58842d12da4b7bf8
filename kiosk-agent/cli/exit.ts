/** Exit codes of every command (docs/commands.md). */
import { HallError } from '../contract/problem.ts';

export const EXIT = { done: 0, trouble: 1, wrongUse: 2, configuration: 3, portOrPermission: 4 } as const;

/** What an error means for the exit code, and the sentence to print; names what to do where the system's words do not. */
export function explain(error: unknown): { code: number; sentence: string } {
  const system = error as NodeJS.ErrnoException & { address?: string; port?: number };
  // A program of the box has said why it could not start, and with which code.
  const { exitCode } = error as { exitCode?: number };
  if (exitCode) return { code: exitCode, sentence: (error as Error).message };
  const where = system.port === undefined ? (system.path ?? '') : `${system.address ?? ''}:${system.port}`;
  if (system.code === 'EADDRINUSE')
    return {
      code: EXIT.portOrPermission,
      sentence: `Port ${where} is in use. Stop the program that holds it, or choose another port.`,
    };
  if (system.code === 'EACCES' || system.code === 'EPERM')
    return { code: EXIT.portOrPermission, sentence: `No permission for ${where || system.message}.` };
  if (system.code === 'EADDRNOTAVAIL')
    return {
      code: EXIT.portOrPermission,
      sentence: `This computer has no address ${where}; see agent.listen.`,
    };
  if (error instanceof HallError)
    return {
      code: error.code === 'bad-request' ? EXIT.configuration : EXIT.trouble,
      sentence: error.message,
    };
  return { code: EXIT.trouble, sentence: error instanceof Error ? error.message : String(error) };
}
