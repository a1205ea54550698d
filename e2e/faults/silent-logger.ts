import type { Logger } from '@ringline/platform';

function nothing() {
  return undefined;
}

/** For parts of ours that the battery itself uses: what they say is no evidence. */
export const silentLogger: Logger = {
  error: nothing,
  warn: nothing,
  info: nothing,
  debug: nothing,
};
