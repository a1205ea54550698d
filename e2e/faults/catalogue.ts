import type { Fault } from './fault.ts';
import { clientFaults } from './injections/clients.ts';
import { failpointFaults } from './injections/failpoints.ts';
import { livekitFaults } from './injections/livekit.ts';
import { postgresFaults } from './injections/postgres.ts';
import { processFaults } from './injections/processes.ts';
import { redisFaults } from './injections/redis.ts';

export const allFaults: readonly Fault[] = [
  ...processFaults,
  ...failpointFaults,
  ...redisFaults,
  ...postgresFaults,
  ...livekitFaults,
  ...clientFaults,
];

/** @throws Error that lists the existing faults. */
export function faultsNamed(names: readonly string[]): Fault[] {
  return names.map((name) => {
    const fault = allFaults.find((one) => one.name === name);
    if (fault) return fault;
    throw new Error(
      `No fault "${name}". There are: ${allFaults.map((one) => one.name).join(', ')}`,
    );
  });
}
