/** `/system` and `/log`: the computer and the program on it, as a technician asks for them. */
import { statfs } from 'node:fs/promises';
import { Router } from 'express';
import { z } from 'zod';
import type { LogAnswer, SystemView } from '../contract/machine.ts';
import type { Access } from './access.ts';
import type { AgentParts } from './parts.ts';
import { body } from './problems.ts';

const wish = z.object({ after: z.coerce.number().int().min(0).default(0) });

type SystemParts = Pick<AgentParts, 'config' | 'journal' | 'clock' | 'version' | 'recentLog'> &
  Partial<Pick<AgentParts, 'office'>>;

/** `screens`: how many are connected. */
export function systemRoutes(parts: SystemParts, access: Access, screens: () => number): Router {
  const router = Router();
  const startedAt = parts.clock();

  router.get('/system', access.allow('technician', 'manager'), async (_request, response) => {
    const { config, journal, clock, version } = parts;
    const { epoch, lastSeq, bytes } = await journal.stat();
    const office = parts.office?.();
    const view: SystemView = {
      agentId: config.agent.id,
      role: config.agent.role,
      version,
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      startedAt: startedAt.toISOString(),
      uptimeS: Math.max(0, Math.round((clock().getTime() - startedAt.getTime()) / 1000)),
      disk: await diskOf(journal.folder),
      journal: { epoch, lastSeq, bytes },
      memoryBytes: process.memoryUsage.rss(),
      screens: screens(),
      ...(office ? { office } : {}),
    };
    response.set('cache-control', 'no-store').json(view);
  });
  router.get('/log', access.allow('technician'), (request, response) => {
    const { after } = body(wish, request.query);
    const answer: LogAnswer = { run: startedAt.toISOString(), lines: parts.recentLog?.after(after) ?? [] };
    response.set('cache-control', 'no-store').json(answer);
  });
  return router;
}

async function diskOf(folder: string): Promise<SystemView['disk']> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return null;
  }
}
