/** Programs of the guest that are not Node. */
import { execFile } from 'node:child_process';

/** Runs a program to its end; answers what it has said. Throws what it complained of when it fails. */
export function run(program: string, ...given: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, given, (error, out, complaint) =>
      error
        ? reject(new Error(`${program} ${given.join(' ')}: ${complaint || error.message}`))
        : resolve(out),
    );
  });
}

/** The kernel's log so far, a line each, without its times. */
export async function kernelLog(): Promise<string[]> {
  return (await run('dmesg')).split('\n').map((line) => line.replace(/^\[[^\]]*\] /, ''));
}
