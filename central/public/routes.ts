/**
 * `/api/v1/public`: how many wait in which hall, for anybody: a city's web site, a map, a WeChat mini-program. Numbers alone.
 * Answers are made once in a while for all who ask, and may be kept by every cache on the way.
 */
import { createHash } from 'node:crypto';
import express, { type Response, type Router } from 'express';
import { z } from 'zod';
import type { EventData } from '../../kiosk-agent/contract/events.ts';
import type { Names, PublicHall } from '../../kiosk-agent/contract/far-end.ts';
import { HallError } from '../../kiosk-agent/contract/problem.ts';
import type { HallBoard } from '../board.ts';
import type { Database } from '../database.ts';
import { saidOf } from '../down/said.ts';
import { read } from '../reading.ts';
import { regionCode, sharedDigits } from '../regions.ts';
import type { PublicSettings } from './settings.ts';

/** Nobody needs it newer: halls tell every three minutes at the most. */
export const KEPT_S = 15;
export const publicQuery = z.strictObject({ region: regionCode.optional() });

type Parts = {
  database: Database;
  board: HallBoard;
  names: Names;
  clock: () => Date;
  settings: PublicSettings;
};

export function publicRoutes({ database, board, names, clock, settings }: Parts): Router {
  const router = express.Router();
  let kept: { at: number; halls: Promise<PublicHall[]> } | null = null;

  const halls = async (): Promise<PublicHall[]> => {
    const now = clock().getTime();
    if (!kept || now - kept.at >= KEPT_S * 1000 || now < kept.at) {
      const made = hallsNow();
      kept = { at: now, halls: made };
      // What failed is not kept.
      made.catch(() => (kept = null));
    }
    return kept.halls;
  };

  async function hallsNow(): Promise<PublicHall[]> {
    const [rows, said] = await Promise.all([board.rows(), saidOf(database.query, 'waits')]);
    const told = new Map(said.map((each) => [`${each.agentId} ${each.hall}`, each]));
    const now = clock().getTime();
    return rows
      .flatMap(({ agentId, hall, region, name, state, current }): PublicHall[] => {
        if (hall === null) return [];
        const word = told.get(`${agentId} ${hall}`);
        const waits = word?.data as EventData<'hall.waits.told'> | undefined;
        const services = (current ? (waits?.services ?? []) : []).map((each) => ({
          ...{ service: each.service, name: names.services[each.service] ?? null },
          ...{ waiting: each.waiting, windowsOpen: each.windowsOpen },
          wait:
            each.waitMinS === null || each.waitMaxS === null
              ? null
              : {
                  fromMinutes: Math.floor(each.waitMinS / 60),
                  toMinutes: Math.ceil(each.waitMaxS / 60),
                },
        }));
        return [
          {
            ...{
              hall,
              name,
              region,
              open: current && (waits?.open ?? false),
              connected: state === 'connected',
            },
            windowsOpen: current ? (waits?.windowsOpen ?? 0) : 0,
            waiting: services.reduce((sum, { waiting }) => sum + waiting, 0),
            services,
            asOf: word?.at.toISOString() ?? null,
            ageS: word ? Math.max(0, Math.round((now - word.at.getTime()) / 1000)) : null,
          },
        ];
      })
      .sort((a, b) => (a.hall < b.hall ? -1 : 1));
  }

  router.use((request, response, next) => {
    if (!settings.enabled) throw new HallError('not-found', 'Public display of waits is switched off here.');
    const { origin } = request.headers;
    const all = settings.origins.includes('*');
    if (all) response.set('access-control-allow-origin', '*');
    else {
      response.vary('origin');
      if (origin !== undefined && settings.origins.includes(origin))
        response.set('access-control-allow-origin', origin);
    }
    response.set('cross-origin-resource-policy', 'cross-origin');
    next();
  });
  router.get('/halls', async (request, response) => {
    const { region } = read(publicQuery, request.query);
    const shared = region === undefined ? '' : sharedDigits(region);
    const found = (await halls()).filter((each) => each.region.startsWith(shared));
    send(response, { halls: found }, found);
  });
  router.get('/halls/:hall', async (request, response) => {
    const found = (await halls()).find(({ hall }) => hall === request.params['hall']);
    if (!found) throw new HallError('not-found', 'There is no such hall here.');
    send(response, found, [found]);
  });
  return router;
}

/** The tag tells the figures apart and not how old they are: whoever has them knows since when (`asOf`). */
function send(response: Response, answer: object, halls: PublicHall[]): void {
  const figures = JSON.stringify(halls.map(({ ageS: _age, ...each }) => each));
  response
    .set('cache-control', `public, max-age=${KEPT_S}`)
    .set('etag', `W/"${createHash('sha256').update(figures).digest('base64url').slice(0, 27)}"`)
    .json(answer);
}
