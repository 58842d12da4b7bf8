/** `/ratings`: bad ratings and their handling for the supervisor, the own sums for a member of staff. */
import { Router, type Request } from 'express';
import { z } from 'zod';
import { ratingLevel } from '../contract/events.ts';
import { FOLLOW_UP_OUTCOMES, FOLLOW_UP_STEPS } from '../contract/follow-up.ts';
import { HallError } from '../contract/problem.ts';
import { freeText, staff } from '../contract/words.ts';
import { localTime } from '../hall/day.ts';
import type { FollowUpCommand } from '../hall/follow-up/commands.ts';
import { reasonState } from '../hall/follow-up/decide.ts';
import { ownTotals } from '../hall/follow-up/own-totals.ts';
import { standing } from '../hall/follow-up/standing.ts';
import { appealUntil, possibleSteps } from '../hall/follow-up/steps.ts';
import type { FollowUp } from '../hall/follow-up/state.ts';
import { maskPersonal } from '../hall/opinions/mask.ts';
import { playbackLink } from '../video.ts';
import type { Access } from './access.ts';
import { actingStaff } from './acting-staff.ts';
import type { AgentParts } from './parts.ts';
import { body, refused } from './problems.ts';

/** What somebody wrote, without numbers of persons. */
export const maskedText = freeText.transform(maskPersonal);
export const reasonOptions = z.array(z.string().min(1).max(32)).max(10).default([]);

const stepWish = z.strictObject({
  step: z.enum(FOLLOW_UP_STEPS).exclude(['opened']),
  outcome: z.enum(['upheld', 'refused', ...FOLLOW_UP_OUTCOMES]).optional(),
  level: ratingLevel.optional(),
  text: maskedText.optional(),
  staff: staff.optional(),
});
const reasonWish = z.strictObject({ options: reasonOptions, text: maskedText.optional() });

export function ratingRoutes(parts: AgentParts, access: Access): Router {
  const router = Router();
  const manager = access.allow('manager');

  router.get('/bad', manager, (_request, response) => {
    const { bad, leftOpen } = parts.state.followUps;
    const ratings = Object.values(bad)
      .map((each) => badView(parts, each))
      .sort((a, b) => Date.parse(b.givenAt) - Date.parse(a.givenAt));
    response.json({ ratings, leftOpen, options: parts.config.rules.followUp.options });
  });

  router.get('/mine', access.allow('clerk', 'manager'), (request, response) => {
    const own = request.caller?.staff ?? null;
    if (own === null) throw new HallError('not-allowed', 'Sign in with your own staff number.');
    response.json(ownTotals(parts.state, own));
  });

  router.post('/:session/follow-up', manager, async (request, response) => {
    const session = sessionOf(request);
    const { staff: given, step, outcome, level, text } = body(stepWish, request.body);
    const command: FollowUpCommand = {
      name: 'follow-up.step',
      session,
      step,
      staff: actingStaff(request, given),
      ...(outcome ? { outcome } : {}),
      ...(level === undefined ? {} : { level }),
      ...(text ? { text } : {}),
    };
    await run(parts, command);
    response.json(oneBad(parts, session));
  });

  /** The visitor told it on the telephone. */
  router.post('/:session/reason', manager, async (request, response) => {
    const session = sessionOf(request);
    const { options, text } = body(reasonWish, request.body);
    await run(parts, {
      name: 'rating.give-reason',
      session,
      options,
      by: 'callback',
      ...(text ? { text } : {}),
    });
    response.json(oneBad(parts, session));
  });

  router.get('/:session/playback', manager, (request, response) => {
    const { video, hall } = parts.config;
    const session = sessionOf(request);
    const scene = sceneOf(parts, session);
    if (!scene) throw new HallError('not-found', 'The hall has no such rating, or no longer.', { session });
    const link = video
      ? playbackLink(video.template, {
          hall: hall.id,
          window: scene.window,
          camera: video.cameras[String(scene.window)],
          at: new Date(scene.at),
          beforeS: video.beforeS,
          afterS: video.afterS,
        })
      : null;
    if (!link)
      throw new HallError(
        'not-found',
        video
          ? `No camera is configured for window ${scene.window} (video.cameras).`
          : 'No video recorder is configured (video in the configuration).',
      );
    response.json({ playback: link.href, window: scene.window, at: scene.at });
  });
  return router;
}

/** Executes a command whose refusal becomes the answer. */
export async function run(parts: AgentParts, command: FollowUpCommand): Promise<void> {
  const outcome = await parts.executor.execute(command);
  if (!outcome.ok) throw refused(outcome.refusal);
}

export function sessionOf(request: Request): number {
  return body(z.object({ session: z.coerce.number().int().min(1).max(4_294_967_295) }), request.params)
    .session;
}

/** The hall's own time now. */
export function timeOf({ clock, rules }: AgentParts): string {
  return localTime(clock(), rules.timeZone);
}

function oneBad(parts: AgentParts, session: number): object {
  const followUp = parts.state.followUps.bad[session];
  if (!followUp) throw new HallError('not-found', 'The hall has no such bad rating, or no longer.');
  return badView(parts, followUp);
}

function badView(parts: AgentParts, followUp: FollowUp) {
  const { rules } = parts;
  const time = timeOf(parts);
  const today = time.slice(0, 10);
  const link = parts.state.followUps.reasons[followUp.session];
  const { keepUntil: _keepUntil, ticketId: _ticketId, ...shown } = followUp;
  return {
    ...shown,
    ...standing(followUp, today, rules.calendar),
    may: possibleSteps(followUp, today, rules),
    appealUntil: appealUntil(followUp, rules),
    // Nobody invents a reason: it is given, may still come, or there is none.
    reasonState: followUp.reason ? 'given' : link && reasonState(link, time) === 'open' ? 'pending' : 'none',
  };
}

/** Where and when a rated or called-back visit was evaluated. */
function sceneOf({ state }: AgentParts, session: number): { window: number; at: string } | null {
  const { bad, reasons, callBacks } = state.followUps;
  const rated = bad[session] ?? reasons[session];
  // The picture is of the visit: a press that came hours later says nothing about when it was.
  const asked = state.sessions[session];
  if (asked) return { window: asked.window, at: asked.promptedAt };
  if (callBacks[session]) return { window: callBacks[session].window, at: callBacks[session].at };
  return rated ? { window: rated.window, at: rated.givenAt } : null;
}
