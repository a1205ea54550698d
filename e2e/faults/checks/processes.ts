import type { Check, Violation } from './check.ts';

const LAST_LINES = 12;

/** No process ends except by a fault. */
export const processesRun: Check = {
  name: 'no-process-exits-by-itself',
  withinMs: 0,
  begin: async ({ world }) => {
    return async () =>
      world.processes
        .filter((one) => !one.isAsItShouldBe())
        .map((one): Violation => {
          const last = one.lines().slice(-LAST_LINES).join('\n    ');
          const detail = `${one.name} has ended; its last lines:\n    ${last}`;
          return { invariant: processesRun.name, callId: null, detail };
        });
  },
};
