import {
  type Call,
  type CallEvent,
  type Connection,
  callAnswer,
  callEvents,
  callsAnswer,
  connectionAnswer,
  type ErrorCode,
  eventsAnswer,
  type HistoryEntry,
  historyAnswer,
  joinAnswer,
  notices,
  type ParticipantQuality,
  qualityAnswer,
  type StartBody,
  startAnswer,
} from '@ringline/contract';
import { SignJWT } from 'jose';
import { io, type Socket } from 'socket.io-client';
import type { Stack } from './stack.ts';

export interface InCall {
  readonly call: Call;
  readonly connection: Connection;
}

/** A refusal of a call service. */
export class RefusalError extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  constructor(what: string, status: number, problem: { code: ErrorCode; detail: string }) {
    super(`${what}: ${status} ${problem.code}, ${problem.detail}`);
    this.status = status;
    this.code = problem.code;
  }
}

/** An event that a device heard, checked against the contract. */
export interface Heard {
  readonly name: string;
  readonly payload: Record<string, unknown> & { callId?: string; seq?: number };
  /** `performance.now()` */
  readonly at: number;
}

export interface Device {
  readonly socket: Socket;
  /** Everything in order of arrival. */
  readonly heard: readonly Heard[];
  /** The numbered events of a call, in order of arrival. */
  events(callId: string): CallEvent[];
  close(): void;
}

/**
 * A user of the host app who uses REST and sockets. Answers are parsed by the contract's schemas.
 */
export interface User {
  readonly id: string;
  readonly token: string;
  start(body: StartBody): Promise<InCall>;
  join(callId: string, body?: { takeover?: boolean; rejoin?: boolean }): Promise<InCall>;
  ringing(callId: string): Promise<Call>;
  decline(callId: string, reason?: 'declined' | 'busy'): Promise<Call>;
  leave(callId: string): Promise<Call>;
  end(callId: string): Promise<Call>;
  invite(callId: string, ...participantIds: string[]): Promise<Call>;
  remove(callId: string, userId: string): Promise<Call>;
  makeHost(callId: string, userId: string): Promise<unknown>;
  mediaToken(callId: string): Promise<Connection>;
  toggleAudio(callId: string, enabled: boolean): Promise<unknown>;
  /** Reports one sample of good quality. */
  reportQuality(callId: string): Promise<unknown>;
  quality(callId: string): Promise<ParticipantQuality[]>;
  call(callId: string): Promise<Call>;
  events(callId: string): Promise<CallEvent[]>;
  history(): Promise<HistoryEntry[]>;
  active(): Promise<Call[]>;
  /** Connects a device and resolves once it has got its `call:sync`. */
  connect(options?: { url?: string; deviceId?: string }): Promise<Device>;
}

/** What users need: the address of the call service, and the secret of their tokens. */
export type Place = Pick<Stack, 'secret' | 'env'> & { callService: { readonly url: string } };

/** Signs a user's token as the host app does; `life` is written as '1h'. */
export function signToken(stack: Place, id: string, life: string): Promise<string> {
  return new SignJWT({ name: toName(id) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(id)
    .setAudience(stack.env.AUTH_JWT_AUDIENCE ?? '')
    .setIssuedAt()
    .setExpirationTime(life)
    .sign(new TextEncoder().encode(stack.secret));
}

/** `at` is the address for the user's requests, or a function that returns it for each. */
export async function createUser(
  stack: Place,
  id: string,
  at: string | (() => string) = stack.callService.url,
): Promise<User> {
  const token = await signToken(stack, id, '1h');
  const urlNow = typeof at === 'string' ? () => at : at;

  async function request(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${urlNow()}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = await response.json();
    if (!response.ok) throw new RefusalError(`${id} ${method} ${path}`, response.status, answer);
    return answer;
  }
  const post = (path: string, body: object = {}) => request('POST', path, body);
  const act = async (callId: string, command: string, body?: object): Promise<Call> =>
    callAnswer.parse(await post(`/calls/${callId}/${command}`, body)).call;

  return {
    id,
    token,
    start: async (body) => connected(startAnswer.parse(await post('/calls/start', body))),
    join: async (callId, body) =>
      connected(joinAnswer.parse(await post(`/calls/${callId}/join`, body))),
    ringing: (callId) => act(callId, 'ringing'),
    decline: (callId, reason) => act(callId, 'decline', reason && { reason }),
    leave: (callId) => act(callId, 'leave'),
    end: (callId) => act(callId, 'end'),
    invite: (callId, ...participantIds) => act(callId, 'invite', { participantIds }),
    remove: async (callId, userId) =>
      callAnswer.parse(await request('DELETE', `/calls/${callId}/participants/${userId}`)).call,
    makeHost: (callId, userId) => request('PUT', `/calls/${callId}/host`, { userId }),
    mediaToken: async (callId) =>
      connected(connectionAnswer.parse(await post(`/calls/${callId}/token`))).connection,
    toggleAudio: (callId, audioEnabled) =>
      request('PATCH', `/calls/${callId}/participant`, { audioEnabled }),
    reportQuality: (callId) => post(`/calls/${callId}/quality`, { samples: [goodSample()] }),
    quality: async (callId) =>
      qualityAnswer.parse(await request('GET', `/calls/${callId}/quality`)).participants,
    call: async (callId) => callAnswer.parse(await request('GET', `/calls/${callId}`)).call,
    events: async (callId) =>
      eventsAnswer.parse(await request('GET', `/calls/${callId}/events?after=0`)).events,
    history: async () => historyAnswer.parse(await request('GET', '/calls/history')).entries,
    active: async () => callsAnswer.parse(await request('GET', '/calls/active')).calls,
    connect: ({ url: to = urlNow(), deviceId } = {}) =>
      connectDevice(to, { token, ...(deviceId && { deviceId }) }),
  };
}

function goodSample() {
  return {
    at: new Date().toISOString(),
    jitterMs: 2,
    packetLossPercent: 0,
    roundTripMs: 40,
  };
}

/** Only a repeated request may be answered without a connection. */
function connected<Answer extends { connection?: Connection | undefined }>(answer: Answer) {
  const { connection } = answer;
  if (connection === undefined) throw new Error('the answer has no connection');
  return { ...answer, connection };
}

function toName(id: string): string {
  return id.slice(0, 1).toUpperCase() + id.slice(1);
}

const schemas = { ...callEvents, ...notices };

async function connectDevice(url: string, auth: object): Promise<Device> {
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth,
  });
  const heard: Heard[] = [];
  const synced = new Promise<void>((resolve, reject) => {
    socket.once('call:sync', () => resolve());
    socket.once('connect_error', reject);
  });
  socket.onAny((name: string, payload: Heard['payload']) => {
    heard.push({ name, payload, at: performance.now() });
  });
  await synced;
  return {
    socket,
    heard,
    events: (callId) =>
      heard
        .filter(({ name, payload }) => name in callEvents && payload.callId === callId)
        .map(({ name, payload }) => ({ ...payload, event: name }) as unknown as CallEvent),
    close: () => socket.disconnect(),
  };
}

/** Lists the events that violate the contract. */
export function findMisfits({ heard }: Device): string[] {
  return heard.flatMap(({ name, payload }) => {
    const schema = schemas[name as keyof typeof schemas];
    if (!schema) return [`${name}: no such event`];
    const { error } = schema.safeParse(name in callEvents ? { ...payload, event: name } : payload);
    return error ? [`${name}: ${error.message}`] : [];
  });
}
