import { atFailpoint, type Place } from '../failpoint.ts';
import type { Fault } from '../fault.ts';

/**
 * Kills the process that reaches the place: before the commit nothing may remain, after it nothing
 * may be missing.
 */
function killAt(name: string, place: Place): Fault {
  return {
    name,
    seconds: 1,
    async inject({ world, note }) {
      const caught = await atFailpoint(world, place, async (one) => {
        // Frozen first, so that it cannot publish after the commit.
        one.freeze();
        if (place === 'within') await one.kill();
      });
      note(caught.name);
      await caught.kill();
      return () => caught.start();
    },
  };
}

/** Like a virtual machine that is paused during a decision, with its rows locked. */
const frozenWithLocks: Fault = {
  name: 'worker-frozen-with-its-rows-locked',
  seconds: 9,
  async inject({ world, note }) {
    const caught = await atFailpoint(world, 'within-a-deadline', async (one) => one.freeze());
    note(caught.name);
    return async () => caught.thaw();
  },
};

export const failpointFaults: readonly Fault[] = [
  killAt('killed-before-the-commit', 'within'),
  killAt('killed-between-commit-and-publish', 'at-commit'),
  frozenWithLocks,
];
