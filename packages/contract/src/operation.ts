import type { z } from 'zod';
import type { ErrorCode } from './error-table.ts';

export const BASE_PATH = '/api/v1';
export const API_VERSION = '1.0.0';

/**
 * Who may send a request. `user`: a principal that acts as a user. `operator`: an `admin`, or a
 * `service` that acts for no user. `anyone`: both.
 */
export type Access = 'user' | 'operator' | 'anyone';

/**
 * The rate limit that a request counts against. `call`: requests that a call needs to start,
 * continue or end; other requests must not use up their limit. `other`: everything else.
 */
export type RequestBudget = 'call' | 'other';

/**
 * One operation of the REST interface. Routes, the OpenAPI document and tests are generated from
 * these.
 */
export interface Operation {
  method: 'get' | 'post' | 'patch' | 'put' | 'delete';
  /** Relative to `BASE_PATH`, in Express' syntax. */
  path: string;
  /** An older path that still works. */
  deprecatedPath?: string;
  summary: string;
  description?: string;
  access: Access;
  budget: RequestBudget;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Success statuses with the schemas of their bodies. */
  answers: Readonly<Record<number, z.ZodType>>;
  /** In addition to those that `listRefusals` adds to every operation. */
  refusals: readonly ErrorCode[];
}

/** Every POST takes an `Idempotency-Key`. */
export function takesIdempotencyKey({ method }: Operation): boolean {
  return method === 'post';
}

export function getPaths({ path, deprecatedPath }: Operation): string[] {
  return deprecatedPath === undefined ? [path] : [path, deprecatedPath];
}

/** Lists every code with which an operation may be refused. */
export function listRefusals(operation: Operation): ErrorCode[] {
  return [
    'VALIDATION_FAILED',
    'UNAUTHENTICATED',
    'FORBIDDEN',
    ...operation.refusals,
    ...(operation.body === undefined
      ? []
      : (['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const)),
    ...(takesIdempotencyKey(operation) ? (['IDEMPOTENCY_KEY_REUSED'] as const) : []),
    'RATE_LIMITED',
    'INTERNAL',
    'UNAVAILABLE',
  ];
}
