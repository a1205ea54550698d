import type { ClientEventName, ClientEvents } from '@ringline/contract';
import { cancelStart } from '../commands/cancel-start.ts';
import type { CommandParts } from '../commands/command.ts';
import { acknowledgeRing, join } from '../commands/getting-in.ts';
import { decline, end, leave } from '../commands/getting-out.ts';
import { type CallLimits, createStart } from '../commands/start.ts';
import { invite, toggle } from '../commands/taking-part.ts';
import { toPerson } from '../identity/headers.ts';
import type { UserPrincipal } from '../identity/principal.ts';
import type { TokenVerifier } from '../identity/token-verifier.ts';
import type { ReportQuality } from '../quality/report.ts';
import { ok, type Result, refused } from '../result.ts';
import { connectingUser } from './handshake.ts';
import type { RinglineServer, RinglineSocket } from './io.ts';
import { createRelay } from './relay.ts';
import { sync } from './sync.ts';

/** One function for each client event of the contract. */
export type ClientEventHandlers = {
  [Name in ClientEventName]: (
    principal: UserPrincipal,
    payload: ClientEvents[Name],
    socket: RinglineSocket,
  ) => Promise<Result<object>>;
};

/** A new token of the same user keeps the socket open beyond the end of the old one. */
async function refresh(
  verifyToken: TokenVerifier,
  socket: RinglineSocket,
  token: string,
): Promise<Result<object>> {
  const claims = await connectingUser(verifyToken, token);
  if (claims.refusal !== null) return claims;
  if (claims.data.sub !== socket.data.person.userId) {
    return refused('FORBIDDEN', 'The token is of another user than the one who connected.');
  }
  socket.data.person = toPerson(claims.data);
  socket.data.expiresAt = claims.data.expiresAt;
  return ok({});
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
  const sources = { store, quality: parts.quality };
  const start = createStart(parts, limits);
  const relay = createRelay(io, store);
  return {
    'call:start': (principal, { idempotencyKey, ...body }) =>
      start(principal, body, idempotencyKey),
    'call:cancel_start': (principal, { idempotencyKey, ...body }) =>
      cancelStart(parts, principal, body, idempotencyKey),
    'call:invite': (principal, { callId, idempotencyKey, ...body }) =>
      invite(parts, principal, callId, body, idempotencyKey),
    'call:ringing': (principal, { callId }) => acknowledgeRing(parts, principal, callId),
    'call:accept': (principal, { callId, ...body }) => join(parts, principal, callId, body),
    'call:decline': (principal, { callId, ...body }) => decline(parts, principal, callId, body),
    'call:leave': (principal, { callId }) => leave(parts, principal, callId),
    'call:end': (principal, { callId }) => end(parts, principal, callId),
    'call:toggle_audio': (principal, { callId, enabled }) =>
      toggle(parts, principal, callId, { audioEnabled: enabled }),
    'call:toggle_video': (principal, { callId, enabled }) =>
      toggle(parts, principal, callId, { videoEnabled: enabled }),
    'call:toggle_screen_share': (principal, { callId, enabled }) =>
      toggle(parts, principal, callId, { screenSharing: enabled }),
    'call:quality_update': (principal, { callId, sample }) =>
      reportQuality(principal, callId, [sample]),
    'call:sync': (_asker, { calls = {} }, socket) => sync(sources, socket, Object.keys(calls)),
    'auth:refresh': (_asker, { token }, socket) => refresh(verifyToken, socket, token),
    ping: async () => ok({}),
    'webrtc:offer': (principal, payload) => relay('webrtc:offer', principal, payload),
    'webrtc:answer': (principal, payload) => relay('webrtc:answer', principal, payload),
    'webrtc:ice_candidate': (principal, payload) =>
      relay('webrtc:ice_candidate', principal, payload),
  };
}
