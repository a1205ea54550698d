import { type EngineParts, refreshGauges } from '@ringline/engine';
import type { Part } from '@ringline/platform';

const EVERY_MS = 5000;

/** Keeps the gauges up to date that only the database knows. */
export const keepGauges = ({ store, metrics, logger }: EngineParts): Part => {
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const refresh = async (): Promise<void> => {
    try {
      await refreshGauges({ store, metrics });
    } catch (error) {
      logger.debug('the gauges could not be refreshed', { error });
    }
    if (!closed) timer = setTimeout(() => (round = refresh()), EVERY_MS);
  };
  let round = refresh();
  return {
    name: 'gauges',
    close: () => {
      closed = true;
      clearTimeout(timer);
      return round;
    },
  };
};
