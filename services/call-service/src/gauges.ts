import { type Engine, refreshGauges } from '@ringline/engine';
import { type Resource, runRepeatedly } from '@ringline/platform';

const EVERY_MS = 5000;

/** Refreshes the gauges that are counted in the database. */
export function startRefreshingGauges({ store, metrics, logger }: Engine): Resource {
  const run = () => refreshGauges({ store, metrics });
  return runRepeatedly({ name: 'gauges', everyMs: EVERY_MS, run }, logger);
}
