import { type ErrorCode, type Problem, type SocketError, transientCodes } from '@ringline/contract';

/**
 * The service's closed table, and what only a client can know:
 * `UNREACHABLE` no answer in time, `CLOSED` after `close()`, `TOKEN_FAILED` the host app gave no usable
 * token, `PERMISSION_DENIED` the person or the browser refused a microphone, camera or screen,
 * `MEDIA_FAILED` any other trouble with media on this device, `UNSUPPORTED` the browser is too old.
 */
export type RinglineErrorCode =
  | ErrorCode
  | 'UNREACHABLE'
  | 'CLOSED'
  | 'TOKEN_FAILED'
  | 'PERMISSION_DENIED'
  | 'MEDIA_FAILED'
  | 'UNSUPPORTED';

/** More about a refusal: the calls that stand in the way, the fields that are wrong, when to try again. */
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
  /** HTTP status; undefined where the refusal did not come by HTTP. */
  readonly status: number | undefined;
  /** Names the request in the service's log. */
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

export function unreachable(what: string, cause?: unknown, why = ''): RinglineError {
  return new RinglineError(
    'UNREACHABLE',
    `The call service did not answer (${what}). ${why}`.trim(),
    {
      cause,
    },
  );
}

export function closed(): RinglineError {
  return new RinglineError('CLOSED', 'This Ringline client is closed.');
}

/**
 * The codes that may be gone a moment later: the service's own transient ones, those of a token, since the next token
 * may be good, and no answer at all.
 */
const TRANSIENT: readonly RinglineErrorCode[] = [
  ...transientCodes,
  'TOKEN_FAILED',
  'UNAUTHENTICATED',
  'UNREACHABLE',
];

export function isTransient(error: unknown): error is RinglineError {
  return error instanceof RinglineError && TRANSIENT.includes(error.code);
}

/** Whether the act may have happened all the same: there was no answer, or one of a service that does not know itself. */
export function isInDoubt(error: unknown): boolean {
  return (
    error instanceof RinglineError &&
    ['UNREACHABLE', 'UNAVAILABLE', 'INTERNAL'].includes(error.code)
  );
}

export function asRinglineError(error: unknown): RinglineError {
  return error instanceof RinglineError
    ? error
    : new RinglineError('INTERNAL', error instanceof Error ? error.message : String(error), {
        cause: error,
      });
}

function detailsOf({ callId, existingCallId, errors }: Partial<SocketError>) {
  return {
    ...(callId !== undefined && { callId }),
    ...(existingCallId !== undefined && { existingCallId }),
    ...(errors !== undefined && { errors }),
  };
}

export function fromSocketError(error: SocketError): RinglineError {
  return new RinglineError(error.code, error.message, {
    requestId: error.requestId,
    details: {
      ...detailsOf(error),
      ...(error.retryAfterSeconds !== undefined && { retryAfterSeconds: error.retryAfterSeconds }),
    },
  });
}

/** `problem` is null where what answered was not the call service: a proxy's page, for example. */
export function fromProblem(
  status: number,
  problem: Problem | null,
  retryAfterSeconds?: number,
): RinglineError {
  if (problem === null) return new RinglineError('UNAVAILABLE', `HTTP ${status}`, { status });
  return new RinglineError(problem.code, problem.detail, {
    status,
    requestId: problem.requestId,
    details: {
      ...detailsOf(problem),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    },
  });
}
