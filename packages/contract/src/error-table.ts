/**
 * Every refusal code, with its HTTP status and a human-readable title. The cause of a `transient`
 * refusal may pass within seconds, so a repeat with the same `Idempotency-Key` is decided again.
 */
export const errorTable = {
  VALIDATION_FAILED: { status: 400, title: 'The request is not valid' },
  UNAUTHENTICATED: { status: 401, title: 'A valid token is needed' },
  FORBIDDEN: { status: 403, title: 'Not permitted' },
  NOT_ALLOWED: { status: 403, title: 'Not allowed in this call' },
  NOT_FOUND: { status: 404, title: 'No such address' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'Method not allowed' },
  CALL_NOT_FOUND: { status: 404, title: 'No such call' },
  USER_BUSY: { status: 409, title: 'Everyone invited is in another call' },
  CALLER_BUSY: { status: 409, title: 'Already in another call' },
  CALL_ENDED: { status: 409, title: 'The call has ended' },
  CALL_FULL: { status: 409, title: 'The call is full' },
  INVALID_STATE: { status: 409, title: 'Not possible in the current state' },
  NOT_ACCEPTED: { status: 409, title: 'The call has not been accepted' },
  ANSWERED_ELSEWHERE: { status: 409, title: 'Answered on another device' },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: 'The idempotency key was used for another request',
  },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The request is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body must be JSON' },
  RATE_LIMITED: { status: 429, title: 'Too many requests', transient: true },
  INTERNAL: { status: 500, title: 'Internal error', transient: true },
  MEDIA_UNAVAILABLE: { status: 503, title: 'The media server does not answer', transient: true },
  UNAVAILABLE: { status: 503, title: 'The service is not available', transient: true },
} as const satisfies Record<string, { status: number; title: string; transient?: true }>;

export type ErrorCode = keyof typeof errorTable;
export const errorCodes = Object.keys(errorTable) as ErrorCode[];

export function isTransient(code: ErrorCode): boolean {
  return 'transient' in errorTable[code];
}
export const transientCodes: readonly ErrorCode[] = errorCodes.filter(isTransient);

export function getHttpStatus(code: ErrorCode): number {
  return errorTable[code].status;
}
