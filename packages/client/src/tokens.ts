import { RinglineError } from './errors.ts';

const RENEW_BEFORE_MS = 60_000;
const RENEW_WITHIN_LIFE = 0.25;

export interface TokenClaims {
  userId: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** The tokens that the host app signs; one at a time, kept until shortly before its end. */
export interface Tokens {
  /** A token with some life left; asks the host app only when there is none. */
  current(): Promise<string>;
  /** A new token, even if the last one looks good: the service may know better. */
  renew(): Promise<string>;
  readonly renewable: boolean;
  /** Of the last token; null before the first. */
  readonly claims: TokenClaims | null;
  /** When the last token should be replaced, in milliseconds since the epoch. */
  readonly renewAt: number | null;
}

const decodeBase64Url = (text: string): string => {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
};

/** Reads, and does not verify: that is the service's part. Throws `TOKEN_FAILED` for what is no token. */
export const readClaims = (token: string): TokenClaims => {
  try {
    const claims: unknown = JSON.parse(decodeBase64Url(token.split('.')[1] ?? ''));
    const { sub, exp } = claims as { sub: unknown; exp: unknown };
    if (typeof sub !== 'string' || typeof exp !== 'number')
      throw new Error('sub or exp is missing');
    return { userId: sub, expiresAt: exp * 1000 };
  } catch (error) {
    throw new RinglineError('TOKEN_FAILED', 'The token is not a JWT with sub and exp.', {
      cause: error,
    });
  }
};

const ask = async (getToken: () => string | Promise<string>): Promise<string> => {
  try {
    return await getToken();
  } catch (error) {
    throw new RinglineError('TOKEN_FAILED', 'The host app gave no token.', { cause: error });
  }
};

export const createTokens = (source: {
  getToken?: (() => string | Promise<string>) | undefined;
  token?: string | undefined;
}): Tokens => {
  const { getToken, token: fixed } = source;
  let held: { token: string; claims: TokenClaims; renewAt: number } | null = null;
  let asking: Promise<string> | null = null;

  const fetchToken = async (): Promise<string> => {
    const token = getToken === undefined ? (fixed ?? '') : await ask(getToken);
    const claims = readClaims(token);
    if (held !== null && held.claims.userId !== claims.userId) {
      throw new RinglineError('TOKEN_FAILED', 'The new token belongs to another user.');
    }
    const life = Math.max(0, claims.expiresAt - Date.now());
    const renewAt = claims.expiresAt - Math.min(RENEW_BEFORE_MS, life * RENEW_WITHIN_LIFE);
    held = { token, claims, renewAt };
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
    get claims() {
      return held?.claims ?? null;
    },
    get renewAt() {
      return held?.renewAt ?? null;
    },
  };
};
