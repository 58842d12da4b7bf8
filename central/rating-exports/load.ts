/** The exports as they are configured, with their profiles and secrets; read once, when the server starts. */
import { createHash } from 'node:crypto';
import { BadConfiguration, secretOf } from '../secrets.ts';
import { sharedDigits } from '../regions.ts';
import { secretsIn } from './encode.ts';
import { faultsOf } from './findings.ts';
import type { Profile } from './profile.ts';
import { faultLine, readProfile } from './read-profile.ts';
import type { ExportSettings } from './settings.ts';

export type RatingExport = {
  id: string;
  settings: ExportSettings;
  profile: Profile;
  /** of all of the profile: what could not be sent with another one is tried with this one */
  profileHash: string;
  secrets: Record<string, string>;
  /** `3710%`: SQL patterns of the regions */
  regions: string[];
};

/** Reads profiles (files from `folder`) and secrets. Throws BadConfiguration with a line for everything that is wrong. */
export function loadExports(
  section: ExportSettings[],
  folder: string,
  environment: NodeJS.ProcessEnv,
): RatingExport[] {
  return section.map((settings) => {
    const found = readProfile(settings.profile, folder);
    const faults = found.ok ? faultsOf(found.read) : found.faults;
    if (!found.ok || faults.length > 0) throw new BadConfiguration(faults.map(faultLine).join('\n'));
    const { profile } = found.read;
    const { transport } = profile;
    const where = `ratingExports: ${settings.id}`;
    if ('notPublic' in transport) {
      if (settings.url !== undefined)
        throw new BadConfiguration(
          `${where}: nothing can be pushed with profile ${settings.profile}: its transport is not public: ${transport.notPublic} (${transport.source}). Write it into a profile of your own (extends: ${settings.profile}), or leave out url and write files`,
        );
    } else
      for (const name of secretsIn(transport))
        if (!(name in settings.secrets))
          throw new BadConfiguration(
            `${where}: its profile needs the secret ${name}: secrets: {${name}: env:…}`,
          );
    return {
      ...{ id: settings.id, settings, profile },
      profileHash: createHash('sha256').update(JSON.stringify(profile)).digest('hex'),
      secrets: Object.fromEntries(
        Object.entries(settings.secrets).map(([name, reference]) => [name, secretOf(reference, environment)]),
      ),
      regions: settings.regions.map((region) => `${sharedDigits(region)}%`),
    };
  });
}
