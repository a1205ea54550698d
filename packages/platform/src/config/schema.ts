import { z } from 'zod';
import { parseRedisUrl } from '../redis-url.ts';
import {
  iceUrls,
  list,
  oneOf,
  origins,
  port,
  postgresUrl,
  proxies,
  serverUrl,
  text,
  wholeNumber,
} from './parsers.ts';

/*
 * Every topic reads its variables from the environment and gives them the names and types of the
 * code. Defaults are texts as in the environment. `.env.example` repeats them.
 */

const NODE_ENV = text.prefault('development');

export const production = z
  .object({ NODE_ENV })
  .transform((given) => given.NODE_ENV === 'production');

export const logLevel = z
  .object({ LOG_LEVEL: oneOf('error', 'warn', 'info', 'debug').prefault('info') })
  .transform((given) => given.LOG_LEVEL);

/**
 * The port for operators only. The defaults differ, so that all processes can run on one machine.
 */
export function internalHttp(defaultPort: number) {
  return z
    .object({ NODE_ENV, HOST: text.optional(), INTERNAL_PORT: port.prefault(String(defaultPort)) })
    .transform((given) => ({ host: host(given), internalPort: given.INTERNAL_PORT }));
}

/** The port for clients, together with the port for operators. */
export function publicHttp(defaultInternalPort: number) {
  return z
    .object({
      NODE_ENV,
      HOST: text.optional(),
      PORT: port.prefault('3000'),
      INTERNAL_PORT: port.prefault(String(defaultInternalPort)),
      CORS_ORIGINS: origins.optional(),
      TRUST_PROXY: proxies.prefault('false'),
    })
    .transform((given) => ({
      host: host(given),
      port: given.PORT,
      internalPort: given.INTERNAL_PORT,
      corsOrigins: given.CORS_ORIGINS ?? [],
      trustProxy: given.TRUST_PROXY,
    }));
}

/** A container must listen on all addresses. A developer's machine should not be reachable. */
function host(given: { HOST?: string | undefined; NODE_ENV: string }): string {
  return given.HOST ?? (given.NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1');
}

export const database = z
  .object({ DATABASE_URL: postgresUrl, DATABASE_POOL_SIZE: wholeNumber(1, 1000).prefault('10') })
  .transform((given) => ({ url: given.DATABASE_URL, poolSize: given.DATABASE_POOL_SIZE }));

export const redis = z
  .object({
    REDIS_URL: text.refine((given) => parseRedisUrl(given) !== null, {
      error: 'must be redis://host:port, or redis://a,b,c for a cluster',
    }),
  })
  .transform((given) => ({ url: given.REDIS_URL }));

/** Part of the names of LiveKit's rooms, so limited to their characters and without a dot. */
export const deploymentId = z
  .object({
    DEPLOYMENT_ID: text
      .refine((given) => /^[a-z0-9][a-z0-9-]{0,39}$/.test(given), {
        error: 'must be 1 to 40 of a-z, 0-9 and -, and must not begin with -',
      })
      .optional(),
  })
  .transform((given) => given.DEPLOYMENT_ID ?? null);

export const livekit = z
  .object({
    LIVEKIT_URL: serverUrl('http', 'https', 'ws', 'wss'),
    LIVEKIT_PUBLIC_URL: serverUrl('http', 'https', 'ws', 'wss').optional(),
    LIVEKIT_API_KEY: text,
    LIVEKIT_API_SECRET: text,
    MEDIA_TOKEN_TTL_SECONDS: wholeNumber(10, 86_400).prefault('600'),
  })
  .transform((given) => ({
    // LiveKit has its HTTP API and its WebSocket on the same address.
    url: given.LIVEKIT_URL.replace(/^ws/, 'http'),
    publicUrl: (given.LIVEKIT_PUBLIC_URL ?? given.LIVEKIT_URL).replace(/^http/, 'ws'),
    apiKey: given.LIVEKIT_API_KEY,
    apiSecret: given.LIVEKIT_API_SECRET,
    tokenTtlSeconds: given.MEDIA_TOKEN_TTL_SECONDS,
  }));

/** Claims with another meaning. Users could choose their own role by `name`, for instance. */
const TAKEN_CLAIMS = ['sub', 'name', 'picture', 'exp', 'nbf', 'iat', 'iss', 'aud', 'jti'];
const claimName = text.refine((name) => !TAKEN_CLAIMS.includes(name), {
  error: `must be none of the claims ${TAKEN_CLAIMS.join(', ')}`,
});

export const auth = z
  .object({
    AUTH_JWT_SECRET: list('secrets', (item) => item).optional(),
    AUTH_JWKS_URL: serverUrl('http', 'https').optional(),
    AUTH_JWT_ISSUER: text.optional(),
    AUTH_JWT_AUDIENCE: text.optional(),
    AUTH_ROLE_CLAIM: claimName.optional(),
  })
  .refine((given) => given.AUTH_JWT_SECRET !== undefined || given.AUTH_JWKS_URL !== undefined, {
    path: ['AUTH_JWT_SECRET or AUTH_JWKS_URL'],
    error: 'is missing',
  })
  .transform((given) => ({
    secrets: given.AUTH_JWT_SECRET ?? [],
    jwksUrl: given.AUTH_JWKS_URL ?? null,
    issuer: given.AUTH_JWT_ISSUER ?? null,
    audience: given.AUTH_JWT_AUDIENCE ?? null,
    // The `scope` of an identity provider's token is not meant for Ringline.
    roleClaim: given.AUTH_ROLE_CLAIM ?? (given.AUTH_JWKS_URL ? 'ringline_role' : 'scope'),
  }));

export const turn = z
  .object({
    STUN_URLS: iceUrls('stun').optional(),
    TURN_URLS: iceUrls('turn').optional(),
    TURN_SECRET: text.optional(),
  })
  .refine((given) => given.TURN_URLS === undefined || given.TURN_SECRET !== undefined, {
    path: ['TURN_SECRET'],
    error: 'is missing, and TURN_URLS needs it',
  })
  .transform((given) => ({
    stunUrls: given.STUN_URLS ?? [],
    turnUrls: given.TURN_URLS ?? [],
    secret: given.TURN_SECRET ?? null,
  }));

export const timeouts = z
  .object({
    RING_TIMEOUT_SECONDS: wholeNumber(5, 180).prefault('30'),
    CONNECT_TIMEOUT_SECONDS: wholeNumber(1, 600).prefault('30'),
    RECONNECT_GRACE_SECONDS: wholeNumber(1, 600).prefault('15'),
    SOLO_TIMEOUT_SECONDS: wholeNumber(1, 86_400).prefault('60'),
    MAX_CALL_DURATION_SECONDS: wholeNumber(1, 604_800).prefault('14400'),
  })
  .transform((given) => ({
    ringSeconds: given.RING_TIMEOUT_SECONDS,
    connectSeconds: given.CONNECT_TIMEOUT_SECONDS,
    reconnectGraceSeconds: given.RECONNECT_GRACE_SECONDS,
    soloSeconds: given.SOLO_TIMEOUT_SECONDS,
    maxCallSeconds: given.MAX_CALL_DURATION_SECONDS,
  }));

export const maxParticipants = z
  .object({ MAX_PARTICIPANTS: wholeNumber(2, 8).prefault('8') })
  .transform((given) => given.MAX_PARTICIPANTS);

export const retention = z
  .object({
    QUALITY_RETENTION_DAYS: wholeNumber(1, 3650).prefault('7'),
    EVENT_RETENTION_DAYS: wholeNumber(1, 3650).prefault('30'),
    CALL_RETENTION_DAYS: wholeNumber(1, 36_500).prefault('365'),
  })
  .transform((given) => ({
    qualityDays: given.QUALITY_RETENTION_DAYS,
    eventDays: given.EVENT_RETENTION_DAYS,
    callDays: given.CALL_RETENTION_DAYS,
  }));

export const quality = z
  .object({ QUALITY_STREAM_MAX_LENGTH: wholeNumber(1, 10_000_000).prefault('200000') })
  .transform((given) => ({ streamMaxLength: given.QUALITY_STREAM_MAX_LENGTH }));

/** 0 switches a limit off. */
const limit = wholeNumber(0, 1_000_000);
const byteLimit = wholeNumber(0, 1_000_000_000);

/**
 * The limit of call requests. If it is not set, the limit of other requests applies, as before
 * there were two limits, but at least `fallback`: a low limit must not make calls impossible.
 */
function callLimit(given: number | undefined, others: number, fallback: number): number {
  return given ?? (others === 0 ? 0 : Math.max(others, fallback));
}

export const rateLimits = z
  .object({
    RATE_LIMIT_USER_CALL_REQUESTS_PER_MINUTE: limit.optional(),
    RATE_LIMIT_ADDRESS_CALL_REQUESTS_PER_MINUTE: limit.optional(),
    RATE_LIMIT_USER_REQUESTS_PER_MINUTE: limit.prefault('300'),
    RATE_LIMIT_ADDRESS_REQUESTS_PER_MINUTE: limit.prefault('3000'),
    RATE_LIMIT_PAIR_UNANSWERED_RINGS: limit.prefault('5'),
    RATE_LIMIT_PAIR_WINDOW_SECONDS: wholeNumber(1, 86_400).prefault('600'),
    RATE_LIMIT_SOCKETS_PER_USER: limit.prefault('20'),
    RATE_LIMIT_SOCKET_EVENTS_PER_SECOND: limit.prefault('20'),
    RATE_LIMIT_SOCKET_EVENT_BURST: limit.prefault('100'),
    RATE_LIMIT_SOCKET_BYTES_PER_SECOND: byteLimit.prefault('65536'),
    RATE_LIMIT_SOCKET_BYTE_BURST: byteLimit.prefault('524288'),
    RATE_LIMIT_TOGGLES_PER_SECOND: limit.prefault('2'),
    RATE_LIMIT_TOGGLE_BURST: limit.prefault('20'),
    RATE_LIMIT_QUALITY_SAMPLES_PER_MINUTE: limit.prefault('60'),
    RATE_LIMIT_QUALITY_SAMPLE_BURST: limit.prefault('120'),
  })
  .transform((given) => ({
    userCallRequestsPerMinute: callLimit(
      given.RATE_LIMIT_USER_CALL_REQUESTS_PER_MINUTE,
      given.RATE_LIMIT_USER_REQUESTS_PER_MINUTE,
      300,
    ),
    addressCallRequestsPerMinute: callLimit(
      given.RATE_LIMIT_ADDRESS_CALL_REQUESTS_PER_MINUTE,
      given.RATE_LIMIT_ADDRESS_REQUESTS_PER_MINUTE,
      3000,
    ),
    userRequestsPerMinute: given.RATE_LIMIT_USER_REQUESTS_PER_MINUTE,
    addressRequestsPerMinute: given.RATE_LIMIT_ADDRESS_REQUESTS_PER_MINUTE,
    pairUnansweredRings: given.RATE_LIMIT_PAIR_UNANSWERED_RINGS,
    pairWindowSeconds: given.RATE_LIMIT_PAIR_WINDOW_SECONDS,
    socketsPerUser: given.RATE_LIMIT_SOCKETS_PER_USER,
    socketEventsPerSecond: given.RATE_LIMIT_SOCKET_EVENTS_PER_SECOND,
    socketEventBurst: given.RATE_LIMIT_SOCKET_EVENT_BURST,
    socketBytesPerSecond: given.RATE_LIMIT_SOCKET_BYTES_PER_SECOND,
    socketByteBurst: given.RATE_LIMIT_SOCKET_BYTE_BURST,
    togglesPerSecond: given.RATE_LIMIT_TOGGLES_PER_SECOND,
    toggleBurst: given.RATE_LIMIT_TOGGLE_BURST,
    qualitySamplesPerMinute: given.RATE_LIMIT_QUALITY_SAMPLES_PER_MINUTE,
    qualitySampleBurst: given.RATE_LIMIT_QUALITY_SAMPLE_BURST,
  }));
