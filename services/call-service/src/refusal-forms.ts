import { errorTable, type Problem, type SocketError } from '@ringline/contract';
import type { Refusal } from '@ringline/domain';

/** A refusal by REST. `retryAfterSeconds` travels in the header `Retry-After`. */
export function toProblem(refusal: Refusal, requestId: string): Problem {
  const { code, message, retryAfterSeconds: _header, ...rest } = refusal;
  const { title, status } = errorTable[code];
  return {
    type: `urn:ringline:problem:${code}`,
    title,
    status,
    detail: message,
    code,
    requestId,
    ...rest,
  };
}

/** A refusal by a socket: in an acknowledgement, or in `connect_error.data`. */
export function toSocketError(refusal: Refusal, requestId: string): SocketError {
  return { ...refusal, requestId };
}

/** A refusal in the log, with every wrong field. */
export function describeRefusal({ message, errors = [] }: Refusal): string {
  return [message, ...errors.map((error) => `${error.path} ${error.message}`)].join(' ');
}
