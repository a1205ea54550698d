import { runService } from '@ringline/platform';
import { startCallService } from './service.ts';

await runService('call-service', async (context) => (await startCallService(context)).parts);
