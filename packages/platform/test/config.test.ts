import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig, type ServiceName } from '@ringline/platform';

const STORES = {
  DATABASE_URL: 'postgres://ringline:pw@localhost/ringline',
  REDIS_URL: 'redis://localhost',
};
const LIVEKIT = {
  LIVEKIT_URL: 'ws://localhost:7880',
  LIVEKIT_API_KEY: 'devkey',
  LIVEKIT_API_SECRET: 'livekit-secret',
};
const CALL_SERVICE = { ...STORES, ...LIVEKIT, AUTH_JWT_SECRET: 'auth-secret' };

const PRODUCTION = {
  ...CALL_SERVICE,
  NODE_ENV: 'production',
  LIVEKIT_API_KEY: 'APIringline',
  LIVEKIT_API_SECRET: 'a'.repeat(32),
  AUTH_JWT_SECRET: 'b'.repeat(32),
  AUTH_JWT_AUDIENCE: 'ringline',
};

function faultOf(service: ServiceName, env: NodeJS.ProcessEnv): string {
  try {
    loadConfig(service, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('The environment was accepted.');
}

describe('the configuration of the call service', () => {
  it('needs no more than the addresses and secrets of what it works with', () => {
    expect(loadConfig('call-service', CALL_SERVICE)).toEqual({
      production: false,
      logLevel: 'info',
      http: {
        host: '127.0.0.1',
        port: 3000,
        internalPort: 3001,
        corsOrigins: [],
        trustProxy: false,
      },
      deploymentId: null,
      database: { url: STORES.DATABASE_URL, poolSize: 10 },
      redis: { url: 'redis://localhost' },
      livekit: {
        url: 'http://localhost:7880',
        publicUrl: 'ws://localhost:7880',
        apiKey: 'devkey',
        apiSecret: 'livekit-secret',
        tokenTtlSeconds: 600,
      },
      auth: { secrets: ['auth-secret'], jwksUrl: null, issuer: null, audience: null },
      turn: { stunUrls: [], turnUrls: [], secret: null },
      timeouts: {
        ringSeconds: 30,
        connectSeconds: 30,
        reconnectGraceSeconds: 15,
        soloSeconds: 60,
        maxCallSeconds: 14_400,
      },
      maxParticipants: 8,
      quality: { streamMaxLength: 200_000 },
      rateLimits: {
        userRequestsPerMinute: 300,
        addressRequestsPerMinute: 3000,
        pairUnansweredRings: 5,
        pairWindowSeconds: 600,
        socketsPerUser: 20,
        socketEventsPerSecond: 20,
        socketEventBurst: 100,
        socketBytesPerSecond: 65_536,
        socketByteBurst: 524_288,
        qualitySamplesPerMinute: 60,
        qualitySampleBurst: 120,
      },
    });
  });

  it('takes every value from the environment', () => {
    const config = loadConfig('call-service', {
      ...CALL_SERVICE,
      LOG_LEVEL: 'debug',
      HOST: '0.0.0.0',
      PORT: '0',
      INTERNAL_PORT: '4001',
      CORS_ORIGINS: 'https://a.example.com, http://localhost:3100',
      TRUST_PROXY: 'loopback, 10.0.0.0/8',
      LIVEKIT_URL: 'http://livekit:7880/',
      LIVEKIT_PUBLIC_URL: 'https://media.example.com',
      AUTH_JWT_SECRET: 'new, old',
      AUTH_JWKS_URL: 'https://host.example.com/jwks.json',
      AUTH_JWT_ISSUER: 'host',
      AUTH_JWT_AUDIENCE: 'ringline',
      STUN_URLS: 'stun:turn.example.com:3478',
      TURN_URLS: 'turn:turn.example.com:3478?transport=udp,turns:turn.example.com:5349',
      TURN_SECRET: 'turn-secret',
      RING_TIMEOUT_SECONDS: '45',
      RATE_LIMIT_SOCKETS_PER_USER: '0',
    });
    expect(config.logLevel).toBe('debug');
    expect(config.http).toEqual({
      host: '0.0.0.0',
      port: 0,
      internalPort: 4001,
      corsOrigins: ['https://a.example.com', 'http://localhost:3100'],
      trustProxy: ['loopback', '10.0.0.0/8'],
    });
    expect(config.livekit).toMatchObject({
      url: 'http://livekit:7880',
      publicUrl: 'wss://media.example.com',
    });
    expect(config.auth).toEqual({
      secrets: ['new', 'old'],
      jwksUrl: 'https://host.example.com/jwks.json',
      issuer: 'host',
      audience: 'ringline',
    });
    expect(config.turn).toEqual({
      stunUrls: ['stun:turn.example.com:3478'],
      turnUrls: ['turn:turn.example.com:3478?transport=udp', 'turns:turn.example.com:5349'],
      secret: 'turn-secret',
    });
    expect(config.timeouts.ringSeconds).toBe(45);
    expect(config.rateLimits.socketsPerUser).toBe(0);
  });

  it('cannot be changed once it is loaded', () => {
    const config = loadConfig('call-service', CALL_SERVICE);
    expect([config, config.auth, config.auth.secrets].every(Object.isFrozen)).toBe(true);
  });

  it('says in one line everything that is missing', () => {
    expect(faultOf('call-service', {})).toBe(
      'Bad configuration: DATABASE_URL is missing; REDIS_URL is missing; LIVEKIT_URL is missing; ' +
        'LIVEKIT_API_KEY is missing; LIVEKIT_API_SECRET is missing; AUTH_JWT_SECRET or AUTH_JWKS_URL is missing.',
    );
  });

  it('takes an empty variable for one that is not given', () => {
    expect(loadConfig('call-service', { ...CALL_SERVICE, PORT: '', HOST: ' ' }).http).toMatchObject(
      {
        host: '127.0.0.1',
        port: 3000,
      },
    );
    expect(faultOf('call-service', { ...CALL_SERVICE, DATABASE_URL: '' })).toBe(
      'Bad configuration: DATABASE_URL is missing.',
    );
  });

  it.each([
    ['PORT', '3000x', 'must be a whole number from 0 to 65535'],
    ['PORT', '70000', 'must be a whole number from 0 to 65535'],
    ['PORT', '-1', 'must be a whole number from 0 to 65535'],
    ['LOG_LEVEL', 'verbose', 'must be one of error, warn, info, debug'],
    ['RING_TIMEOUT_SECONDS', '4', 'must be a whole number from 5 to 180'],
    ['MAX_PARTICIPANTS', '9', 'must be a whole number from 2 to 8'],
    ['DATABASE_URL', 'mysql://localhost/ringline', 'must be a URL that begins with postgres://'],
    ['REDIS_URL', 'localhost:6379', 'must be redis://host:port, or redis://a,b,c for a cluster'],
    [
      'LIVEKIT_URL',
      'localhost:7880',
      'must be a URL that begins with http:// or https:// or ws:// or wss://',
    ],
    [
      'CORS_ORIGINS',
      'https://a.example.com/page',
      'must be * or a comma-separated list of origins such as https://app.example.com',
    ],
    [
      'TRUST_PROXY',
      'true',
      'must be false, a number of proxies, or a comma-separated list of addresses',
    ],
    [
      'TRUST_PROXY',
      '10.0.0.0/33',
      'must be false, a number of proxies, or a comma-separated list of addresses',
    ],
    ['STUN_URLS', 'turn.example.com', 'must be a comma-separated list of stun: or stuns: URLs'],
    ...['Berlin', '-berlin', 'a.b', 'a b', 'a'.repeat(41)].map((given) => [
      'DEPLOYMENT_ID',
      given,
      'must be 1 to 40 of a-z, 0-9 and -, and must not begin with -',
    ]),
    ['AUTH_JWT_SECRET', ',', 'must be a comma-separated list of secrets'],
  ])('refuses %s=%s', (variable, value, fault) => {
    expect(faultOf('call-service', { ...CALL_SERVICE, [variable]: value })).toBe(
      `Bad configuration: ${variable} ${fault}.`,
    );
  });

  it('refuses TURN servers without the secret for their credentials', () => {
    expect(faultOf('call-service', { ...CALL_SERVICE, TURN_URLS: 'turn:turn.example.com' })).toBe(
      'Bad configuration: TURN_SECRET is missing, and TURN_URLS needs it.',
    );
  });

  it('never repeats a value, since it may be a secret', () => {
    const fault = faultOf('call-service', {
      ...PRODUCTION,
      DATABASE_URL: 'postgres:ringline:hunter2',
      REDIS_URL: 'http://:hunter2@redis',
      AUTH_JWT_SECRET: 'hunter2',
    });
    expect(fault).toContain('DATABASE_URL');
    expect(fault).not.toContain('hunter2');
  });
});

describe('the configuration in production', () => {
  it('listens on all addresses, where nothing else is said', () => {
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
      'AUTH_JWT_SECRET and TURN_SECRET hold one and the same secret',
    ],
    [
      'a secret that is also the password of a store',
      { REDIS_URL: `redis://:${'a'.repeat(32)}@redis` },
      'LIVEKIT_API_SECRET and REDIS_URL hold one and the same secret',
    ],
  ])('refuses %s', (_what, env, fault) => {
    expect(faultOf('call-service', { ...PRODUCTION, ...env })).toBe(`Bad configuration: ${fault}.`);
    expect(() =>
      loadConfig('call-service', { ...PRODUCTION, ...env, NODE_ENV: 'development' }),
    ).not.toThrow();
  });
});

describe('the configuration of the other processes', () => {
  it('asks the cleanup worker for LiveKit, and not for who may call', () => {
    expect(loadConfig('cleanup-worker', { ...STORES, ...LIVEKIT })).toMatchObject({
      http: { host: '127.0.0.1', internalPort: 3002 },
      retention: { qualityDays: 7, eventDays: 30, callDays: 365 },
    });
    expect(faultOf('cleanup-worker', STORES)).toBe(
      'Bad configuration: LIVEKIT_URL is missing; LIVEKIT_API_KEY is missing; LIVEKIT_API_SECRET is missing.',
    );
  });

  it('asks the quality ingester for Postgres and Redis alone, whatever else is wrong', () => {
    const config = loadConfig('quality-ingester', { ...STORES, NODE_ENV: 'production', PORT: 'x' });
    expect(config.http).toEqual({ host: '0.0.0.0', internalPort: 3003 });
    expect(config).not.toHaveProperty('livekit');
  });
});
