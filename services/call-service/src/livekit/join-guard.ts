import type { Logger } from '@ringline/platform';
import type { Store } from '@ringline/store';
import { type Request, type Response, Router } from 'express';
import { TokenVerifier } from 'livekit-server-sdk';

const PATH = '/livekit/authorize';
const BEARER = /^Bearer +([^ ]+) *$/i;

/** Which request the proxy asks about: nginx and Caddy each say it in a header of their own. */
function originalUri(request: Request): string | null {
  const byNginx = request.get('X-Original-URI');
  const byCaddy = request.get('X-Forwarded-Uri');
  // A proxy sets one of them. The other one would be the client's, who must not choose what we look at.
  if (byNginx !== undefined && byCaddy !== undefined) return null;
  return byNginx ?? byCaddy ?? null;
}

/** Caddy hands preflights on; they carry no token, and let nobody in. */
function isPreflight(request: Request): boolean {
  return (
    request.method === 'OPTIONS' ||
    (request.get('X-Original-URI') === undefined && request.get('X-Forwarded-Method') === 'OPTIONS')
  );
}

/** Every token that came along: which of them LiveKit would believe is not for us to guess. */
function readTokens(request: Request): string[] {
  const uri = originalUri(request);
  if (uri === null) return [];
  const query = new URLSearchParams(uri.split('?').slice(1).join('?'));
  const header = request.get('Authorization');
  const bearer = header === undefined ? [] : [BEARER.exec(header)?.[1] ?? ''];
  return [...query.getAll('access_token'), ...bearer];
}

/**
 * Asked by the proxy in front of LiveKit's `/rtc` before it lets anyone in: LiveKit takes back no token, so
 * somebody who was removed from a call is stopped here. 200, 401 or 403; 503 keeps the door closed, too.
 */
export function createJoinGuard(
  store: Store,
  logger: Logger,
  keys: { apiKey: string; apiSecret: string },
): Router {
  const verifier = new TokenVerifier(keys.apiKey, keys.apiSecret);

  const holderOf = async (token: string): Promise<{ room: string; userId: string } | null> => {
    try {
      const { sub, video } = await verifier.verify(token);
      return sub !== undefined && video?.room ? { room: video.room, userId: sub } : null;
    } catch {
      return null; // Whatever is wrong with it: LiveKit would not have believed it either.
    }
  };

  const statusFor = async (request: Request): Promise<200 | 401 | 403> => {
    const tokens = readTokens(request);
    if (tokens.length === 0) return 401;
    for (const token of tokens) {
      const holder = await holderOf(token);
      if (holder === null) return 401;
      if (!(await store.isAllowedIn(holder.room, holder.userId))) return 403;
    }
    return 200;
  };

  const decide = async (request: Request): Promise<200 | 401 | 403 | 503> => {
    try {
      return isPreflight(request) ? 200 : await statusFor(request);
    } catch (error) {
      logger.warn('the join guard could not decide, and stays closed', { error });
      return 503;
    }
  };

  const router = Router();
  router.all(PATH, async (request: Request, response: Response) => {
    const status = await decide(request);
    if (status !== 200) logger.debug('the join guard refused somebody', { status });
    // Without it, a browser reads a refusal as a broken network.
    response.set({ 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-store' });
    response.status(status).end();
  });
  return router;
}
