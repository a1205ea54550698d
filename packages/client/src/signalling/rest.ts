import type {
  Call,
  Connection,
  HistoryQuery,
  historyAnswer,
  ParticipantQuality,
  Rating,
  Stats,
  TrackKind,
} from '@ringline/contract';
import type { z } from 'zod';
import { RinglineError } from '../errors.ts';
import { createHttp, type HttpDeps } from './http.ts';

export type HistoryPage = z.infer<typeof historyAnswer>;

/** The operations that the socket does not have: reads, media tokens and the host's controls. */
export interface Rest {
  getCall(callId: string): Promise<Call>;
  activeCalls(): Promise<Call[]>;
  history(query?: Partial<HistoryQuery>): Promise<HistoryPage>;
  stats(): Promise<Stats>;
  quality(callId: string): Promise<ParticipantQuality[]>;
  rate(callId: string, stars: number, comment?: string): Promise<Rating>;
  /** LiveKit's address and a new token, for a call that this device is in. */
  connection(callId: string): Promise<Connection>;
  mute(callId: string, userId: string, kind: TrackKind): Promise<void>;
  muteAll(callId: string): Promise<void>;
  remove(callId: string, userId: string): Promise<Call>;
  makeHost(callId: string, userId: string): Promise<void>;
}

export function createRest(deps: HttpDeps): Rest {
  const request = createHttp(deps);
  const get = (path: string) => request({ method: 'GET', path });
  const post = (path: string, body: unknown = {}) => request({ method: 'POST', path, body });
  const callPath = (callId: string, rest = '') => `/calls/${encodeURIComponent(callId)}${rest}`;
  const participantPath = (callId: string, userId: string) =>
    callPath(callId, `/participants/${encodeURIComponent(userId)}`);

  return {
    getCall: async (callId) => ((await get(callPath(callId))) as { call: Call }).call,
    activeCalls: async () => ((await get('/calls/active')) as { calls: Call[] }).calls,
    history: async (query = {}) => {
      const given = Object.entries(query).filter(([, value]) => value !== undefined);
      const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
      return (await get(`/calls/history?${search}`)) as HistoryPage;
    },
    stats: async () => (await get('/calls/stats')) as Stats,
    quality: async (callId) => {
      const answer = await get(callPath(callId, '/quality'));
      return (answer as { participants: ParticipantQuality[] }).participants;
    },
    rate: async (callId, stars, comment) => {
      const body = { stars, ...(comment !== undefined && { comment }) };
      return ((await post(callPath(callId, '/rating'), body)) as { rating: Rating }).rating;
    },
    connection: async (callId) => {
      const answer = (await post(callPath(callId, '/token'))) as { connection?: Connection };
      if (answer.connection === undefined) {
        throw new RinglineError('NOT_ACCEPTED', 'This device can no longer join the call.');
      }
      return answer.connection;
    },
    mute: async (callId, userId, kind) => {
      await post(`${participantPath(callId, userId)}/mute`, { kind });
    },
    muteAll: async (callId) => {
      await post(callPath(callId, '/mute-all'));
    },
    remove: async (callId, userId) => {
      const answer = await request({ method: 'DELETE', path: participantPath(callId, userId) });
      return (answer as { call: Call }).call;
    },
    makeHost: async (callId, userId) => {
      await request({ method: 'PUT', path: callPath(callId, '/host'), body: { userId } });
    },
  };
}
