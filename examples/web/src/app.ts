import express, { type Express, type Request, type Response } from 'express';
import { findPerson, people } from './people.ts';
import { createPresence } from './presence.ts';
import type { SignToken } from './token.ts';

/**
 * The page gets LiveKit's address with each call, so connections may go anywhere. Scripts and
 * styles come from this server only.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "media-src 'self' blob: mediastream:",
  "connect-src 'self' http: https: ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Permissions-Policy': 'camera=(self), microphone=(self), display-capture=(self)',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

export interface HostApp {
  app: Express;
  /** Ends the pages' event streams. */
  close(): void;
}

export function createHostApp(deps: {
  ringlineUrl: string;
  signToken: SignToken;
  page: express.Router;
}): HostApp {
  const { ringlineUrl, signToken, page } = deps;
  const presence = createPresence();
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.set(HEADERS);
    next();
  });

  app.get('/health', (_request, response) => {
    response.json({ status: 'ok' });
  });

  app.get('/people', (_request, response) => {
    response.json({ people });
  });

  // A real host app checks its own sign-in here, instead of trusting the browser.
  app.post(
    '/session',
    express.json({ limit: '1kb' }),
    async (request: Request, response: Response) => {
      const person = findPerson(request.body?.userId);
      if (person === undefined)
        return response.status(404).json({ error: 'There is no such person.' });
      const token = await signToken(person);
      return response.set('Cache-Control', 'no-store').json({ token, person, ringlineUrl });
    },
  );

  app.get('/presence', (request, response) => {
    const person = findPerson(request.query.user);
    if (person === undefined) response.sendStatus(404);
    else presence.join(person.id, response);
  });

  app.use(page);
  return { app, close: presence.close };
}
