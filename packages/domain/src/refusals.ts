/** Every error code of the API. The services check that it equals the list in the contract. */
export type RefusalCode =
  | 'VALIDATION_FAILED'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_ALLOWED'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'CALL_NOT_FOUND'
  | 'USER_BUSY'
  | 'CALLER_BUSY'
  | 'CALL_ENDED'
  | 'CALL_FULL'
  | 'INVALID_STATE'
  | 'NOT_ACCEPTED'
  | 'ANSWERED_ELSEWHERE'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'RATE_LIMITED'
  | 'INTERNAL'
  | 'MEDIA_UNAVAILABLE'
  | 'UNAVAILABLE';

/** Why a command is refused: one type for the state machine, the engine and the services. */
export interface Refusal {
  code: RefusalCode;
  /** For people to read. */
  message: string;
  /** The call that the user is in, with CALLER_BUSY. */
  existingCallId?: string;
  /** The recorded busy call, with USER_BUSY. */
  callId?: string;
  /** The invalid fields, with VALIDATION_FAILED. */
  errors?: { path: string; message: string }[];
  retryAfterSeconds?: number;
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
