import { describe, expect, it } from '@jest/globals';
import { ConfigError, fitsOrigin, loadConfig, type ServiceName } from '@ringline/platform';

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

const TAKEN_CLAIMS = 'sub, name, picture, exp, nbf, iat, iss, aud, jti';

function getError(service: ServiceName, env: NodeJS.ProcessEnv): string {
  try {
    loadConfig(service, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('The environment was accepted.');
}

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
    expect(getError('call-service', {})).toBe(
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
    expect(getError('call-service', { ...CALL_SERVICE, DATABASE_URL: '' })).toBe(
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
    expect(getError('call-service', { ...CALL_SERVICE, [variable]: value })).toBe(
      `Bad configuration: ${variable} ${fault}.`,
    );
  });

  it('rejects TURN servers without a secret', () => {
    expect(getError('call-service', { ...CALL_SERVICE, TURN_URLS: 'turn:turn.example.com' })).toBe(
      'Bad configuration: TURN_SECRET is missing, and TURN_URLS needs it.',
    );
  });

  it('never contains a value in its errors', () => {
    const fault = getError('call-service', {
      ...PRODUCTION,
      DATABASE_URL: 'postgres:ringline:hunter2',
      REDIS_URL: 'http://:hunter2@redis',
      AUTH_JWT_SECRET: 'hunter2',
    });
    expect(fault).toContain('DATABASE_URL');
    expect(fault).not.toContain('hunter2');
  });
});

describe('CORS_ORIGINS', () => {
  const read = (text: string) =>
    loadConfig('call-service', { ...CALL_SERVICE, CORS_ORIGINS: text }).http.corsOrigins;

  it.each([
    ['*', '*'],
    ['https://app.example.com', ['https://app.example.com']],
    ['capacitor://localhost,tauri://localhost', ['capacitor://localhost', 'tauri://localhost']],
    ['ionic://localhost, app://.', ['ionic://localhost', 'app://.']],
    ['http://tauri.localhost', ['http://tauri.localhost']],
    ['chrome-extension://abcdef', ['chrome-extension://abcdef']],
    ['null', ['null']],
    ['file://', ['file://']],
    ['https://*.example.com', ['https://*.example.com']],
    ['https://*.Example.com:8443', ['https://*.example.com:8443']],
    ['HTTPS://App.example.com:443/', ['https://app.example.com']],
    ['https://bücher.example', ['https://xn--bcher-kva.example']],
  ])('accepts %s', (text, items) => {
    expect(read(text)).toEqual(items);
  });

  it.each([
    ['https://a.example.com/page', 1],
    ['https://a.example.com, b.example.com', 2],
    ['localhost:5173', 1],
    ['https://*', 1],
    ['https://*.', 1],
    ['https://a.*.example.com', 1],
    ['https://*example.com', 1],
    ['https://user@a.example.com', 1],
    ['https://', 1],
    ['https://a.example.com?x', 1],
    ['https://a.example.com, *', 2],
  ])('rejects %s and reports the position of the item', (text, place) => {
    expect(getError('call-service', { ...CALL_SERVICE, CORS_ORIGINS: text })).toBe(
      'Bad configuration: CORS_ORIGINS must be * or a comma-separated list of origins such as https://app.example.com, ' +
        `capacitor://localhost, https://*.example.com or null, each without a path; item ${place} is not one.`,
    );
  });

  it.each([
    ['https://*.example.com', 'https://a.example.com', true],
    ['https://*.example.com', 'https://b.a.example.com', true],
    ['https://*.example.com', 'https://example.com', false],
    ['https://*.example.com', 'https://.example.com', false],
    ['https://*.example.com', 'http://a.example.com', false],
    ['https://*.example.com', 'https://a.example.com:8443', false],
    ['https://*.example.com', 'https://a.example.com.evil.example', false],
    ['https://*.example.com', 'https://evilexample.com', false],
    ['https://*.example.com', 'https://evil.example/.example.com', false],
    ['https://*.example.com:8443', 'https://a.example.com:8443', true],
    ['https://app.example.com', 'https://app.example.com:443', true],
    ['https://app.example.com', 'https://app.example.com.evil.example', false],
    ['capacitor://localhost', 'capacitor://localhost', true],
    ['capacitor://localhost', 'http://localhost', false],
    ['null', 'null', true],
    ['https://app.example.com', 'null', false],
  ])('matches %s with the Origin %s: %s', (pattern, origin, fits) => {
    const [item = ''] = read(pattern);
    expect(fitsOrigin(item, origin)).toBe(fits);
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
    expect(getError('call-service', { ...PRODUCTION, ...env })).toBe(
      `Bad configuration: ${fault}.`,
    );
    expect(() =>
      loadConfig('call-service', { ...PRODUCTION, ...env, NODE_ENV: 'development' }),
    ).not.toThrow();
  });
});

describe('the configuration of the other processes', () => {
  it('requires LiveKit but no authentication for the cleanup worker', () => {
    expect(loadConfig('cleanup-worker', { ...STORES, ...LIVEKIT })).toMatchObject({
      http: { host: '127.0.0.1', internalPort: 3002 },
      retention: { qualityDays: 7, eventDays: 30, callDays: 365 },
    });
    expect(getError('cleanup-worker', STORES)).toBe(
      'Bad configuration: LIVEKIT_URL is missing; LIVEKIT_API_KEY is missing; LIVEKIT_API_SECRET is missing.',
    );
  });

  it('requires only Postgres and Redis for the quality ingester', () => {
    const config = loadConfig('quality-ingester', { ...STORES, NODE_ENV: 'production', PORT: 'x' });
    expect(config.http).toEqual({ host: '0.0.0.0', internalPort: 3003 });
    expect(config).not.toHaveProperty('livekit');
  });
});
