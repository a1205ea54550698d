export { atMostOften } from './at-most-often.ts';
export * from './config/load.ts';
export { fitsOrigin } from './config/origins.ts';
export { type ServiceName, serviceSchemas } from './config/services.ts';
export * from './http/internal-app.ts';
export * from './http/listen.ts';
export * from './http/readiness.ts';
export * from './lifecycle.ts';
export {
  createLogger,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  withFields,
} from './logger.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export {
  closeRedis,
  connectRedis,
  type RedisClient,
  type RedisConnectionOptions,
} from './redis.ts';
export { needOnKeys, type RedisNeed, watchRedisFitness } from './redis-needs.ts';
export { parseRedisUrl, type RedisAddress } from './redis-url.ts';
export {
  inRequest,
  type RequestContext,
  requestContext,
  traceHeaders,
} from './request-context.ts';
export { type Job, type Repetition, runRepeatedly } from './run-repeatedly.ts';
export { TimedOut, within } from './within.ts';
