import { errorTable } from '@ringline/contract';
import { findParticipant, isInCall, isTerminal } from '@ringline/domain';
import { type Outcome, toWireCall, toWireParticipant } from '@ringline/engine';
import type { Act, Ask } from './acts.ts';

/** An answer to a request; a socket has no status. Of a connection, only whether there is one. */
export interface Answer {
  status: number | null;
  code: string | null;
  data: Record<string, unknown>;
}

function mayConnect({ by, device }: Ask, { call }: Outcome): boolean {
  const participant = call === null ? undefined : findParticipant(call, by.userId);
  if (call === null || participant === undefined || isTerminal(call)) return false;
  const elsewhere =
    device !== null && participant.deviceId !== null && participant.deviceId !== device;
  return isInCall(participant) && !elsewhere;
}

function dataOf(ask: Ask, outcome: Outcome & { refusal: null }): Record<string, unknown> {
  const { call, merged } = outcome;
  const connection = mayConnect(ask, outcome) && { connection: true };
  const about = (userId: string) => {
    const participant = findParticipant(call, userId);
    if (participant === undefined)
      throw new Error('the model answered about a user who is not in the call');
    return { participant: toWireParticipant(call, participant) };
  };
  if (ask.asked.name === 'start') {
    return { call: toWireCall(call), ...connection, ...(merged && { merged }) };
  }
  const { request } = ask.asked;
  switch (request.name) {
    case 'join':
      return { call: toWireCall(call), ...connection };
    case 'token':
      return { ...connection };
    case 'toggle':
      return about(request.person.userId);
    case 'mute':
      return about(request.userId);
    default:
      return { call: toWireCall(call) };
  }
}

function answerTo(ask: Ask, outcome: Outcome): Answer {
  const { refusal } = outcome;
  const byRest = ask.via === 'rest';
  if (refusal === null) {
    return { status: byRest ? outcome.status : null, code: null, data: dataOf(ask, outcome) };
  }
  const { code, callId, existingCallId } = refusal;
  return {
    status: byRest ? errorTable[code].status : null,
    code,
    data: { ...(callId && { callId }), ...(existingCallId && { existingCallId }) },
  };
}

/** The answer that the service must give to an act with this outcome. */
export function expectedAnswer(act: Act, outcome: Outcome | null): Answer | null {
  if (act.act === 'work') return null;
  if (act.act === 'ask' && outcome !== null) return answerTo(act, outcome);
  const data = outcome?.call ? { call: toWireCall(outcome.call) } : {};
  return { status: 200, code: null, data };
}

/** The service's id of the call in its answer, which may be a new call. */
export function newCallIdIn(answer: Answer | null): string {
  const { call, callId } = (answer?.data ?? {}) as { call?: { id: string }; callId?: string };
  return call?.id ?? callId ?? 'none';
}
