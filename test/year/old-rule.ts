/**
 * The rule that came before (0.7 to 1.3 times people ahead × mean of the last twenty visits ÷ open windows), computed beside the
 * hall from the same events, so that both are measured on the same waits.
 */
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { HALL } from './hall.ts';

export class OldRule {
  #served = new Map<string, number[]>();
  #open = new Set<number>();
  #promised = new Map<string, { min: number; max: number }>();
  #widthS = 0;
  #widths = 0;
  #count = 0;
  #kept = 0;
  #errorS = 0;
  #ownWidthS = 0;

  take(event: HallEvent): void {
    switch (event.type) {
      case 'hall.window.opened':
      case 'hall.window.resumed':
        this.#open.add(event.data.window);
        return;
      case 'hall.window.closed':
      case 'hall.window.paused':
        this.#open.delete(event.data.window);
        return;
      case 'hall.ticket.finished': {
        const { service, servedS } = event.data;
        this.#served.set(service, [...(this.#served.get(service) ?? []), servedS].slice(-20));
        return;
      }
      case 'hall.day.opened':
        this.#promised.clear();
        return;
      case 'hall.ticket.reserved': {
        const { ticketId, service, ahead, waitMinS, waitMaxS } = event.data;
        const windows = HALL.windows.filter(
          ({ number, services }) => services.includes(service) && this.#open.has(number),
        ).length;
        if (windows === 0 || waitMinS === null || waitMaxS === null) return;
        const served = this.#served.get(service) ?? [];
        const meanS =
          served.length >= 3
            ? served.reduce((sum, each) => sum + each, 0) / served.length
            : (HALL.services.find(({ id }) => id === service)?.minutes ?? 0) * 60;
        const expected = (ahead * meanS) / windows;
        const whole = (seconds: number): number => Math.round(seconds / 60) * 60;
        this.#promised.set(ticketId, { min: whole(expected * 0.7), max: whole(expected * 1.3) });
        this.#widthS += waitMaxS - waitMinS;
        this.#widths++;
        return;
      }
      case 'hall.ticket.called': {
        const { ticketId, call, outOfTurn, waitedS } = event.data;
        const promise = this.#promised.get(ticketId);
        if (!promise || call !== 1 || outOfTurn) return;
        this.#count++;
        if (waitedS >= promise.min && waitedS <= promise.max) this.#kept++;
        this.#errorS += Math.abs(waitedS - Math.round((promise.min + promise.max) / 2));
        this.#ownWidthS += promise.max - promise.min;
        return;
      }
      default:
    }
  }

  /** Mean width of the intervals that the hall itself promised, s. */
  promisedWidthS(): number {
    return Math.round(this.#widthS / Math.max(1, this.#widths));
  }

  figures(): { promises: number; insideShare: number; meanAbsErrorS: number; meanWidthS: number } {
    const count = Math.max(1, this.#count);
    return {
      promises: this.#count,
      insideShare: Math.round((1000 * this.#kept) / count) / 1000,
      meanAbsErrorS: Math.round(this.#errorS / count),
      meanWidthS: Math.round(this.#ownWidthS / count),
    };
  }
}
