/** `/services/{id}/notice`: the one-time notice on paper (一次性告知单), where its visitor stands. */
import { Router } from 'express';
import { z } from 'zod';
import { HallError } from '../contract/problem.ts';
import { localDay } from '../hall/day.ts';
import type { Access } from './access.ts';
import type { AgentParts } from './parts.ts';
import { body } from './problems.ts';
import { FATE_MS } from './tickets.ts';

const wish = z.strictObject({ language: z.enum(['zh', 'en']).default('zh') });

/** What it needs of an agent, hub or satellite. */
export type NoticeParts = Pick<AgentParts, 'printMaterials' | 'clock'> & { timeZone: string };

export function noticeRoutes(parts: NoticeParts, access: Access): Router {
  const router = Router();
  router.post(
    '/services/:id/notice',
    access.allow('kiosk', 'clerk', 'manager'),
    async (request, response) => {
      const { language } = body(wish, request.body);
      const id = String(request.params['id']);
      const today = localDay(parts.clock(), parts.timeZone);
      const printed = parts.printMaterials(id, language, request.caller?.agent ?? null, today);
      if (!printed) throw new HallError('unknown-service', `This hall has no service ${id}.`);
      response.json(await withinTime(printed, FATE_MS));
    },
  );
  return router;
}

/** What became of a sheet; after `ms` it is still printing. */
export async function withinTime<Fate>(
  fate: Promise<Fate>,
  ms: number,
): Promise<Fate | { state: 'printing' }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ state: 'printing' }>((resolve) => {
    timer = setTimeout(() => resolve({ state: 'printing' }), ms);
  });
  return Promise.race([fate, late]).finally(() => clearTimeout(timer));
}
