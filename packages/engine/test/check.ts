import { type CheckOptions, checkInvariants } from '@ringline/engine';
import type { Stage, TestEngine } from './stage.ts';

/** The violations of all invariants, once the engine has finished its background tasks. */
export async function check(
  { databaseUrl }: Stage,
  { parts }: TestEngine,
  more: Partial<CheckOptions> = {},
) {
  await parts.backgroundTasks.drained();
  const { violations } = await checkInvariants(databaseUrl, {
    retention: { eventDays: 30, callDays: 365 },
    logger: parts.logger,
    ...more,
  });
  return violations;
}
