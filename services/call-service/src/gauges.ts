import { type Engine, refreshGauges } from '@ringline/engine';
import type { Resource } from '@ringline/platform';
import { regularly } from './regularly.ts';

const EVERY_MS = 5000;

/** Keeps the gauges up to date that only the database knows. */
export function startRefreshingGauges({ store, metrics, logger }: Engine): Resource {
  return regularly('gauges', EVERY_MS, logger, () => refreshGauges({ store, metrics }));
}
