/** Debian's own USB/IP client, the program usbip: a second opinion on what our server says and does. */
import { run } from './programs.ts';

export type Exportable = { busId: string; ids: string; triple: string; interfaces: string[] };

/** `usbip list -r`: what the server exports and nobody has attached. */
export async function listExportable(host: string): Promise<Exportable[]> {
  const found: Exportable[] = [];
  for (const line of (await run('usbip', 'list', '-r', host)).split('\n')) {
    const device = /^\s+(\d+-\d+): .*\(([0-9a-f]{4}:[0-9a-f]{4})\)$/.exec(line);
    const triple = /\(([0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{2})\)$/.exec(line)?.[1];
    if (device) found.push({ busId: device[1]!, ids: device[2]!, triple: '', interfaces: [] });
    else if (triple !== undefined && /:\s+\d+ - /.test(line)) found.at(-1)?.interfaces.push(triple);
    else if (triple !== undefined && found.at(-1)) found.at(-1)!.triple = triple;
  }
  return found;
}

/** `usbip attach`. */
export async function attachByTool(host: string, busId: string): Promise<void> {
  await run('usbip', 'attach', '-r', host, '-b', busId);
}

/** The port at which `usbip port` says that it has attached this device; null when it says none. */
export async function portOf(busId: string): Promise<number | null> {
  let port: number | null = null;
  for (const line of (await run('usbip', 'port')).split('\n')) {
    port = Number(/^Port (\d+):/.exec(line)?.[1] ?? port);
    if (line.includes(`usbip://`) && line.trimEnd().endsWith(`/${busId}`)) return port;
  }
  return null;
}

export async function detachByTool(port: number): Promise<void> {
  await run('usbip', 'detach', '-p', String(port));
}
