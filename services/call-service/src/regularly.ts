import type { Logger, Resource } from '@ringline/platform';

/** Works at once and then so long after each end of it, until it is closed. What fails is tried again then. */
export function regularly(
  name: string,
  everyMs: number,
  logger: Logger,
  work: () => Promise<void>,
): Resource {
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const begin = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      logger.debug(`${name} will be tried again`, { error });
    }
    if (!closed) timer = setTimeout(() => (round = begin()), everyMs);
  };
  let round = begin();
  return {
    name,
    close: () => {
      closed = true;
      clearTimeout(timer);
      return round;
    },
  };
}
