import type { Call, ClientEventName, ClientEvents } from '@ringline/contract';
import { participantOf } from '@ringline/domain';
import { toWireCall } from '@ringline/engine';
import type { Store } from '@ringline/store';
import { type Answer, answered, refused } from '../answer.ts';
import type { CommandParts } from '../commands/command.ts';
import { acknowledgeRing, join } from '../commands/getting-in.ts';
import { decline, end, leave } from '../commands/getting-out.ts';
import { type CallLimits, createStart } from '../commands/start.ts';
import { invite, toggle } from '../commands/taking-part.ts';
import type { UserAsker } from '../identity/asker.ts';
import { personOf } from '../identity/identify.ts';
import type { TokenVerifier } from '../identity/token-verifier.ts';
import type { ReportQuality } from '../quality/report.ts';
import { connectingUser } from './handshake.ts';
import type { RinglineServer, RinglineSocket } from './io.ts';
import { createRelay } from './relay.ts';

/** One function for each client event of the contract. */
export type ClientEventHandlers = {
  [Name in ClientEventName]: (
    asker: UserAsker,
    payload: ClientEvents[Name],
    socket: RinglineSocket,
  ) => Promise<Answer<object>>;
};

/** The calls in which the user is Live, as they stand now. */
export const liveCallsOf = async (store: Store, userId: string): Promise<Call[]> =>
  (await store.activeOf(userId, null)).map(({ call }) => toWireCall(call));

/** Also the calls that the client knows of, ended ones included, if they are any of the user's. */
const sync = async (
  store: Store,
  userId: string,
  known: Record<string, number>,
): Promise<Answer<{ calls: Call[] }>> => {
  const live = await liveCallsOf(store, userId);
  const others = Object.keys(known).filter((id) => !live.some((call) => call.id === id));
  const named = others.length === 0 ? [] : await store.loadMany(others);
  const own = named
    .map(({ call }) => call)
    .filter((call) => participantOf(call, userId) !== undefined)
    .map(toWireCall);
  return answered({ calls: [...live, ...own] });
};

/** A new token of the same user keeps the socket open beyond the end of the old one. */
const refresh = async (
  verifyToken: TokenVerifier,
  socket: RinglineSocket,
  token: string,
): Promise<Answer<object>> => {
  const claims = await connectingUser(verifyToken, token);
  if (claims.refusal !== null) return claims;
  if (claims.data.sub !== socket.data.person.userId) {
    return refused('FORBIDDEN', 'The token is of another user.');
  }
  socket.data.person = personOf(claims.data);
  socket.data.expiresAt = claims.data.exp * 1000;
  return answered({});
};

/** Which command or query each client event is. */
export const createClientEventHandlers = (
  io: RinglineServer,
  parts: CommandParts,
  limits: CallLimits,
  reportQuality: ReportQuality,
  verifyToken: TokenVerifier,
): ClientEventHandlers => {
  const { store } = parts.engine;
  const start = createStart(parts, limits);
  const relay = createRelay(io, store);
  return {
    'call:start': (asker, { idempotencyKey, ...body }) => start(asker, body, idempotencyKey),
    'call:invite': (asker, { callId, idempotencyKey, ...body }) =>
      invite(parts, asker, callId, body, idempotencyKey),
    'call:ringing': (asker, { callId }) => acknowledgeRing(parts, asker, callId),
    'call:accept': (asker, { callId, ...body }) => join(parts, asker, callId, body),
    'call:decline': (asker, { callId, ...body }) => decline(parts, asker, callId, body),
    'call:leave': (asker, { callId }) => leave(parts, asker, callId),
    'call:end': (asker, { callId }) => end(parts, asker, callId),
    'call:toggle_audio': (asker, { callId, enabled }) =>
      toggle(parts, asker, callId, { audioEnabled: enabled }),
    'call:toggle_video': (asker, { callId, enabled }) =>
      toggle(parts, asker, callId, { videoEnabled: enabled }),
    'call:toggle_screen_share': (asker, { callId, enabled }) =>
      toggle(parts, asker, callId, { screenSharing: enabled }),
    'call:quality_update': (asker, { callId, sample }) => reportQuality(asker, callId, [sample]),
    'call:sync': ({ person }, { calls = {} }) => sync(store, person.userId, calls),
    'auth:refresh': (_asker, { token }, socket) => refresh(verifyToken, socket, token),
    'webrtc:offer': (asker, payload) => relay('webrtc:offer', asker, payload),
    'webrtc:answer': (asker, payload) => relay('webrtc:answer', asker, payload),
    'webrtc:ice_candidate': (asker, payload) => relay('webrtc:ice_candidate', asker, payload),
  };
};
