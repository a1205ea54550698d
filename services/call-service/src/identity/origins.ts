import type { IncomingMessage } from 'node:http';
import type { Refusal } from '@ringline/domain';
import { type CallServiceConfig, fitsOrigin } from '@ringline/platform';
import express from 'express';
import { refused } from '../result.ts';

/** Decides which pages may use the service, by REST and by socket. */
export interface Origins {
  /** Refuses the page of this request. Null if it is allowed. */
  refusal(request: IncomingMessage): Refusal | null;
}

type Settings = Pick<CallServiceConfig['http'], 'corsOrigins' | 'trustProxy'>;
type TrustsProxy = (address: string | undefined, hop: number) => boolean;

const WEB = /^(https?|wss?):$/;

/** Normalizes a host as a URL parser does, without the default port of the scheme. */
function normalizeHost(scheme: string, host: string): string | null {
  const url = `${scheme}//${host}`;
  return URL.canParse(url) ? new URL(url).host : null;
}

/**
 * Browsers let any page send requests and open WebSockets, and only name its origin, so the service
 * checks it. A client without an Origin is not a browser, and could name any origin.
 */
export function createOrigins({ corsOrigins, trustProxy }: Settings): Origins {
  const trustsProxy: TrustsProxy = express().set('trust proxy', trustProxy).get('trust proxy fn');

  /** Returns the host that the client requested, by the rules of Express. */
  const getHost = ({ headers, socket }: IncomingMessage): string | undefined => {
    const forwarded = headers['x-forwarded-host'];
    if (forwarded === undefined || !trustsProxy(socket.remoteAddress, 0)) return headers.host;
    return String(forwarded).split(',')[0]?.trim();
  };

  /**
   * Compares only the host, since the service does not know its scheme behind an untrusted proxy
   * that terminates TLS.
   */
  const isOwn = (request: IncomingMessage, origin: string): boolean => {
    if (!URL.canParse(origin)) return false;
    const { protocol, host } = new URL(origin);
    const own = getHost(request);
    return WEB.test(protocol) && own !== undefined && normalizeHost(protocol, own) === host;
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
