/** `/services/{id}/offer`: what the kiosk says before it prints: whether it will still be today, and otherwise an appointment. */
import { Router } from 'express';
import type { OfferView } from '../contract/live.ts';
import { HallError } from '../contract/problem.ts';
import { slots } from '../hall/appointments/slots.ts';
import { addDays } from '../hall/calendar.ts';
import { localTime } from '../hall/day.ts';
import { forecastOf } from '../hall/forecast.ts';
import type { AgentParts } from './parts.ts';

const SLOTS_OFFERED = 3;

export function offerRoutes(parts: AgentParts): Router {
  const router = Router();
  router.get('/services/:id/offer', (request, response) => {
    const { id } = request.params;
    const { state, rules } = parts;
    const service = rules.services.find((each) => each.id === id);
    if (!service) throw new HallError('unknown-service', `This hall has no service ${id}.`);
    const time = localTime(parts.clock(), rules.timeZone);
    const { waiting, wait, servedToday, expectedEnd } = forecastOf(state, rules, service.id, time);
    const free = servedToday === 'yes' ? [] : freeSlots(parts, service.id, time);
    const answer: OfferView = {
      service: service.id,
      waiting,
      waitMinS: wait?.minS ?? null,
      waitMaxS: wait?.maxS ?? null,
      servedToday,
      expectedEnd,
      offer: free.length === 0 ? null : { service: service.id, slots: free },
    };
    response.json(answer);
  });
  return router;
}

/** The first free slots within the days that can be booked. Today's are left out when today is what is doubtful. */
function freeSlots(
  { state, rules }: AgentParts,
  service: string,
  time: string,
): { day: string; from: string; to: string }[] {
  const today = time.slice(0, 10);
  const found: { day: string; from: string; to: string }[] = [];
  for (let ahead = 1; ahead <= rules.appointments.daysAhead && found.length < SLOTS_OFFERED; ahead++) {
    const day = addDays(today, ahead);
    for (const { from, to, free } of slots(state, rules, service, day, time))
      if (free > 0 && found.length < SLOTS_OFFERED) found.push({ day, from, to });
  }
  return found;
}
