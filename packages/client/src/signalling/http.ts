import type { Problem } from '@ringline/contract';
import { closed, fromProblem, RinglineError, unreachable } from '../errors.ts';
import { abortedAfter } from '../timeout.ts';
import type { Tokens } from './tokens.ts';

const ANSWER_MS = 15_000;

export interface HttpDeps {
  /** The service's origin. */
  url: string;
  tokens: Tokens;
  deviceId: () => string | null;
  /** Ends all requests when the client closes. */
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
  /** undefined where it is no JSON, but the page of a proxy, for example. */
  body: unknown;
  isProblem: boolean;
  retryAfterSeconds: number | undefined;
}

/** In seconds or as a date (RFC 9110, 10.2.3). */
function retryAfterOf({ headers }: Response): number | undefined {
  const given = headers.get('retry-after');
  if (given === null) return undefined;
  const seconds = Number(given);
  const until = (Date.parse(given) - Date.now()) / 1000;
  const wait = Number.isFinite(seconds) ? seconds : until;
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not from the call service, which sends JSON only.
  }
}

async function read(response: Response): Promise<HttpAnswer> {
  return {
    status: response.status,
    isOk: response.ok,
    body: response.status === 204 ? null : parsed(await response.text()),
    isProblem:
      response.headers.get('content-type')?.startsWith('application/problem+json') === true,
    retryAfterSeconds: retryAfterOf(response),
  };
}

function bodyOf({ status, isOk, body, isProblem, retryAfterSeconds }: HttpAnswer): unknown {
  if (isOk && body !== undefined) return body;
  if (isOk) throw new RinglineError('UNAVAILABLE', 'What answered was not the call service.');
  const problem = isProblem && body !== undefined ? (body as Problem) : null;
  throw fromProblem(status, problem, retryAfterSeconds);
}

/** One request to the service's REST API: resolves to the answer's body, rejects with a `RinglineError` only. */
export function createHttp({ url, tokens, deviceId, signal }: HttpDeps) {
  const send = async ({ method, path, body }: HttpRequest, token: string): Promise<HttpAnswer> => {
    const device = deviceId();
    const headers = {
      Authorization: `Bearer ${token}`,
      // A header takes no more than Latin-1 everywhere.
      ...(device !== null && { 'Ringline-Device': encodeURIComponent(device) }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    };
    try {
      return await abortedAfter(ANSWER_MS, signal, async (limit) =>
        read(
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

  return async (what: HttpRequest): Promise<unknown> => {
    const first = await send(what, await tokens.current());
    if (first.status !== 401 || !tokens.renewable) return bodyOf(first);
    return bodyOf(await send(what, await tokens.renew()));
  };
}
