/** Which agents the other servers have, as they have told; and who is there, seen over all servers. */
import type { Presence } from '../link/intake.ts';

/** One agent at one server, as servers tell each other. */
export type ConnectionRow = { agentId: string; connected: boolean; since: string; end?: Presence['end'] };

export class Elsewhere {
  /** agent → server → how it stands there */
  readonly #agents = new Map<string, Map<string, Presence>>();

  set(server: string, { agentId, ...presence }: ConnectionRow): void {
    const servers = this.#agents.get(agentId) ?? new Map<string, Presence>();
    this.#agents.set(agentId, servers.set(server, presence));
  }

  /** Who was connected to this server is away since then; the agents whom that concerns. */
  gone(server: string, since: string): string[] {
    const gone: string[] = [];
    for (const [agentId, servers] of this.#agents) {
      if (!servers.get(server)?.connected) continue;
      servers.set(server, { connected: false, since });
      gone.push(agentId);
    }
    return gone;
  }

  clear(): void {
    this.#agents.clear();
  }

  at(agentId: string): Presence[] {
    return [...(this.#agents.get(agentId)?.values() ?? [])];
  }
}

/** Connected when it is anywhere; of several the latest, so that every server names the same. */
export function latest(all: Presence[]): Presence | undefined {
  const rank = (one: Presence) => `${one.connected ? 1 : 0}${one.since}`;
  return all.reduce<Presence | undefined>(
    (best, one) => (best === undefined || rank(one) > rank(best) ? one : best),
    undefined,
  );
}
