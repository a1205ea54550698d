import type { Problem, SocketError } from '@ringline/contract';
import { RinglineError } from '../errors.ts';

/* The two forms in which the service refuses: over the socket, and as a problem over HTTP. */

function pickDetails({ callId, existingCallId, errors, retryAfterSeconds }: Partial<SocketError>) {
  return {
    ...(callId !== undefined && { callId }),
    ...(existingCallId !== undefined && { existingCallId }),
    ...(errors !== undefined && { errors }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

export function fromSocketError(error: SocketError): RinglineError {
  const { code, message, requestId } = error;
  return new RinglineError(code, message, { requestId, details: pickDetails(error) });
}

/**
 * `problem` is null where the answer did not come from the call service, but from a proxy, for
 * example.
 */
export function fromProblem(
  status: number,
  problem: Problem | null,
  retryAfterSeconds?: number,
): RinglineError {
  if (problem === null) return new RinglineError('UNAVAILABLE', `HTTP ${status}`, { status });
  const { code, detail, requestId } = problem;
  const details = pickDetails({ ...problem, retryAfterSeconds });
  return new RinglineError(code, detail, { status, requestId, details });
}
