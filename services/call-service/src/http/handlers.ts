import type { CommandParts } from '../commands/command.ts';
import { acknowledgeRing, join, requestToken } from '../commands/getting-in.ts';
import { decline, end, leave } from '../commands/getting-out.ts';
import { handOver, mute, muteAll, remove } from '../commands/host.ts';
import { type CallLimits, createStart } from '../commands/start.ts';
import { invite, toggle } from '../commands/taking-part.ts';
import { rateCall } from '../quality/rating.ts';
import type { ReportQuality } from '../quality/report.ts';
import { getCall, getTimeline, listActive, listCalls, listEvents } from '../queries/calls.ts';
import { getHistory, getStats } from '../queries/history.ts';
import { getQuality } from '../queries/quality.ts';
import type { Handlers } from './routes.ts';

/** Which command or query each REST operation is. */
export function createHandlers(
  parts: CommandParts,
  limits: CallLimits,
  reportQuality: ReportQuality,
): Handlers {
  const { store } = parts.engine;
  const { quality } = parts;
  const start = createStart(parts, limits);
  return {
    startCall: (principal, { body, key }) => start(principal, body, key),
    acknowledgeRing: (principal, { params, key }) =>
      acknowledgeRing(parts, principal, params.callId, key),
    joinCall: (principal, { params, body, key }) =>
      join(parts, principal, params.callId, body, key),
    requestToken: (principal, { params, body, key }) =>
      requestToken(parts, principal, params.callId, body, key),
    declineCall: (principal, { params, body, key }) =>
      decline(parts, principal, params.callId, body, key),
    leaveCall: (principal, { params, key }) => leave(parts, principal, params.callId, key),
    endCall: (principal, { params, key }) => end(parts, principal, params.callId, key),
    inviteToCall: (principal, { params, body, key }) =>
      invite(parts, principal, params.callId, body, key),
    updateParticipant: (principal, { params, body }) =>
      toggle(parts, principal, params.callId, body),
    muteParticipant: (principal, { params: { callId, userId }, body: { kind }, key }) =>
      mute(parts, principal, callId, { userId, kind }, key),
    muteAll: (principal, { params, key }) => muteAll(parts, principal, params.callId, key),
    removeParticipant: (principal, { params }) =>
      remove(parts, principal, params.callId, params.userId),
    handOverHost: (principal, { params, body }) =>
      handOver(parts, principal, params.callId, body.userId),

    reportQuality: (principal, { params, body, key }) =>
      reportQuality(principal, params.callId, body.samples, key),
    rateCall: (principal, { params, body, key }) =>
      rateCall(parts, principal, params.callId, body, key),
    getQuality: (principal, { params }) => getQuality({ store, quality }, principal, params.callId),

    getCall: (principal, { params }) => getCall(store, principal, params.callId),
    listEvents: (principal, { params, query }) =>
      listEvents(store, principal, params.callId, query.after),
    getTimeline: (principal, { params }) => getTimeline(store, principal, params.callId),
    getHistory: (principal, { query }) => getHistory(store, principal, query),
    listActiveCalls: (principal, { query }) => listActive(store, principal, query.conversationId),
    getStats: (principal) => getStats(store, principal),
    listCalls: (_asker, { query }) => listCalls(store, query),
  };
}
