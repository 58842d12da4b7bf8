/** Alerts for the page and for programs: what is open, what was sent, and that somebody has seen to it. */
import express, { type Router } from 'express';
import { HallError } from '../../kiosk-agent/contract/problem.ts';
import type { Database } from '../database.ts';
import { read } from '../reading.ts';
import type { AlertSettings } from './settings.ts';
import { alertList, alertsQuery, deliveriesQuery, deliveryList, markSeen } from './store.ts';

/** Builds what stands under `/alerts`; whoever mounts it has checked who may look. */
export function alertRoutes(database: Database, settings: AlertSettings, clock: () => Date): Router {
  const routes = express.Router();
  const { timeZone } = settings;
  routes.get('/', async (request, response) => {
    const channels = Object.keys(settings.channels);
    response.json(await alertList(database, read(alertsQuery, request.query), channels, timeZone));
  });
  routes.get('/deliveries', async (request, response) => {
    const query = read(deliveriesQuery, request.query);
    response.json({ deliveries: await deliveryList(database, query, timeZone, clock()) });
  });
  routes.post('/:id/seen', async (request, response) => {
    if (!(await markSeen(database, request.params.id, clock())))
      throw new HallError('not-found', 'there is no such alert');
    response.status(204).end();
  });
  return routes;
}
