import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface RequestContext {
  /** The `X-Request-Id` header if it is well-formed, else a new id. */
  requestId: string;
  /** The id of the request's W3C trace, 32 hexadecimal digits. */
  traceId: string | null;
  /** The `traceparent` header for requests that this one causes. */
  traceparent: string | null;
  /** The `tracestate` header of other tracing systems, forwarded with `traceparent`. */
  tracestate: string | null;
}

/** The ids of a request, for the log, for errors, and for requests that it causes. */
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
 * Runs work for a request. Everything that the work starts, even later, belongs to the request: the
 * logger adds its ids to every line, and `traceHeaders` forwards its trace.
 */
export function inRequest<T>(context: RequestContext, work: () => T): T {
  return requests.run(context, work);
}

/** The log fields of the current request; none outside of a request. */
export function requestIds(): { requestId?: string; traceId?: string } {
  const { requestId, traceId } = requests.getStore() ?? {};
  return { ...(requestId && { requestId }), ...(traceId && { traceId }) };
}

/** The headers that forward the trace of the current request; none without a trace. */
export function traceHeaders(): Record<string, string> {
  const { traceparent, tracestate } = requests.getStore() ?? {};
  return { ...(traceparent && { traceparent }), ...(tracestate && { tracestate }) };
}

function acceptedRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(header) ? header : undefined;
}

/** We do not read the content, but it must be safe to forward. */
function acceptedTracestate(header: string | string[] | undefined): string | null {
  const text = Array.isArray(header) ? header.join(',') : header;
  return text !== undefined && /^[\x20-\x7e]{1,512}$/.test(text) ? text : null;
}

/** `version-traceid-parentid-flags`. Later versions may append fields, which are ignored. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

function parseTraceparent(header: unknown): { traceId: string; flags: string } | null {
  const match = typeof header === 'string' ? TRACEPARENT.exec(header.trim()) : null;
  if (!match) return null;
  const [, version = '', traceId = '', parentId = '', flags = '', more] = match;
  if (version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (isAllZero(traceId) || isAllZero(parentId)) return null;
  // The only flag that is forwarded: whether the trace is sampled.
  return { traceId, flags: Number.parseInt(flags, 16) & 1 ? '01' : '00' };
}

function isAllZero(hex: string): boolean {
  return /^0+$/.test(hex);
}

function newSpanId(): string {
  const id = randomBytes(8).toString('hex');
  return isAllZero(id) ? newSpanId() : id;
}
