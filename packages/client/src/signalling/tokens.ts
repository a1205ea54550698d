import { RinglineError } from '../errors.ts';
import { withTimeout } from '../timeout.ts';

/** A token is renewed this long before it expires, or in the last quarter of a shorter life. */
const RENEW_BEFORE_MS = 60_000;
const RENEW_WITHIN_LIFE = 0.25;
/** A host app that takes longer counts as unreachable. */
const GET_TOKEN_MS = 15_000;
/** The life of a token that looks expired and does not say when it was issued. */
const UNKNOWN_LIFE_MS = 300_000;

export interface TokenClaims {
  userId: string;
  /** Milliseconds from now. The service's clock decides in the end. */
  lifeMs: number;
}

/** The host app's tokens: one at a time, until shortly before it expires. */
export interface Tokens {
  /** Asks the host app only where there is no valid token. */
  current(): Promise<string>;
  /** Asks for a new token even if the last one looks valid: the service may know better. */
  renew(): Promise<string>;
  readonly renewable: boolean;
  /** Null before the first token. */
  readonly userId: string | null;
  /** When to replace the token, in milliseconds since the epoch by this device's clock. */
  readonly renewAt: number | null;
}

function decodeBase64Url(text: string): string {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
}

/**
 * The remaining life of a token that was just issued. This device's clock may be hours off: where
 * it is outside of the token's time, the token counts as new.
 */
function remainingLife(expiresAt: number, issuedAt: number | null, now: number): number {
  const isPlausible = now < expiresAt && (issuedAt === null || now >= issuedAt);
  if (isPlausible) return expiresAt - now;
  const whole = issuedAt === null ? 0 : expiresAt - issuedAt;
  return whole > 0 ? whole : UNKNOWN_LIFE_MS;
}

/**
 * Reads without verifying, which is the service's part. Throws `TOKEN_FAILED` for anything but a
 * token.
 */
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
    return { userId: sub, lifeMs: remainingLife(exp * 1000, issuedAt, Date.now()) };
  } catch (error) {
    throw new RinglineError('TOKEN_FAILED', 'The token is not a JWT with sub and exp.', {
      cause: error,
    });
  }
}

function tokenFailed(cause?: unknown): RinglineError {
  return new RinglineError('TOKEN_FAILED', 'The host app gave no token.', { cause });
}

function tokenTimedOut(): RinglineError {
  return tokenFailed(new Error(`getToken did not answer within ${GET_TOKEN_MS / 1000} s`));
}

async function askHostApp(getToken: () => string | Promise<string>): Promise<string> {
  try {
    return await withTimeout(GET_TOKEN_MS, Promise.resolve(getToken()), tokenTimedOut);
  } catch (error) {
    throw error instanceof RinglineError ? error : tokenFailed(error);
  }
}

export function createTokens(source: {
  getToken?: (() => string | Promise<string>) | undefined;
  token?: string | undefined;
}): Tokens {
  const { getToken, token: fixed } = source;
  let latest: { token: string; userId: string; renewAt: number } | null = null;
  let renewal: Promise<string> | null = null;

  const fetchToken = async (): Promise<string> => {
    const token = getToken === undefined ? (fixed ?? '') : await askHostApp(getToken);
    const { userId, lifeMs } = readClaims(token);
    if (latest !== null && latest.userId !== userId) {
      throw new RinglineError('TOKEN_FAILED', 'The new token belongs to another user.');
    }
    const renewAt = Date.now() + lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs * RENEW_WITHIN_LIFE);
    latest = { token, userId, renewAt };
    return token;
  };

  const renew = (): Promise<string> => {
    renewal ??= fetchToken().finally(() => {
      renewal = null;
    });
    return renewal;
  };

  return {
    renew,
    current: async () => {
      const isValid = latest !== null && (getToken === undefined || Date.now() < latest.renewAt);
      return isValid && latest !== null ? latest.token : renew();
    },
    renewable: getToken !== undefined,
    get userId() {
      return latest?.userId ?? null;
    },
    get renewAt() {
      return latest?.renewAt ?? null;
    },
  };
}
