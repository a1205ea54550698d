import type { z } from 'zod';
import * as calls from './calls.ts';
import { eventsAnswer } from './events.ts';
import { stats } from './objects.ts';
import type { Operation } from './operation.ts';
import * as quality from './quality.ts';
import { timelineAnswer } from './timeline.ts';

const ofCall = { params: calls.callParams } as const;
const onCall = { method: 'post', access: 'user', budget: 'call', ...ofCall } as const;
const byHost = ['CALL_NOT_FOUND', 'NOT_ALLOWED', 'CALL_ENDED', 'INVALID_STATE'] as const;

/** In the order in which routes are matched: fixed paths come before paths with a parameter. */
export const operations = {
  startCall: {
    method: 'post',
    path: '/calls',
    deprecatedPath: '/calls/start',
    summary: 'Start a call',
    description:
      'Rings every device of every callee. If the callee is calling the caller at the same moment, ' +
      'this accepts their call instead: 200, with `merged`. MEDIA_UNAVAILABLE records a failed call; a repeat with ' +
      'the same key tries to ring again and records no second call.',
    access: 'user',
    budget: 'call',
    body: calls.startBody,
    answers: { 201: calls.startAnswer, 200: calls.startAnswer },
    refusals: ['USER_BUSY', 'CALLER_BUSY', 'CALL_FULL', 'MEDIA_UNAVAILABLE'],
  },
  getHistory: {
    method: 'get',
    path: '/calls/history',
    summary: 'List own calls, newest first',
    access: 'user',
    budget: 'other',
    query: calls.historyQuery,
    answers: { 200: calls.historyAnswer },
    refusals: [],
  },
  listActiveCalls: {
    method: 'get',
    path: '/calls/active',
    summary: 'List own active calls',
    access: 'user',
    budget: 'call',
    query: calls.activeQuery,
    answers: { 200: calls.callsAnswer },
    refusals: [],
  },
  getStats: {
    method: 'get',
    path: '/calls/stats',
    summary: 'Get statistics of own calls; for operators, of all calls',
    access: 'anyone',
    budget: 'other',
    answers: { 200: stats },
    refusals: [],
  },
  listCalls: {
    method: 'get',
    path: '/calls',
    summary: 'List all calls, newest first',
    access: 'operator',
    budget: 'other',
    query: calls.callsQuery,
    answers: { 200: calls.callPageAnswer },
    refusals: [],
  },
  getCall: {
    ...ofCall,
    method: 'get',
    path: '/calls/:callId',
    summary: 'Get one call',
    description: 'Every participant can read it, during the call and afterwards.',
    access: 'anyone',
    budget: 'other',
    answers: { 200: calls.callAnswer },
    refusals: ['CALL_NOT_FOUND'],
  },
  listEvents: {
    ...ofCall,
    method: 'get',
    path: '/calls/:callId/events',
    summary: 'List the events of a call, as sent to the sockets',
    access: 'anyone',
    budget: 'other',
    query: calls.eventsQuery,
    answers: { 200: eventsAnswer },
    refusals: ['CALL_NOT_FOUND'],
  },
  getTimeline: {
    ...ofCall,
    method: 'get',
    path: '/calls/:callId/timeline',
    summary: 'List the events of a call and the webhooks of LiveKit, with their causes',
    access: 'operator',
    budget: 'other',
    query: calls.timelineQuery,
    answers: { 200: timelineAnswer },
    refusals: ['CALL_NOT_FOUND'],
  },
  acknowledgeRing: {
    ...onCall,
    path: '/calls/:callId/ringing',
    summary: 'Report that this device is ringing',
    body: calls.emptyBody,
    answers: { 200: calls.callAnswer },
    refusals: ['CALL_NOT_FOUND', 'NOT_ALLOWED', 'CALL_ENDED', 'INVALID_STATE'],
  },
  joinCall: {
    ...onCall,
    path: '/calls/:callId/join',
    summary: 'Accept, take over on this device, or rejoin',
    body: calls.joinBody,
    answers: { 200: calls.joinAnswer },
    refusals: [
      'CALL_NOT_FOUND',
      'NOT_ALLOWED',
      'CALL_ENDED',
      'ANSWERED_ELSEWHERE',
      'CALL_FULL',
      'CALLER_BUSY',
      'INVALID_STATE',
    ],
  },
  declineCall: {
    ...onCall,
    path: '/calls/:callId/decline',
    summary: 'Decline the call',
    body: calls.declineBody,
    answers: { 200: calls.callAnswer },
    refusals: ['CALL_NOT_FOUND', 'ANSWERED_ELSEWHERE', 'INVALID_STATE'],
  },
  leaveCall: {
    ...onCall,
    path: '/calls/:callId/leave',
    summary: 'Leave the call; the others stay',
    body: calls.emptyBody,
    answers: { 200: calls.callAnswer },
    refusals: ['CALL_NOT_FOUND'],
  },
  endCall: {
    ...onCall,
    path: '/calls/:callId/end',
    summary: 'End the call for everyone',
    description:
      'The caller can cancel while it is ringing. Either side can end a direct call, and the host a group. ' +
      'Operators can end any call.',
    access: 'anyone',
    body: calls.emptyBody,
    answers: { 200: calls.callAnswer },
    refusals: ['CALL_NOT_FOUND'],
  },
  inviteToCall: {
    ...onCall,
    path: '/calls/:callId/invite',
    summary: 'Invite users who are not in the call',
    body: calls.inviteBody,
    answers: { 200: calls.callAnswer },
    refusals: [
      'CALL_NOT_FOUND',
      'NOT_ALLOWED',
      'CALL_ENDED',
      'NOT_ACCEPTED',
      'USER_BUSY',
      'CALL_FULL',
      'INVALID_STATE',
    ],
  },
  requestToken: {
    ...onCall,
    path: '/calls/:callId/token',
    summary: 'Get fresh media credentials',
    body: calls.tokenBody,
    answers: { 200: calls.connectionAnswer },
    refusals: [
      'CALL_NOT_FOUND',
      'NOT_ALLOWED',
      'CALL_ENDED',
      'NOT_ACCEPTED',
      'ANSWERED_ELSEWHERE',
      'CALL_FULL',
    ],
  },
  updateParticipant: {
    ...ofCall,
    method: 'patch',
    path: '/calls/:callId/participant',
    summary: 'Report whether the own microphone, camera and screen sharing are on',
    access: 'user',
    budget: 'call',
    body: calls.participantPatch,
    answers: { 200: calls.participantAnswer },
    refusals: ['CALL_NOT_FOUND', 'NOT_ALLOWED', 'CALL_ENDED', 'NOT_ACCEPTED'],
  },
  muteParticipant: {
    method: 'post',
    path: '/calls/:callId/participants/:userId/mute',
    summary: 'Host: mute one track of a participant',
    access: 'user',
    budget: 'call',
    params: calls.participantParams,
    body: calls.muteBody,
    answers: { 200: calls.participantAnswer },
    refusals: [...byHost, 'MEDIA_UNAVAILABLE'],
  },
  muteAll: {
    ...onCall,
    path: '/calls/:callId/mute-all',
    summary: "Host: mute everyone's audio, except the host's",
    body: calls.emptyBody,
    answers: { 200: calls.callAnswer },
    refusals: [...byHost, 'MEDIA_UNAVAILABLE'],
  },
  removeParticipant: {
    method: 'delete',
    path: '/calls/:callId/participants/:userId',
    summary: 'Host: remove a participant and keep them out',
    access: 'user',
    budget: 'call',
    params: calls.participantParams,
    answers: { 200: calls.callAnswer },
    refusals: byHost,
  },
  handOverHost: {
    ...ofCall,
    method: 'put',
    path: '/calls/:callId/host',
    summary: 'Host: hand the role over to another participant',
    access: 'user',
    budget: 'call',
    body: calls.hostBody,
    answers: { 200: calls.callAnswer },
    refusals: byHost,
  },
  reportQuality: {
    ...onCall,
    budget: 'other',
    path: '/calls/:callId/quality',
    summary: 'Report the quality of the own media',
    description:
      'For users who are in the call or left within the last minute. Reports are best effort: a refused report need not ' +
      'be repeated, because the next one replaces it. A repeat with the same key is counted once, even after UNAVAILABLE.',
    body: quality.qualityBody,
    answers: { 202: quality.qualityAccepted },
    refusals: ['CALL_NOT_FOUND', 'NOT_ACCEPTED', 'CALL_ENDED'],
  },
  getQuality: {
    ...ofCall,
    method: 'get',
    path: '/calls/:callId/quality',
    summary: 'Get the quality of the call for each participant',
    description:
      'Lists participants who reported quality or rated the call, during the call and afterwards.',
    access: 'anyone',
    budget: 'other',
    answers: { 200: quality.qualityAnswer },
    refusals: ['CALL_NOT_FOUND'],
  },
  rateCall: {
    ...onCall,
    budget: 'other',
    path: '/calls/:callId/rating',
    summary: 'Rate the call',
    description: 'For users who were in the call. A second rating replaces the first.',
    body: quality.ratingBody,
    answers: { 200: quality.ratingAnswer },
    refusals: ['CALL_NOT_FOUND', 'NOT_ACCEPTED'],
  },
} as const satisfies Record<string, Operation>;

export type Operations = typeof operations;
export type OperationName = keyof Operations;

type Parsed<O, Part extends string> = O extends { [Key in Part]: infer Schema extends z.ZodType }
  ? Fields<z.infer<Schema>>
  : unknown;
/** zod infers an empty object as a type that forbids every field. */
type Fields<Parts> = string extends keyof Parts ? unknown : Parts;

/** The parsed parts of a request in one object. No two parts of an operation share a name. */
export type OperationInput<O> = Parsed<O, 'params'> &
  Parsed<O, 'query'> &
  Parsed<O, 'body'> &
  (O extends { method: 'post' } ? { idempotencyKey?: string | undefined } : unknown);
