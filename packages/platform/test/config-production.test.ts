import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '@ringline/platform';
import { PRODUCTION, readFault } from './environments.ts';

describe('the configuration in production', () => {
  it('listens on all addresses by default', () => {
    expect(loadConfig('call-service', PRODUCTION).http.host).toBe('0.0.0.0');
    expect(loadConfig('call-service', { ...PRODUCTION, HOST: '10.0.0.1' }).http.host).toBe(
      '10.0.0.1',
    );
  });

  it.each([
    [
      'a short AUTH_JWT_SECRET',
      { AUTH_JWT_SECRET: `${'b'.repeat(32)},short` },
      'AUTH_JWT_SECRET is shorter than 32 bytes',
    ],
    [
      'a short LIVEKIT_API_SECRET',
      { LIVEKIT_API_SECRET: 'short' },
      'LIVEKIT_API_SECRET is shorter than 32 bytes',
    ],
    ['a short TURN_SECRET', { TURN_SECRET: 'short' }, 'TURN_SECRET is shorter than 32 bytes'],
    [
      "LiveKit's development key",
      { LIVEKIT_API_KEY: 'devkey' },
      "LIVEKIT_API_KEY is LiveKit's development key",
    ],
    ['a missing audience', { AUTH_JWT_AUDIENCE: '' }, 'AUTH_JWT_AUDIENCE is missing'],
    [
      'one secret for tokens and TURN',
      { TURN_SECRET: 'b'.repeat(32) },
      'AUTH_JWT_SECRET and TURN_SECRET have the same value',
    ],
    [
      'a secret that is also the password of a store',
      { REDIS_URL: `redis://:${'a'.repeat(32)}@redis` },
      'LIVEKIT_API_SECRET and REDIS_URL have the same value',
    ],
  ])('rejects %s', (_what, env, fault) => {
    expect(readFault('call-service', { ...PRODUCTION, ...env })).toBe(
      `Bad configuration: ${fault}.`,
    );
    expect(() =>
      loadConfig('call-service', { ...PRODUCTION, ...env, NODE_ENV: 'development' }),
    ).not.toThrow();
  });
});
