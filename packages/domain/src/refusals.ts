/** Why a command is refused. The codes are the wire's; the words are for a person. */
export type RefusalCode =
  | 'CALL_NOT_FOUND'
  | 'USER_BUSY'
  | 'CALLER_BUSY'
  | 'CALL_ENDED'
  | 'CALL_FULL'
  | 'INVALID_STATE'
  | 'NOT_ACCEPTED'
  | 'NOT_ALLOWED'
  | 'FORBIDDEN'
  | 'ANSWERED_ELSEWHERE'
  | 'MEDIA_UNAVAILABLE';

export interface Refusal {
  code: RefusalCode;
  message: string;
  /** The call that holds the claim, with CALLER_BUSY. */
  existingCallId?: string;
  /** The recorded busy call, with USER_BUSY. */
  callId?: string;
}

export function refuse(code: RefusalCode, message: string): Refusal {
  return { code, message };
}

export const callNotFound = refuse('CALL_NOT_FOUND', 'There is no such call.');
export const callEnded = refuse('CALL_ENDED', 'The call has ended.');
export const notAllowed = refuse('NOT_ALLOWED', 'You were removed from this call.');
export const notAccepted = refuse('NOT_ACCEPTED', 'You are not in this call.');
export const answeredElsewhere = refuse(
  'ANSWERED_ELSEWHERE',
  'You are in this call on another device.',
);
export function callerBusy(existingCallId: string): Refusal {
  return {
    code: 'CALLER_BUSY',
    message: 'You are in another call.',
    existingCallId,
  };
}
