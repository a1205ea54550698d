import { errorTable, type Problem, type SocketError } from '@ringline/contract';
import type { Refusal } from '@ringline/domain';

/** Converts a refusal for REST. `retryAfterSeconds` goes into the header `Retry-After`. */
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

/** Converts a refusal for a socket: for an acknowledgement, or `connect_error.data`. */
export function toSocketError(refusal: Refusal, requestId: string): SocketError {
  return { ...refusal, requestId };
}

/** Describes a refusal for the log, with every invalid field. */
export function describeRefusal({ message, errors = [] }: Refusal): string {
  return [message, ...errors.map((error) => `${error.path} ${error.message}`)].join(' ');
}
