import type { ErrorCode, FieldError } from '@ringline/contract';
import type { z } from 'zod';

/** Why something is refused, for whichever interface it came by: a problem, or a socket's acknowledgement. */
export interface Refusal {
  code: ErrorCode;
  message: string;
  errors?: FieldError[];
  /** The recorded busy call, with USER_BUSY. */
  callId?: string;
  /** The call that holds the claim, with CALLER_BUSY. */
  existingCallId?: string;
  retryAfterSeconds?: number;
}

/** What a command or a query comes to; the status is HTTP's. */
export type Result<Data> =
  | { refusal: null; status: number; data: Data }
  | { refusal: Refusal; status?: never; data?: never };

export function ok<Data>(data: Data, status = 200): Result<Data> {
  return {
    refusal: null,
    status,
    data,
  };
}

export function refused(code: ErrorCode, message: string): { refusal: Refusal } {
  return {
    refusal: { code, message },
  };
}

/** One wrong field, found by a rule that no schema can tell. */
export function invalid(path: string, message: string): { refusal: Refusal } {
  return {
    refusal: {
      code: 'VALIDATION_FAILED',
      message: 'The request is not valid.',
      errors: [{ path, message }],
    },
  };
}

/** All that a schema found wrong. `where` says which part of the request it looked at. */
export function invalidBy(error: z.ZodError, where?: string): { refusal: Refusal } {
  return {
    refusal: {
      code: 'VALIDATION_FAILED',
      message: 'The request is not valid.',
      errors: error.issues.map(({ path, message }) => ({
        path: [...(where === undefined ? [] : [where]), ...path.map(String)].join('.'),
        message,
      })),
    },
  };
}

/** In words, with every field that is wrong; for the log. */
export function describeRefusal({ message, errors = [] }: Refusal): string {
  return [message, ...errors.map((error) => `${error.path} ${error.message}`)].join(' ');
}
