import type { IncomingMessage } from 'node:http';
import type { Refusal } from '@ringline/domain';
import { type CallServiceConfig, fitsOrigin } from '@ringline/platform';
import express from 'express';
import { refused } from '../result.ts';

/** Which pages may use the service, by REST and by socket. */
export interface Origins {
  /** Why the page of this request is refused; null if it is allowed. */
  refusal(request: IncomingMessage): Refusal | null;
}

type Settings = Pick<CallServiceConfig['http'], 'corsOrigins' | 'trustProxy'>;
type BelievesProxy = (address: string | undefined, hop: number) => boolean;

const WEB = /^(https?|wss?):$/;

/** As a URL parser writes it, without the default port of the scheme. */
function normalHost(scheme: string, host: string): string | null {
  const url = `${scheme}//${host}`;
  return URL.canParse(url) ? new URL(url).host : null;
}

/**
 * Browsers let any page send a request or open a WebSocket, and only name its origin, so it is
 * checked here. A client without an Origin is no browser, and could name any origin.
 */
export function createOrigins({ corsOrigins, trustProxy }: Settings): Origins {
  const believesProxy: BelievesProxy = express()
    .set('trust proxy', trustProxy)
    .get('trust proxy fn');

  /** The host that the client asked for, by the rules of Express. */
  const getHost = ({ headers, socket }: IncomingMessage): string | undefined => {
    const forwarded = headers['x-forwarded-host'];
    if (forwarded === undefined || !believesProxy(socket.remoteAddress, 0)) return headers.host;
    return String(forwarded).split(',')[0]?.trim();
  };

  /**
   * Compares the host alone: behind an untrusted proxy that ends TLS, our own scheme is not known.
   */
  const isOwn = (request: IncomingMessage, origin: string): boolean => {
    if (!URL.canParse(origin)) return false;
    const { protocol, host } = new URL(origin);
    const own = getHost(request);
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
