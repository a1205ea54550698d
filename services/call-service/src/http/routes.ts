import {
  BASE_PATH,
  findActOfOperation,
  getAccess,
  getPaths,
  idempotencyKey,
  type Operation,
  type OperationName,
  operations,
  takesIdempotencyKey,
} from '@ringline/contract';
import { type NextFunction, type Request, type RequestHandler, Router } from 'express';
import type { RunAct } from '../acts/table.ts';
import { type Principal, refuseUnlessPermitted } from '../identity/principal.ts';
import { invalidBy, invalidFields, ok, type Result } from '../result.ts';
import type { Authenticate } from './authenticate.ts';
import { jsonBody } from './json-body.ts';
import { refuseOtherMethods, sendRefusal } from './problem.ts';
import { type ApiResponse, routed } from './request.ts';

function getPrincipal({ locals }: ApiResponse): Principal {
  if (locals.principal === undefined) throw new Error('a route handler ran without authentication');
  return locals.principal;
}

function permit(operation: OperationName) {
  const access = getAccess(findActOfOperation(operation));
  return (_request: Request, response: ApiResponse, next: NextFunction): void => {
    const refusal = refuseUnlessPermitted(getPrincipal(response), access);
    if (refusal === null) next();
    else sendRefusal(response, refusal);
  };
}

/** All parts of the request in one object, as the act takes them. */
function parseInput(operation: Operation, request: Request): Result<object> {
  const key = takesIdempotencyKey(operation) ? idempotencyKey.optional() : undefined;
  const parts = [
    ['params', operation.params, request.params],
    ['query', operation.query, request.query],
    [undefined, operation.body, request.body ?? {}],
    ['Idempotency-Key', key, request.get('Idempotency-Key')],
  ] as const;
  let input = {};
  const errors = [];
  for (const [where, schema, given] of parts) {
    const parsed = schema?.safeParse(given);
    if (parsed === undefined) continue;
    if (!parsed.success) errors.push(...(invalidBy(parsed.error, where).refusal.errors ?? []));
    else if (schema === key) input = { ...input, idempotencyKey: parsed.data };
    else input = { ...input, ...(parsed.data as object) };
  }
  return errors.length === 0 ? ok(input) : invalidFields(errors);
}

function serve(name: OperationName, runAct: RunAct) {
  const operation: Operation = operations[name];
  const act = findActOfOperation(name);
  return async (request: Request, response: ApiResponse): Promise<void> => {
    const input = parseInput(operation, request);
    if (input.refusal !== null) return sendRefusal(response, input.refusal);
    const result = await runAct(act, getPrincipal(response), input.data);
    if (result.refusal !== null) return sendRefusal(response, result.refusal);
    response.status(result.status).json(result.data);
  };
}

/** Groups the operations by path, in the order of the contract. */
function groupByPath(): Map<string, OperationName[]> {
  const groups = new Map<string, OperationName[]>();
  for (const [name, operation] of Object.entries<Operation>(operations)) {
    for (const path of getPaths(operation)) {
      groups.set(path, [...(groups.get(path) ?? []), name as OperationName]);
    }
  }
  return groups;
}

/** The routes below `BASE_PATH`: each operation of the contract runs its act. */
export function createRoutes(authenticate: Authenticate, runAct: RunAct): Router {
  const router = Router({ caseSensitive: true });
  for (const [path, names] of groupByPath()) {
    const route = router.route(path);
    for (const name of names) {
      const operation: Operation = operations[name];
      route[operation.method](
        ...([
          routed(`${BASE_PATH}${operation.path}`),
          authenticate(operation.budget),
          permit(name),
          ...(operation.body === undefined ? [] : [jsonBody]),
          serve(name, runAct),
        ] as RequestHandler[]),
      );
    }
    const methods = names.map((name) => operations[name].method);
    route.all(routed(`${BASE_PATH}${path}`), authenticate('other'), refuseOtherMethods(...methods));
  }
  // Requests for unknown addresses need a valid token and are counted as well.
  router.use(authenticate('other'));
  return router;
}
