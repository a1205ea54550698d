import type { IncomingMessage } from 'node:http';
import { type CallServiceConfig, fitsOrigin } from '@ringline/platform';
import express from 'express';
import { type Refusal, refused } from '../result.ts';

/** Whose pages may ask. REST and sockets share it. */
export interface Origins {
  /** Why the page that sends this request may not; null where it may. */
  refusal(request: IncomingMessage): Refusal | null;
}

type Settings = Pick<CallServiceConfig['http'], 'corsOrigins' | 'trustProxy'>;
type BelievesProxy = (address: string | undefined, hop: number) => boolean;

const WEB = /^(https?|wss?):$/;

/** As a URL parser writes it: without the port that the scheme has anyway. */
function normalHost(scheme: string, host: string): string | null {
  const url = `${scheme}//${host}`;
  return URL.canParse(url) ? new URL(url).host : null;
}

/**
 * Browsers let any page send a request or open a WebSocket, and say only whose it is: so we look. Who names no origin is no
 * browser, and could name whichever it liked.
 */
export function createOrigins({ corsOrigins, trustProxy }: Settings): Origins {
  const believesProxy: BelievesProxy = express()
    .set('trust proxy', trustProxy)
    .get('trust proxy fn');

  /** The host that the client asked for, as Express finds it out. */
  const hostOf = ({ headers, socket }: IncomingMessage): string | undefined => {
    const forwarded = headers['x-forwarded-host'];
    if (forwarded === undefined || !believesProxy(socket.remoteAddress, 0)) return headers.host;
    return String(forwarded).split(',')[0]?.trim();
  };

  /** By host alone: behind a proxy that ends TLS and is not trusted, the own scheme is not known. */
  const isOwn = (request: IncomingMessage, origin: string): boolean => {
    if (!URL.canParse(origin)) return false;
    const { protocol, host } = new URL(origin);
    const own = hostOf(request);
    return WEB.test(protocol) && own !== undefined && normalHost(protocol, own) === host;
  };

  return {
    refusal(request) {
      const { origin } = request.headers;
      if (origin === undefined || corsOrigins === '*' || isOwn(request, origin)) return null;
      if (corsOrigins.some((pattern) => fitsOrigin(pattern, origin))) return null;
      return refused(
        'FORBIDDEN',
        "The request's Origin is neither in CORS_ORIGINS nor the address of this service.",
      ).refusal;
    },
  };
}
