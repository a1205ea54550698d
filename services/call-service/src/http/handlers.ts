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
  const start = createStart(parts, limits);
  return {
    startCall: (asker, { body, key }) => start(asker, body, key),
    acknowledgeRing: (asker, { params, key }) => acknowledgeRing(parts, asker, params.callId, key),
    joinCall: (asker, { params, body, key }) => join(parts, asker, params.callId, body, key),
    requestToken: (asker, { params, body, key }) =>
      requestToken(parts, asker, params.callId, body, key),
    declineCall: (asker, { params, body, key }) => decline(parts, asker, params.callId, body, key),
    leaveCall: (asker, { params, key }) => leave(parts, asker, params.callId, key),
    endCall: (asker, { params, key }) => end(parts, asker, params.callId, key),
    inviteToCall: (asker, { params, body, key }) => invite(parts, asker, params.callId, body, key),
    updateParticipant: (asker, { params, body }) => toggle(parts, asker, params.callId, body),
    muteParticipant: (asker, { params: { callId, userId }, body: { kind }, key }) =>
      mute(parts, asker, callId, { userId, kind }, key),
    muteAll: (asker, { params, key }) => muteAll(parts, asker, params.callId, key),
    removeParticipant: (asker, { params }) => remove(parts, asker, params.callId, params.userId),
    handOverHost: (asker, { params, body }) => handOver(parts, asker, params.callId, body.userId),

    reportQuality: (asker, { params, body, key }) =>
      reportQuality(asker, params.callId, body.samples, key),
    rateCall: (asker, { params, body, key }) =>
      rateCall(parts.engine, asker, params.callId, body, key),
    getQuality: (asker, { params }) => getQuality(store, asker, params.callId),

    getCall: (asker, { params }) => getCall(store, asker, params.callId),
    listEvents: (asker, { params, query }) => listEvents(store, asker, params.callId, query.after),
    getTimeline: (asker, { params }) => getTimeline(store, asker, params.callId),
    getHistory: (asker, { query }) => getHistory(store, asker, query),
    listActiveCalls: (asker, { query }) => listActive(store, asker, query.conversationId),
    getStats: (asker) => getStats(store, asker),
    listCalls: (_asker, { query }) => listCalls(store, query),
  };
}
