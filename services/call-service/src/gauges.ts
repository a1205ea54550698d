import { type EngineParts, refreshGauges } from '@ringline/engine';
import type { Part } from '@ringline/platform';
import { regularly } from './regularly.ts';

const EVERY_MS = 5000;

/** Keeps the gauges up to date that only the database knows. */
export function keepGauges({ store, metrics, logger }: EngineParts): Part {
  return regularly('gauges', EVERY_MS, logger, () => refreshGauges({ store, metrics }));
}
