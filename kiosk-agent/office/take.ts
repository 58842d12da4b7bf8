/** Link command `configuration`, and what the log says of it. */
import type { Logger } from 'pino';
import type { LinkCommand } from '../contract/link.ts';
import { configurationCommand, configurationHash } from '../contract/office.ts';
import type { Clock, Executor } from '../executor.ts';
import { localTime } from '../hall/day.ts';
import { happened } from '../hall/decision.ts';
import { isSame, type Fault, type Office } from './office.ts';

type Parts = { office: Office; executor: Executor; clock: Clock; log: Logger; changed: () => void };

/**
 * Answers when it is on this disk and the log says so. One that does not fit is refused and the log says where; one that is older
 * than what is here is refused `old-version`; the same one again has no second effect. Rejects when the disk refuses.
 */
export function takeConfiguration({
  office,
  executor,
  clock,
  log,
  changed,
}: Parts): (command: LinkCommand) => Promise<{ ok: true } | { refused: string; why: string }> {
  return async ({ data }) => {
    const read = configurationCommand.safeParse(data);
    if (!read.success) {
      const issue = read.error.issues[0];
      return { refused: 'bad-command', why: `data.${issue?.path.join('.')}: ${issue?.message}` };
    }
    const { version, configuration } = read.data;
    const sha256 = configurationHash(configuration);
    const { taken } = office.kept;
    const again = taken !== null && isSame(taken, version, configuration);
    if (again && taken.told) return { ok: true };
    if (taken && !again && version <= taken.version)
      return { refused: 'old-version', why: `This hall has version ${taken.version} of its configuration.` };
    const at = localTime(clock(), executor.rules.timeZone);
    const checked = office.check(configuration);
    if ('fault' in checked) {
      const { path, why } = checked.fault;
      await tellRefused({ office, executor }, { version, sha256, at }, checked.fault);
      log.warn(
        { version, path, why },
        'the configuration of the central office does not fit and is not taken',
      );
      changed();
      return { refused: 'bad-configuration', why: `${path}: ${why}` };
    }
    // On the disk before the log says so: what was said to be taken is there after a power cut.
    office.keep({ taken: { version, sha256, configuration, at, told: false }, refused: null });
    const { leftOut } = checked;
    const facts = { version, sha256, ...(leftOut.length > 0 ? { leftOut: leftOut.slice(0, 500) } : {}) };
    await executor.record([happened('hall.configuration.taken', String(version), at, facts)]);
    office.keep({ taken: { version, sha256, configuration, at, told: true } });
    log.info({ version }, 'configuration of the central office taken; in effect when the hall is at rest');
    changed();
    return { ok: true };
  };
}

/** At a start: the log says which version is in effect now, or why the kept one is not. */
export async function tellInEffect({ office, executor, clock, log }: Parts): Promise<void> {
  const { taken, inEffect, refused } = office.kept;
  if (!taken) return;
  const { version, sha256 } = taken;
  const at = localTime(clock(), executor.rules.timeZone);
  if (office.unfit) {
    const { path, why } = office.unfit;
    log.error(
      { version, path, why },
      'the configuration of the central office does not fit any more: the file alone counts',
    );
    if (refused?.version === version && refused.why === why) return;
    await tellRefused({ office, executor }, { version, sha256, at }, office.unfit);
    office.keep({ inEffect: null });
    return;
  }
  if (inEffect === version && refused === null) return;
  await executor.record([happened('hall.configuration.in-effect', String(version), at, { version, sha256 })]);
  office.keep({ inEffect: version, ...(refused?.version === version ? { refused: null } : {}) });
}

async function tellRefused(
  { office, executor }: Pick<Parts, 'office' | 'executor'>,
  { version, sha256, at }: { version: number; sha256: string; at: string },
  fault: Fault,
): Promise<void> {
  const path = fault.path.slice(0, 200);
  const why = fault.why.slice(0, 400);
  const facts = { version, sha256, path, why };
  await executor.record([happened('hall.configuration.refused', String(version), at, facts)]);
  office.keep({ refused: { version, sha256, path, why, at } });
}
