import { runService } from '@ringline/platform';
import { startQualityIngester } from './service.ts';

await runService(
  'quality-ingester',
  async (context) => (await startQualityIngester(context)).parts,
);
