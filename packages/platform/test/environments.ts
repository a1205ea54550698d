import { ConfigError, loadConfig, type ServiceName } from '@ringline/platform';

export const STORES = {
  DATABASE_URL: 'postgres://ringline:pw@localhost/ringline',
  REDIS_URL: 'redis://localhost',
};

export const LIVEKIT = {
  LIVEKIT_URL: 'ws://localhost:7880',
  LIVEKIT_API_KEY: 'devkey',
  LIVEKIT_API_SECRET: 'livekit-secret',
};

export const CALL_SERVICE = { ...STORES, ...LIVEKIT, AUTH_JWT_SECRET: 'auth-secret' };

export const PRODUCTION = {
  ...CALL_SERVICE,
  NODE_ENV: 'production',
  LIVEKIT_API_KEY: 'APIringline',
  LIVEKIT_API_SECRET: 'a'.repeat(32),
  AUTH_JWT_SECRET: 'b'.repeat(32),
  AUTH_JWT_AUDIENCE: 'ringline',
};

/** What `loadConfig` says of an environment that it refuses. */
export function readFault(service: ServiceName, env: NodeJS.ProcessEnv): string {
  try {
    loadConfig(service, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('The environment was accepted.');
}
