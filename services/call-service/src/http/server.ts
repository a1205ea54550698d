import { createServer, type RequestListener, type Server } from 'node:http';

/** Room for a token of the largest size that we believe, and for what browsers and proxies add. */
const LARGEST_HEADERS = 16_384;

/** Of a request, until its headers and then all of it are in. A connection that says nothing counts as well. */
const HEADERS_MS = 5000;
const REQUEST_MS = 10_000;
const CHECK_EVERY_MS = 1000;

/** Longer than load balancers keep theirs, or they send requests into a connection that is just closing. */
const KEEP_ALIVE_MS = 65_000;

/** The HTTP server for clients, which waits for nobody without end. It does not listen yet. */
export const createPublicServer = (app: RequestListener): Server =>
  createServer(
    {
      maxHeaderSize: LARGEST_HEADERS,
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    app,
  );
