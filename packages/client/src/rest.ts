import type {
  Call,
  Connection,
  HistoryQuery,
  historyAnswer,
  ParticipantQuality,
  Problem,
  Rating,
  Stats,
  TrackKind,
} from '@ringline/contract';
import type { z } from 'zod';
import { closed, fromProblem, RinglineError, unreachable } from './errors.ts';
import type { Tokens } from './tokens.ts';

const TIMEOUT_MS = 15_000;

export type HistoryPage = z.infer<typeof historyAnswer>;

/** What has no twin on the socket: reads, media tokens and the host's controls. */
export interface Rest {
  getCall(callId: string): Promise<Call>;
  activeCalls(): Promise<Call[]>;
  history(query?: Partial<HistoryQuery>): Promise<HistoryPage>;
  stats(): Promise<Stats>;
  quality(callId: string): Promise<ParticipantQuality[]>;
  rate(callId: string, stars: number, comment?: string): Promise<Rating>;
  /** A fresh way into the media of a call that this device is in. */
  connection(callId: string): Promise<Connection>;
  mute(callId: string, userId: string, kind: TrackKind): Promise<void>;
  muteAll(callId: string): Promise<void>;
  remove(callId: string, userId: string): Promise<Call>;
  makeHost(callId: string, userId: string): Promise<void>;
}

export interface RestDeps {
  url: string;
  tokens: Tokens;
  deviceId: () => string | null;
  /** Ends all requests when the client closes. */
  signal: AbortSignal;
}

interface RestRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  body?: unknown;
}

const problemOf = async (response: Response): Promise<Problem | null> => {
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
  return isProblem ? ((await response.json()) as Problem) : null;
};

const retryAfterOf = (response: Response): number | undefined => {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds : undefined;
};

export const createRest = ({ url, tokens, deviceId, signal }: RestDeps): Rest => {
  const send = async ({ method, path, body }: RestRequest, token: string): Promise<Response> => {
    const device = deviceId();
    const headers = {
      Authorization: `Bearer ${token}`,
      ...(device !== null && { 'Ringline-Device': device }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    };
    try {
      return await fetch(new URL(`/api/v1${path}`, url), {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
    } catch (error) {
      throw signal.aborted ? closed() : unreachable(`${method} ${path}`, error);
    }
  };

  const request = async (what: RestRequest): Promise<unknown> => {
    const first = await send(what, await tokens.current());
    const response =
      first.status === 401 && tokens.renewable ? await send(what, await tokens.renew()) : first;
    if (!response.ok) {
      throw fromProblem(response.status, await problemOf(response), retryAfterOf(response));
    }
    return response.status === 204 ? null : response.json();
  };

  const get = (path: string) => request({ method: 'GET', path });
  const post = (path: string, body: unknown = {}) => request({ method: 'POST', path, body });
  const path = (callId: string, rest = '') => `/calls/${encodeURIComponent(callId)}${rest}`;
  const ofUser = (callId: string, userId: string) =>
    path(callId, `/participants/${encodeURIComponent(userId)}`);

  return {
    getCall: async (callId) => ((await get(path(callId))) as { call: Call }).call,
    activeCalls: async () => ((await get('/calls/active')) as { calls: Call[] }).calls,
    history: async (query = {}) => {
      const given = Object.entries(query).filter(([, value]) => value !== undefined);
      const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
      return (await get(`/calls/history?${search}`)) as HistoryPage;
    },
    stats: async () => (await get('/calls/stats')) as Stats,
    quality: async (callId) => {
      const answer = await get(path(callId, '/quality'));
      return (answer as { participants: ParticipantQuality[] }).participants;
    },
    rate: async (callId, stars, comment) => {
      const body = { stars, ...(comment !== undefined && { comment }) };
      return ((await post(path(callId, '/rating'), body)) as { rating: Rating }).rating;
    },
    connection: async (callId) => {
      const answer = (await post(path(callId, '/token'))) as { connection?: Connection };
      if (answer.connection === undefined) {
        throw new RinglineError('NOT_ACCEPTED', 'There is no way into this call any more.');
      }
      return answer.connection;
    },
    mute: async (callId, userId, kind) => {
      await post(`${ofUser(callId, userId)}/mute`, { kind });
    },
    muteAll: async (callId) => {
      await post(path(callId, '/mute-all'));
    },
    remove: async (callId, userId) => {
      const answer = await request({ method: 'DELETE', path: ofUser(callId, userId) });
      return (answer as { call: Call }).call;
    },
    makeHost: async (callId, userId) => {
      await request({ method: 'PUT', path: path(callId, '/host'), body: { userId } });
    },
  };
};
