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

export function createRest(deps: HttpDeps): Rest {
  const request = createHttp(deps);
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
}
