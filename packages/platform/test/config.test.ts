import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '@ringline/platform';
import { CALL_SERVICE, LIVEKIT, PRODUCTION, readFault, STORES } from './environments.ts';

const TAKEN_CLAIMS = 'sub, name, picture, exp, nbf, iat, iss, aud, jti';

describe('the configuration of the call service', () => {
  it('only requires the addresses and secrets of its dependencies', () => {
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
      auth: {
        secrets: ['auth-secret'],
        jwksUrl: null,
        issuer: null,
        audience: null,
        roleClaim: 'scope',
      },
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
        userCallRequestsPerMinute: 300,
        addressCallRequestsPerMinute: 3000,
        userRequestsPerMinute: 300,
        addressRequestsPerMinute: 3000,
        pairUnansweredRings: 5,
        pairWindowSeconds: 600,
        socketsPerUser: 20,
        socketEventsPerSecond: 20,
        socketEventBurst: 100,
        toggleBurst: 20,
        togglesPerSecond: 2,
        socketBytesPerSecond: 65_536,
        socketByteBurst: 524_288,
        qualitySamplesPerMinute: 60,
        qualitySampleBurst: 120,
      },
    });
  });

  it('reads every value from the environment', () => {
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
      roleClaim: 'ringline_role',
    });
    expect(config.turn).toEqual({
      stunUrls: ['stun:turn.example.com:3478'],
      turnUrls: ['turn:turn.example.com:3478?transport=udp', 'turns:turn.example.com:5349'],
      secret: 'turn-secret',
    });
    expect(config.timeouts.ringSeconds).toBe(45);
    expect(config.rateLimits.socketsPerUser).toBe(0);
  });

  it('is frozen', () => {
    const config = loadConfig('call-service', CALL_SERVICE);
    expect([config, config.auth, config.auth.secrets].every(Object.isFrozen)).toBe(true);
  });

  it('reports all missing variables in one line', () => {
    expect(readFault('call-service', {})).toBe(
      'Bad configuration: DATABASE_URL is missing; REDIS_URL is missing; LIVEKIT_URL is missing; ' +
        'LIVEKIT_API_KEY is missing; LIVEKIT_API_SECRET is missing; AUTH_JWT_SECRET or AUTH_JWKS_URL is missing.',
    );
  });

  it('treats an empty variable as missing', () => {
    expect(loadConfig('call-service', { ...CALL_SERVICE, PORT: '', HOST: ' ' }).http).toMatchObject(
      {
        host: '127.0.0.1',
        port: 3000,
      },
    );
    expect(readFault('call-service', { ...CALL_SERVICE, DATABASE_URL: '' })).toBe(
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
    ['AUTH_ROLE_CLAIM', 'sub', `must be none of the claims ${TAKEN_CLAIMS}`],
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
  ])('rejects %s=%s', (variable, value, fault) => {
    expect(readFault('call-service', { ...CALL_SERVICE, [variable]: value })).toBe(
      `Bad configuration: ${variable} ${fault}.`,
    );
  });

  it('rejects TURN servers without a secret', () => {
    expect(readFault('call-service', { ...CALL_SERVICE, TURN_URLS: 'turn:turn.example.com' })).toBe(
      'Bad configuration: TURN_SECRET is missing, and TURN_URLS needs it.',
    );
  });

  it('never contains a value in its errors', () => {
    const fault = readFault('call-service', {
      ...PRODUCTION,
      DATABASE_URL: 'postgres:ringline:hunter2',
      REDIS_URL: 'http://:hunter2@redis',
      AUTH_JWT_SECRET: 'hunter2',
    });
    expect(fault).toContain('DATABASE_URL');
    expect(fault).not.toContain('hunter2');
  });
});

describe('the role claim', () => {
  const read = (env: Record<string, string>) =>
    loadConfig('call-service', { ...CALL_SERVICE, ...env }).auth.roleClaim;
  const jwks = { AUTH_JWKS_URL: 'https://id.example/jwks.json' };

  it('is scope by default, and ringline_role with an identity provider', () => {
    expect(read({})).toBe('scope');
    expect(read(jwks)).toBe('ringline_role');
    expect(read({ ...jwks, AUTH_ROLE_CLAIM: 'scope' })).toBe('scope');
    expect(read({ AUTH_ROLE_CLAIM: 'https://app.example/role' })).toBe('https://app.example/role');
  });
});

describe('the limit of call requests', () => {
  const read = (env: Record<string, string>) => {
    const { rateLimits } = loadConfig('call-service', { ...CALL_SERVICE, ...env });
    return [rateLimits.userCallRequestsPerMinute, rateLimits.addressCallRequestsPerMinute];
  };

  it('does not fall below its default with the limit of other requests', () => {
    const others = (user: string, address: string) => ({
      RATE_LIMIT_USER_REQUESTS_PER_MINUTE: user,
      RATE_LIMIT_ADDRESS_REQUESTS_PER_MINUTE: address,
    });
    expect(read({})).toEqual([300, 3000]);
    expect(read(others('10', '20'))).toEqual([300, 3000]);
    expect(read(others('1000', '20000'))).toEqual([1000, 20_000]);
    expect(read(others('0', '0'))).toEqual([0, 0]);
    expect(read({ ...others('0', '10'), RATE_LIMIT_USER_CALL_REQUESTS_PER_MINUTE: '5' })).toEqual([
      5, 3000,
    ]);
  });
});

describe('the configuration of the other processes', () => {
  it('requires LiveKit but no authentication for the cleanup worker', () => {
    expect(loadConfig('cleanup-worker', { ...STORES, ...LIVEKIT })).toMatchObject({
      http: { host: '127.0.0.1', internalPort: 3002 },
      retention: { qualityDays: 7, eventDays: 30, callDays: 365 },
    });
    expect(readFault('cleanup-worker', STORES)).toBe(
      'Bad configuration: LIVEKIT_URL is missing; LIVEKIT_API_KEY is missing; LIVEKIT_API_SECRET is missing.',
    );
  });

  it('requires only Postgres and Redis for the quality ingester', () => {
    const config = loadConfig('quality-ingester', { ...STORES, NODE_ENV: 'production', PORT: 'x' });
    expect(config.http).toEqual({ host: '0.0.0.0', internalPort: 3003 });
    expect(config).not.toHaveProperty('livekit');
  });
});
