import { z } from 'zod';
import * as topics from './schema.ts';

const { production, logLevel, database, redis, deploymentId, livekit, timeouts, maxParticipants } =
  topics;

const everyService = { production, logLevel, database, redis };
const callPath = { deploymentId, livekit, timeouts, maxParticipants };

/** The topics of each process. It neither reads nor requires any other variable. */
export const serviceSchemas = {
  'call-service': z.object({
    ...everyService,
    ...callPath,
    http: topics.publicHttp(3001),
    auth: topics.auth,
    turn: topics.turn,
    rateLimits: topics.rateLimits,
    quality: topics.quality,
  }),
  'cleanup-worker': z.object({
    ...everyService,
    ...callPath,
    http: topics.internalHttp(3002),
    retention: topics.retention,
  }),
  'quality-ingester': z.object({
    ...everyService,
    http: topics.internalHttp(3003),
  }),
};

export type ServiceName = keyof typeof serviceSchemas;
