import type { Problem } from '@ringline/contract';
import { closed, RinglineError, unreachable } from '../errors.ts';
import { withAbortTimeout } from '../timeout.ts';
import { fromProblem } from './refusals.ts';
import type { Tokens } from './tokens.ts';

const ANSWER_MS = 15_000;

export interface HttpDeps {
  /** The service's origin. */
  url: string;
  tokens: Tokens;
  deviceId: () => string | null;
  /** Aborted when the client closes. */
  signal: AbortSignal;
}

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  body?: unknown;
}

interface HttpAnswer {
  status: number;
  isOk: boolean;
  /** Undefined where it is not JSON: a proxy's page, for example. */
  body: unknown;
  isProblem: boolean;
  retryAfterSeconds: number | undefined;
}

/** `Retry-After` holds seconds or a date (RFC 9110, 10.2.3). */
function readRetryAfter({ headers }: Response): number | undefined {
  const given = headers.get('retry-after');
  if (given === null) return undefined;
  const seconds = Number(given);
  const until = (Date.parse(given) - Date.now()) / 1000;
  const wait = Number.isFinite(seconds) ? seconds : until;
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readAnswer(response: Response): Promise<HttpAnswer> {
  return {
    status: response.status,
    isOk: response.ok,
    body: response.status === 204 ? null : parseJson(await response.text()),
    isProblem:
      response.headers.get('content-type')?.startsWith('application/problem+json') === true,
    retryAfterSeconds: readRetryAfter(response),
  };
}

function takeBody({ status, isOk, body, isProblem, retryAfterSeconds }: HttpAnswer): unknown {
  if (isOk && body !== undefined) return body;
  if (isOk)
    throw new RinglineError('UNAVAILABLE', 'The answer did not come from the call service.');
  const problem = isProblem && body !== undefined ? (body as Problem) : null;
  throw fromProblem(status, problem, retryAfterSeconds);
}

/**
 * The returned function sends one request to the REST API. It resolves to the body, and rejects
 * with a `RinglineError`.
 */
export function createHttp({ url, tokens, deviceId, signal }: HttpDeps) {
  const send = async ({ method, path, body }: HttpRequest, token: string): Promise<HttpAnswer> => {
    const device = deviceId();
    const headers = {
      Authorization: `Bearer ${token}`,
      // Headers carry Latin-1 at most.
      ...(device !== null && { 'Ringline-Device': encodeURIComponent(device) }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    };
    try {
      return await withAbortTimeout(ANSWER_MS, signal, async (limit) =>
        readAnswer(
          await fetch(`${url}/api/v1${path}`, {
            method,
            headers,
            body: body === undefined ? null : JSON.stringify(body),
            signal: limit,
          }),
        ),
      );
    } catch (error) {
      throw signal.aborted ? closed() : unreachable(`${method} ${path}`, error);
    }
  };

  return async (request: HttpRequest): Promise<unknown> => {
    const first = await send(request, await tokens.current());
    if (first.status !== 401 || !tokens.renewable) return takeBody(first);
    return takeBody(await send(request, await tokens.renew()));
  };
}
