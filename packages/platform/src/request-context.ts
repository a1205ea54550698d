import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface RequestContext {
  /** The asker's `X-Request-Id` where it is a harmless one, else a new one. */
  requestId: string;
  /** Of the W3C trace that the request is part of; 32 hexadecimal digits. */
  traceId: string | null;
  /** The header to send along with requests that this one causes. */
  traceparent: string | null;
  /** What the systems that traced the request so far say of it among themselves; goes with `traceparent`. */
  tracestate: string | null;
}

/** Who asked for what under which id: for the log, for errors, and for what is handed on. */
export function requestContext(headers: IncomingHttpHeaders): RequestContext {
  const trace = parseTraceparent(headers.traceparent);
  return {
    requestId: acceptedRequestId(headers['x-request-id']) ?? randomUUID(),
    traceId: trace?.traceId ?? null,
    traceparent: trace && `00-${trace.traceId}-${newSpanId()}-${trace.flags}`,
    tracestate: trace && acceptedTracestate(headers.tracestate),
  };
}

const requests = new AsyncLocalStorage<RequestContext>();

/**
 * Does some work for a request. Whatever it starts, however much later, is known to be of that request: the logger puts
 * its ids on every line, and `traceHeaders` hands its trace on.
 */
export function inRequest<T>(context: RequestContext, work: () => T): T {
  return requests.run(context, work);
}

/** What every log line of the current request tells; nothing outside of one. */
export function requestIds(): { requestId?: string; traceId?: string } {
  const { requestId, traceId } = requests.getStore() ?? {};
  return { ...(requestId && { requestId }), ...(traceId && { traceId }) };
}

/** The headers that hand the current request's trace on to whom we ask on its behalf; none without a trace. */
export function traceHeaders(): Record<string, string> {
  const { traceparent, tracestate } = requests.getStore() ?? {};
  return { ...(traceparent && { traceparent }), ...(tracestate && { tracestate }) };
}

function acceptedRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(header) ? header : undefined;
}

/** What it holds is not for us; it only must not be a danger to whom we hand it on. */
function acceptedTracestate(header: string | string[] | undefined): string | null {
  const text = Array.isArray(header) ? header.join(',') : header;
  return text !== undefined && /^[\x20-\x7e]{1,512}$/.test(text) ? text : null;
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
