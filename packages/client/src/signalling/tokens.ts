import { RinglineError } from '../errors.ts';
import { within } from '../timeout.ts';

const RENEW_BEFORE_MS = 60_000;
const RENEW_WITHIN_LIFE = 0.25;
/** The host app's back end answers within this, or counts as away. */
const GET_TOKEN_MS = 15_000;
/** Of a token that looks as if it were over: this clock must be wrong, and the token does not say how long it lives. */
const UNKNOWN_LIFE_MS = 300_000;

export interface TokenClaims {
  userId: string;
  /** Milliseconds from now. The service's clock decides in the end. */
  lifeMs: number;
}

/** The tokens that the host app signs; one at a time, kept until shortly before its end. */
export interface Tokens {
  /** A token with some life left; asks the host app only when there is none. */
  current(): Promise<string>;
  /** A new token, even if the last one looks good: the service may know better. */
  renew(): Promise<string>;
  readonly renewable: boolean;
  /** Of the last token; null before the first. */
  readonly userId: string | null;
  /** When the last token should be replaced, in milliseconds since the epoch by this clock. */
  readonly renewAt: number | null;
}

function decodeBase64Url(text: string): string {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
}

/**
 * How long a token lives that was just signed or kept for a while. Clocks of people may be hours off: one that is outside of
 * the token's time is not believed, and the token is taken for new.
 */
function lifeOf(expiresAt: number, issuedAt: number | null, now: number): number {
  const isPlausible = now < expiresAt && (issuedAt === null || now >= issuedAt);
  if (isPlausible) return expiresAt - now;
  const whole = issuedAt === null ? 0 : expiresAt - issuedAt;
  return whole > 0 ? whole : UNKNOWN_LIFE_MS;
}

/** Reads, and does not verify: that is the service's part. Throws `TOKEN_FAILED` for what is no token. */
export function readClaims(token: unknown): TokenClaims {
  try {
    if (typeof token !== 'string')
      throw new Error(`it is ${token === null ? 'null' : typeof token}`);
    const claims: unknown = JSON.parse(decodeBase64Url(token.split('.')[1] ?? ''));
    const { sub, exp, iat } = claims as { sub: unknown; exp: unknown; iat: unknown };
    if (typeof sub !== 'string' || typeof exp !== 'number') {
      throw new Error('sub or exp is missing');
    }
    const issuedAt = typeof iat === 'number' ? iat * 1000 : null;
    return { userId: sub, lifeMs: lifeOf(exp * 1000, issuedAt, Date.now()) };
  } catch (error) {
    throw new RinglineError('TOKEN_FAILED', 'The token is not a JWT with sub and exp.', {
      cause: error,
    });
  }
}

function gaveNone(cause?: unknown): RinglineError {
  return new RinglineError('TOKEN_FAILED', 'The host app gave no token.', { cause });
}

function tookTooLong(): RinglineError {
  return gaveNone(new Error(`getToken did not answer within ${GET_TOKEN_MS / 1000} s`));
}

async function ask(getToken: () => string | Promise<string>): Promise<string> {
  try {
    return await within(GET_TOKEN_MS, Promise.resolve(getToken()), tookTooLong);
  } catch (error) {
    throw error instanceof RinglineError ? error : gaveNone(error);
  }
}

export function createTokens(source: {
  getToken?: (() => string | Promise<string>) | undefined;
  token?: string | undefined;
}): Tokens {
  const { getToken, token: fixed } = source;
  let held: { token: string; userId: string; renewAt: number } | null = null;
  let asking: Promise<string> | null = null;

  const fetchToken = async (): Promise<string> => {
    const token = getToken === undefined ? (fixed ?? '') : await ask(getToken);
    const { userId, lifeMs } = readClaims(token);
    if (held !== null && held.userId !== userId) {
      throw new RinglineError('TOKEN_FAILED', 'The new token belongs to another user.');
    }
    const renewAt = Date.now() + lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs * RENEW_WITHIN_LIFE);
    held = { token, userId, renewAt };
    return token;
  };

  const renew = (): Promise<string> => {
    asking ??= fetchToken().finally(() => {
      asking = null;
    });
    return asking;
  };

  return {
    renew,
    current: async () => {
      const good = held !== null && (getToken === undefined || Date.now() < held.renewAt);
      return good && held !== null ? held.token : renew();
    },
    renewable: getToken !== undefined,
    get userId() {
      return held?.userId ?? null;
    },
    get renewAt() {
      return held?.renewAt ?? null;
    },
  };
}
