import {
  type Access,
  BASE_PATH,
  idempotencyKey,
  type Operation,
  type OperationName,
  type Operations,
  operations,
  takesIdempotencyKey,
} from '@ringline/contract';
import { type NextFunction, type Request, Router } from 'express';
import type { z } from 'zod';
import { isUser, type Principal, type UserPrincipal } from '../identity/principal.ts';
import { invalidBy, ok, type Refusal, type Result, refused } from '../result.ts';
import type { Authenticate } from './authenticate.ts';
import { jsonBody } from './json-body.ts';
import { sendRefusal } from './problem.ts';
import { type ApiResponse, routed } from './request.ts';

type Parsed<O, Part extends string> = O extends { [Key in Part]: infer Schema extends z.ZodType }
  ? z.infer<Schema>
  : undefined;

/** The parsed request of one operation; parts that it does not take are undefined. */
export interface Input<O> {
  params: Parsed<O, 'params'>;
  query: Parsed<O, 'query'>;
  body: Parsed<O, 'body'>;
  key: string | undefined;
}

type PrincipalFor<O> = O extends { access: 'user' } ? UserPrincipal : Principal;
type ResultData<O> = O extends { answers: Record<number, infer Schema extends z.ZodType> }
  ? z.infer<Schema>
  : never;

/** One function for each operation of the contract, no more and no fewer. */
export type Handlers = {
  [Name in OperationName]: (
    principal: PrincipalFor<Operations[Name]>,
    input: Input<Operations[Name]>,
  ) => Promise<Result<ResultData<Operations[Name]>>>;
};

/** A handler whose asker and input were checked against its operation, which types cannot follow. */
type Checked = (principal: Principal, input: Input<unknown>) => Promise<Result<unknown>>;

const FORBIDDEN: Record<Access, string> = {
  user: 'Only one who acts as a user may do that.',
  operator: 'Only operators may do that.',
  anyone: 'You may not do that.',
};

function isPermitted({ access }: Operation, principal: Principal): boolean {
  return access === 'anyone' || (access === 'user') === isUser(principal);
}

function getPrincipal({ locals }: ApiResponse): Principal {
  if (locals.principal === undefined) throw new Error('a route was reached without authentication');
  return locals.principal;
}

function permit(operation: Operation) {
  return (_request: Request, response: ApiResponse, next: NextFunction): void => {
    if (isPermitted(operation, getPrincipal(response))) next();
    else sendRefusal(response, refused('FORBIDDEN', FORBIDDEN[operation.access]).refusal);
  };
}

function parseInput(operation: Operation, request: Request): Result<Input<unknown>> {
  const input: Record<string, unknown> = {};
  const parts = [
    ['params', operation.params, request.params],
    ['query', operation.query, request.query],
    ['body', operation.body, request.body ?? {}],
    [
      'key',
      takesIdempotencyKey(operation) ? idempotencyKey.optional() : undefined,
      request.get('Idempotency-Key'),
    ],
  ] as const;
  const errors: NonNullable<Refusal['errors']> = [];
  for (const [name, schema, given] of parts) {
    const parsed = schema?.safeParse(given);
    if (parsed?.success === false) {
      const where = { body: undefined, key: 'Idempotency-Key', params: 'params', query: 'query' };
      errors.push(...(invalidBy(parsed.error, where[name]).refusal.errors ?? []));
    } else input[name] = parsed?.data;
  }
  return errors.length === 0
    ? ok(input as unknown as Input<unknown>)
    : { refusal: { code: 'VALIDATION_FAILED', message: 'The request is not valid.', errors } };
}

function serve(operation: Operation, handle: Checked) {
  return async (request: Request, response: ApiResponse): Promise<void> => {
    const input = parseInput(operation, request);
    if (input.refusal !== null) return sendRefusal(response, input.refusal);
    const answer = await handle(getPrincipal(response), input.data);
    if (answer.refusal !== null) return sendRefusal(response, answer.refusal);
    response.status(answer.status).json(answer.data);
  };
}

/** The routes below `BASE_PATH`, from the contract's operations. */
export function createRoutes(authenticate: Authenticate, handlers: Handlers): Router {
  const router = Router({ caseSensitive: true });
  for (const [name, operation] of Object.entries<Operation>(operations)) {
    const handle = handlers[name as OperationName] as Checked;
    router[operation.method](
      operation.path,
      routed(`${BASE_PATH}${operation.path}`),
      authenticate(operation.budget),
      permit(operation),
      ...(operation.body === undefined ? [] : [jsonBody]),
      serve(operation, handle),
    );
  }
  // Who asks for what is not there is counted as well, and learns that it is not there only with a good token.
  router.use(authenticate('other'));
  return router;
}
