/** What every story of a day is given: how to ask the hall, how to plan, and what goes on from day to day. */
import type { HallEvent, RatingLevel } from '../../kiosk-agent/contract/events.ts';
import type { Command } from '../../kiosk-agent/hall/commands.ts';
import type { Chance } from './chance.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** Asks at `at` (ms); the events that were decided, none for a repeat, null when it was refused. */
export type Ask = (command: Command, at: number) => HallEvent[] | null;

/** What goes on from day to day: numbers that are made once, and appointments that were given. */
export type Going = {
  made: number;
  session: number;
  boots: Map<number, { boot: number; presses: number }>;
  booked: { appointment: string; day: string; at: number; person: number }[];
  bad: { session: number; level: RatingLevel }[];
  opinions: string[];
};

export type Today = {
  ask: Ask;
  /** takes notice of what has happened at `at` */
  hear: (events: HallEvent[] | null, at?: number) => HallEvent[] | null;
  plan: (at: number, run: (at: number) => void) => void;
  chance: Chance;
  going: Going;
  /** opening time, ms */
  opens: number;
  /** a fresh id */
  id: (kind: string) => string;
  /** a service, as often as people come for it */
  service: () => string;
};
