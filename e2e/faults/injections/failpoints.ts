import { atFailpoint, type Place } from '../failpoint.ts';
import type { Fault } from '../fault.ts';

/** Kills whoever comes to the place: before the commit nothing must be left, after it nothing must be missing. */
function killAt(name: string, place: Place): Fault {
  return {
    name,
    seconds: 1,
    async inject({ world, note }) {
      const caught = await atFailpoint(world, place, async (one) => {
        // Frozen first: after the commit it must not get to publishing.
        one.freeze();
        if (place === 'within') await one.kill();
      });
      note(caught.name);
      await caught.kill();
      return () => caught.start();
    },
  };
}

/** A paused virtual machine in the middle of a decision: its rows are locked, and it does not know. */
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
