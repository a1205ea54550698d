import type { Logger } from '@ringline/platform';
import type { Store } from '@ringline/store';
import { type Request, type Response, Router } from 'express';
import { TokenVerifier } from 'livekit-server-sdk';

const PATH = '/livekit/authorize';
const BEARER = /^Bearer +([^ ]+) *$/i;

/** Reads the URI of the original request. nginx and Caddy pass it in different headers. */
function originalUri(request: Request): string | null {
  const byNginx = request.get('X-Original-URI');
  const byCaddy = request.get('X-Forwarded-Uri');
  // A proxy sets one of them. If both are set, one is from the client, which must not choose the
  // request to check.
  if (byNginx !== undefined && byCaddy !== undefined) return null;
  return byNginx ?? byCaddy ?? null;
}

/** Caddy forwards preflights. They carry no token and grant no access. */
function isPreflight(request: Request): boolean {
  return (
    request.method === 'OPTIONS' ||
    (request.get('X-Original-URI') === undefined && request.get('X-Forwarded-Method') === 'OPTIONS')
  );
}

/** Reads every token of the request, since LiveKit may use any of them. */
function readTokens(request: Request): string[] {
  const uri = originalUri(request);
  if (uri === null) return [];
  const query = new URLSearchParams(uri.split('?').slice(1).join('?'));
  const header = request.get('Authorization');
  const bearer = header === undefined ? [] : [BEARER.exec(header)?.[1] ?? ''];
  return [...query.getAll('access_token'), ...bearer];
}

/**
 * The proxy in front of LiveKit's `/rtc` queries this before it forwards a request. LiveKit cannot
 * revoke a token, so removed users are stopped here. Answers 200, 401 or 403, and 503 if it cannot
 * decide, which refuses the join as well.
 */
export function createJoinGuard(
  store: Store,
  logger: Logger,
  keys: { apiKey: string; apiSecret: string },
): Router {
  const verifier = new TokenVerifier(keys.apiKey, keys.apiSecret);

  const readGrant = async (token: string): Promise<{ room: string; userId: string } | null> => {
    try {
      const { sub, video } = await verifier.verify(token);
      return sub !== undefined && video?.room ? { room: video.room, userId: sub } : null;
    } catch {
      return null; // LiveKit would refuse this token as well.
    }
  };

  const statusFor = async (request: Request): Promise<200 | 401 | 403> => {
    const tokens = readTokens(request);
    if (tokens.length === 0) return 401;
    for (const token of tokens) {
      const grant = await readGrant(token);
      if (grant === null) return 401;
      if (!(await store.isAllowedIn(grant.room, grant.userId))) return 403;
    }
    return 200;
  };

  const decide = async (request: Request): Promise<200 | 401 | 403 | 503> => {
    try {
      return isPreflight(request) ? 200 : await statusFor(request);
    } catch (error) {
      logger.warn('the join guard could not decide, and refused a join', { error });
      return 503;
    }
  };

  const router = Router();
  router.all(PATH, async (request: Request, response: Response) => {
    const status = await decide(request);
    if (status !== 200) logger.debug('the join guard refused a join', { status });
    // Without this header a browser reports a refusal as a network failure.
    response.set({ 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-store' });
    response.status(status).end();
  });
  return router;
}
