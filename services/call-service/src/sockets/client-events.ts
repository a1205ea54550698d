import type { ClientEventName, ClientEvents } from '@ringline/contract';
import { type Answer, answered, refused } from '../answer.ts';
import { cancelStart } from '../commands/cancel-start.ts';
import type { CommandParts } from '../commands/command.ts';
import { acknowledgeRing, join } from '../commands/getting-in.ts';
import { decline, end, leave } from '../commands/getting-out.ts';
import { type CallLimits, createStart } from '../commands/start.ts';
import { invite, toggle } from '../commands/taking-part.ts';
import type { UserAsker } from '../identity/asker.ts';
import { personOf } from '../identity/headers.ts';
import type { TokenVerifier } from '../identity/token-verifier.ts';
import type { ReportQuality } from '../quality/report.ts';
import { connectingUser } from './handshake.ts';
import type { RinglineServer, RinglineSocket } from './io.ts';
import { createRelay } from './relay.ts';
import { sync } from './sync.ts';

/** One function for each client event of the contract. */
export type ClientEventHandlers = {
  [Name in ClientEventName]: (
    asker: UserAsker,
    payload: ClientEvents[Name],
    socket: RinglineSocket,
  ) => Promise<Answer<object>>;
};

/** A new token of the same user keeps the socket open beyond the end of the old one. */
async function refresh(
  verifyToken: TokenVerifier,
  socket: RinglineSocket,
  token: string,
): Promise<Answer<object>> {
  const claims = await connectingUser(verifyToken, token);
  if (claims.refusal !== null) return claims;
  if (claims.data.sub !== socket.data.person.userId) {
    return refused('FORBIDDEN', 'The token is of another user than the one who connected.');
  }
  socket.data.person = personOf(claims.data);
  socket.data.expiresAt = claims.data.expiresAt;
  return answered({});
}

/** Which command or query each client event is. */
export function createClientEventHandlers(
  io: RinglineServer,
  parts: CommandParts,
  limits: CallLimits,
  reportQuality: ReportQuality,
  verifyToken: TokenVerifier,
): ClientEventHandlers {
  const { store } = parts.engine;
  const start = createStart(parts, limits);
  const relay = createRelay(io, store);
  return {
    'call:start': (asker, { idempotencyKey, ...body }) => start(asker, body, idempotencyKey),
    'call:cancel_start': (asker, { idempotencyKey, ...body }) =>
      cancelStart(parts, asker, body, idempotencyKey),
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
    'call:sync': (_asker, { calls = {} }, socket) => sync(store, socket, Object.keys(calls)),
    'auth:refresh': (_asker, { token }, socket) => refresh(verifyToken, socket, token),
    ping: async () => answered({}),
    'webrtc:offer': (asker, payload) => relay('webrtc:offer', asker, payload),
    'webrtc:answer': (asker, payload) => relay('webrtc:answer', asker, payload),
    'webrtc:ice_candidate': (asker, payload) => relay('webrtc:ice_candidate', asker, payload),
  };
}
