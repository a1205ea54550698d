import type { ErrorCode } from '@ringline/contract';
import type { Refusal } from '@ringline/domain';
import type { z } from 'zod';

/** The outcome of an act. `status` is the HTTP status. */
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

export function invalidFields(errors: NonNullable<Refusal['errors']>): { refusal: Refusal } {
  return {
    refusal: { code: 'VALIDATION_FAILED', message: 'The request is not valid.', errors },
  };
}

/** Refuses one field by a rule that a schema cannot express. */
export function invalid(path: string, message: string): { refusal: Refusal } {
  return invalidFields([{ path, message }]);
}

/** Refuses all fields that a schema found invalid. `where` names the part of the request. */
export function invalidBy(error: z.ZodError, where?: string): { refusal: Refusal } {
  return invalidFields(
    error.issues.map(({ path, message }) => ({
      path: [...(where === undefined ? [] : [where]), ...path.map(String)].join('.'),
      message,
    })),
  );
}

export const badCursor = invalid('query.cursor', 'is not a cursor of this list');
