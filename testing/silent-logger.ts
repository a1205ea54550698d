import type { Logger } from '@ringline/platform';

/** Does nothing. For callbacks and listeners that a test has to give. */
export function ignore(): undefined {
  return undefined;
}

/** Drops every line. For parts of ours whose log is not under test. */
export const silentLogger: Logger = { error: ignore, warn: ignore, info: ignore, debug: ignore };
