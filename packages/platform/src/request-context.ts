import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface RequestContext {
  /** The asker's `X-Request-Id` where it is a harmless one, else a new one. */
  requestId: string;
  /** Of the W3C trace that the request is part of; 32 hexadecimal digits. */
  traceId: string | null;
  /** The header to send along with requests that this one causes. */
  traceparent: string | null;
}

/** Who asked for what under which id: for the log, for errors, and for what is handed on. */
export function requestContext(headers: IncomingHttpHeaders): RequestContext {
  const trace = parseTraceparent(headers.traceparent);
  return {
    requestId: acceptedRequestId(headers['x-request-id']) ?? randomUUID(),
    traceId: trace?.traceId ?? null,
    traceparent: trace && `00-${trace.traceId}-${newSpanId()}-${trace.flags}`,
  };
}

function acceptedRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(header) ? header : undefined;
}

/** `version-traceid-parentid-flags`. A later version may append more, which we need not understand. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

function parseTraceparent(header: unknown): { traceId: string; flags: string } | null {
  const match = typeof header === 'string' ? TRACEPARENT.exec(header.trim()) : null;
  if (!match) return null;
  const [, version = '', traceId = '', parentId = '', flags = '', more] = match;
  if (version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (isAllZero(traceId) || isAllZero(parentId)) return null;
  // We pass on what we know the meaning of: whether the trace is sampled.
  return { traceId, flags: Number.parseInt(flags, 16) & 1 ? '01' : '00' };
}

function isAllZero(hex: string): boolean {
  return /^0+$/.test(hex);
}

function newSpanId(): string {
  const id = randomBytes(8).toString('hex');
  return isAllZero(id) ? newSpanId() : id;
}
