import { runService } from '@ringline/platform';
import { startCleanupWorker } from './service.ts';

await runService('cleanup-worker', async (context) => (await startCleanupWorker(context)).parts);
