/** Photos of staff for the windows' screens: a folder with NUMBER.jpg or NUMBER.png; who has no file has no photo. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Router } from 'express';
import { HallError } from '../contract/problem.ts';
import type { Clock } from '../executor.ts';

const FILE = /^([0-9A-Za-z-]{1,16})\.(jpg|jpeg|png)$/;
/** A photo that is laid into the folder is seen after so long, ms. */
const LOOK_AGAIN_MS = 30_000;

export class StaffPhotos {
  readonly #folder: string | undefined;
  readonly #clock: Clock;
  #files = new Map<string, string>();
  #lookedAt = -Infinity;

  /** `folder`: undefined where the hall shows no photos; a folder that cannot be read holds none. */
  constructor(folder: string | undefined, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** The file of a staff number, or undefined. */
  fileOf(staff: string): string | undefined {
    if (this.#folder === undefined) return undefined;
    const now = this.#clock().getTime();
    if (Math.abs(now - this.#lookedAt) > LOOK_AGAIN_MS) {
      this.#lookedAt = now;
      this.#files = filesIn(this.#folder);
    }
    return this.#files.get(staff);
  }

  /** Where a screen finds the photo; undefined for none. */
  addressOf(staff: string | null): string | undefined {
    return staff !== null && this.fileOf(staff) ? `/api/v1/staff/${staff}/photo` : undefined;
  }
}

function filesIn(folder: string): Map<string, string> {
  try {
    return new Map(
      readdirSync(folder).flatMap((name) => {
        const staff = FILE.exec(name)?.[1];
        return staff === undefined ? [] : [[staff, join(folder, name)] as const];
      }),
    );
  } catch {
    return new Map();
  }
}

/** `GET /staff/{number}/photo`: what hangs over the window anyway, so for everybody. */
export function staffPhotoRoutes(photos: StaffPhotos): Router {
  const router = Router();
  router.get('/:staff/photo', (request, response) => {
    const file = photos.fileOf(request.params.staff);
    if (!file) throw new HallError('not-found', 'There is no photo of this staff number.');
    response.set('cache-control', 'no-cache').sendFile(file, { dotfiles: 'allow' });
  });
  return router;
}
