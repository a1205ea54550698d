import type { z } from 'zod';
import * as calls from './calls.ts';
import type { ErrorCode } from './error-table.ts';
import { eventsAnswer } from './events.ts';
import { stats } from './objects.ts';
import * as quality from './quality.ts';
import { timelineAnswer } from './timeline.ts';

export const BASE_PATH = '/api/v1';
export const API_VERSION = '1.0.0';

/**
 * Who may ask: `user`, one who acts as a user; `operator`, an `admin`, or a `service` that acts for
 * nobody; `anyone`, both.
 */
export type Access = 'user' | 'operator' | 'anyone';

/**
 * Against which limit a request counts: `call` for what a call needs to begin, go on and end, so that no other request keeps
 * anybody from calling; `other` for the rest.
 */
export type RequestBudget = 'call' | 'other';

/** One operation of the REST interface. Routes, the OpenAPI document and tests are made from these. */
export interface Operation {
  method: 'get' | 'post' | 'patch' | 'put' | 'delete';
  /** Below `BASE_PATH`, as Express writes it. */
  path: string;
  summary: string;
  description?: string;
  access: Access;
  budget: RequestBudget;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Success statuses with what they answer. */
  answers: Readonly<Record<number, z.ZodType>>;
  /** Beside those that `refusalsOf` adds to every operation. */
  refusals: readonly ErrorCode[];
}

const ofCall = { params: calls.callParams } as const;
const onCall = { method: 'post', access: 'user', budget: 'call', ...ofCall } as const;
const byHost = ['CALL_NOT_FOUND', 'NOT_ALLOWED', 'CALL_ENDED', 'INVALID_STATE'] as const;

/** In the order in which routes are tried: fixed paths before those with a parameter. */
export const operations = {
  startCall: {
    method: 'post',
    path: '/calls/start',
    summary: 'Start a call',
    description:
      'Rings every device of everyone invited. Where the callee is calling the caller at the same moment, ' +
      'this accepts their call instead: 200, with `merged`. With MEDIA_UNAVAILABLE a failed call is recorded; repeats with ' +
      'the same key try to ring again, and record no second one.',
    access: 'user',
    budget: 'call',
    body: calls.startBody,
    answers: { 201: calls.startAnswer, 200: calls.startAnswer },
    refusals: ['USER_BUSY', 'CALLER_BUSY', 'CALL_FULL', 'MEDIA_UNAVAILABLE'],
  },
  getHistory: {
    method: 'get',
    path: '/calls/history',
    summary: 'Own calls, newest first',
    access: 'user',
    budget: 'other',
    query: calls.historyQuery,
    answers: { 200: calls.historyAnswer },
    refusals: [],
  },
  listActiveCalls: {
    method: 'get',
    path: '/calls/active',
    summary: 'Own calls that ring or run',
    access: 'user',
    budget: 'call',
    query: calls.activeQuery,
    answers: { 200: calls.callsAnswer },
    refusals: [],
  },
  getStats: {
    method: 'get',
    path: '/calls/stats',
    summary: 'Own calls in numbers; for operators, all calls',
    access: 'anyone',
    budget: 'other',
    answers: { 200: stats },
    refusals: [],
  },
  listCalls: {
    method: 'get',
    path: '/calls',
    summary: 'All calls, newest first',
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
    summary: 'One call',
    description: 'Stays readable to all who were part of it.',
    access: 'anyone',
    budget: 'other',
    answers: { 200: calls.callAnswer },
    refusals: ['CALL_NOT_FOUND'],
  },
  listEvents: {
    ...ofCall,
    method: 'get',
    path: '/calls/:callId/events',
    summary: 'What the sockets carried, in order',
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
    summary: 'All that happened to a call, and by whom',
    access: 'operator',
    budget: 'other',
    answers: { 200: timelineAnswer },
    refusals: ['CALL_NOT_FOUND'],
  },
  acknowledgeRing: {
    ...onCall,
    path: '/calls/:callId/ringing',
    summary: 'Say that this device rings',
    body: calls.emptyBody,
    answers: { 200: calls.callAnswer },
    refusals: ['CALL_NOT_FOUND', 'NOT_ALLOWED', 'CALL_ENDED', 'INVALID_STATE'],
  },
  joinCall: {
    ...onCall,
    path: '/calls/:callId/join',
    summary: 'Accept, take over on this device, or come back',
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
    summary: 'Refuse to answer',
    body: calls.declineBody,
    answers: { 200: calls.callAnswer },
    refusals: ['CALL_NOT_FOUND', 'ANSWERED_ELSEWHERE', 'INVALID_STATE'],
  },
  leaveCall: {
    ...onCall,
    path: '/calls/:callId/leave',
    summary: 'Leave; the others go on',
    body: calls.emptyBody,
    answers: { 200: calls.callAnswer },
    refusals: ['CALL_NOT_FOUND'],
  },
  endCall: {
    ...onCall,
    path: '/calls/:callId/end',
    summary: 'End it for everybody',
    description:
      'The caller cancels while it rings; either side of a direct call, or the host of a group, ends it. ' +
      'Operators end any call.',
    access: 'anyone',
    body: calls.emptyBody,
    answers: { 200: calls.callAnswer },
    refusals: ['CALL_NOT_FOUND'],
  },
  inviteToCall: {
    ...onCall,
    path: '/calls/:callId/invite',
    summary: 'Ring those who are not in it',
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
    summary: 'Fresh media credentials',
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
    summary: 'Say what oneself has switched on',
    access: 'user',
    budget: 'call',
    body: calls.participantPatch,
    answers: { 200: calls.participantAnswer },
    refusals: ['CALL_NOT_FOUND', 'NOT_ALLOWED', 'CALL_ENDED', 'NOT_ACCEPTED'],
  },
  muteParticipant: {
    method: 'post',
    path: '/calls/:callId/participants/:userId/mute',
    summary: 'Host: mute one track of somebody',
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
    summary: "Host: mute everybody's audio but the host's",
    body: calls.emptyBody,
    answers: { 200: calls.callAnswer },
    refusals: [...byHost, 'MEDIA_UNAVAILABLE'],
  },
  removeParticipant: {
    method: 'delete',
    path: '/calls/:callId/participants/:userId',
    summary: 'Host: remove somebody, and keep them out',
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
    summary: 'Host: hand the role over',
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
    summary: 'Report how the own line is',
    description:
      'By one who is in the call, or was a minute ago. Reports are best effort: one that is refused need not be repeated, ' +
      'for the next one says how the line is by then. One that is repeated with its key is counted once, also where the ' +
      'first try was answered UNAVAILABLE.',
    body: quality.qualityBody,
    answers: { 202: quality.qualityAccepted },
    refusals: ['CALL_NOT_FOUND', 'NOT_ACCEPTED', 'CALL_ENDED'],
  },
  getQuality: {
    ...ofCall,
    method: 'get',
    path: '/calls/:callId/quality',
    summary: 'How the call was for each participant',
    description: 'Of those who reported or rated it, while it runs and afterwards.',
    access: 'anyone',
    budget: 'other',
    answers: { 200: quality.qualityAnswer },
    refusals: ['CALL_NOT_FOUND'],
  },
  rateCall: {
    ...onCall,
    budget: 'other',
    path: '/calls/:callId/rating',
    summary: 'Say how the call was',
    description: 'By one who was in it. Rating again replaces the own rating.',
    body: quality.ratingBody,
    answers: { 200: quality.ratingAnswer },
    refusals: ['CALL_NOT_FOUND', 'NOT_ACCEPTED'],
  },
} as const satisfies Record<string, Operation>;

export type Operations = typeof operations;
export type OperationName = keyof Operations;

/** Every POST takes an `Idempotency-Key`. */
export function takesIdempotencyKey({ method }: Operation): boolean {
  return method === 'post';
}

/** All that an operation may be refused with. */
export function listRefusals(operation: Operation): ErrorCode[] {
  return [
    'VALIDATION_FAILED',
    'UNAUTHENTICATED',
    'FORBIDDEN',
    ...operation.refusals,
    ...(operation.body === undefined
      ? []
      : (['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const)),
    ...(takesIdempotencyKey(operation) ? (['IDEMPOTENCY_KEY_REUSED'] as const) : []),
    'RATE_LIMITED',
    'INTERNAL',
    'UNAVAILABLE',
  ];
}
