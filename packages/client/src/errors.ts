import { type ErrorCode, type SocketError, transientCodes } from '@ringline/contract';

/**
 * The service's codes, and those of the client itself: `UNREACHABLE` no answer in time, `CLOSED`
 * after `close()`, `TOKEN_FAILED` no usable token from the host app, `PERMISSION_DENIED` the user
 * or the browser refused a microphone, camera or screen, `MEDIA_FAILED` any other media failure on
 * this device, `UNSUPPORTED` the browser is too old.
 */
export type RinglineErrorCode =
  | ErrorCode
  | 'UNREACHABLE'
  | 'CLOSED'
  | 'TOKEN_FAILED'
  | 'PERMISSION_DENIED'
  | 'MEDIA_FAILED'
  | 'UNSUPPORTED';

/** More about a refusal: the conflicting calls, the invalid fields, when to try again. */
export type RinglineErrorDetails = Partial<
  Pick<SocketError, 'callId' | 'existingCallId' | 'errors' | 'retryAfterSeconds'>
>;

interface RinglineErrorFields {
  status?: number | undefined;
  requestId?: string | undefined;
  details?: RinglineErrorDetails | undefined;
  cause?: unknown;
}

export class RinglineError extends Error {
  override readonly name = 'RinglineError';
  readonly code: RinglineErrorCode;
  /** The HTTP status; undefined where the refusal did not come by HTTP. */
  readonly status: number | undefined;
  /** Identifies the request in the service's log. */
  readonly requestId: string | undefined;
  readonly details: RinglineErrorDetails;

  constructor(code: RinglineErrorCode, message: string, fields: RinglineErrorFields = {}) {
    super(message, { cause: fields.cause });
    this.code = code;
    this.status = fields.status;
    this.requestId = fields.requestId;
    this.details = fields.details ?? {};
  }
}

/** A new token may succeed. */
const tokenCodes: readonly RinglineErrorCode[] = ['TOKEN_FAILED', 'UNAUTHENTICATED'];
/** The same request may succeed a moment later. */
const retryableCodes: readonly RinglineErrorCode[] = [
  ...transientCodes,
  ...tokenCodes,
  'UNREACHABLE',
];
/**
 * The request may have been carried out: there was no answer, or the service itself does not know.
 */
const inDoubtCodes: readonly RinglineErrorCode[] = ['UNREACHABLE', 'UNAVAILABLE', 'INTERNAL'];

function hasCodeIn(codes: readonly RinglineErrorCode[]) {
  return (error: unknown): error is RinglineError =>
    error instanceof RinglineError && codes.includes(error.code);
}

export const isTokenError = hasCodeIn(tokenCodes);
export const isTransient = hasCodeIn(retryableCodes);
export const isInDoubt = hasCodeIn(inDoubtCodes);
/** Not reported to the host app, which neither caused it nor can help it: it passes by itself. */
export const isRateLimited = hasCodeIn(['RATE_LIMITED']);

export function hasCode(error: unknown, code: RinglineErrorCode): boolean {
  return error instanceof RinglineError && error.code === code;
}

export function unreachable(what: string, cause?: unknown, why = ''): RinglineError {
  const message = `The call service did not answer (${what}). ${why}`.trim();
  return new RinglineError('UNREACHABLE', message, { cause });
}

export function closed(): RinglineError {
  return new RinglineError('CLOSED', 'This Ringline client is closed.');
}

export function asRinglineError(error: unknown): RinglineError {
  if (error instanceof RinglineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new RinglineError('INTERNAL', message, { cause: error });
}
