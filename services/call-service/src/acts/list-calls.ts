import type { ActAnswer, ActInput } from '@ringline/contract';
import { toWireCall } from '@ringline/engine';
import type { Principal } from '../identity/principal.ts';
import { badCursor, ok, type Result } from '../result.ts';
import type { ActParts } from './act.ts';

function toInstant(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

export async function listCalls(
  { engine }: ActParts,
  _principal: Principal,
  { from, to, ...query }: ActInput<'listCalls'>,
): Promise<Result<ActAnswer<'listCalls'>>> {
  const period = { from: toInstant(from), to: toInstant(to) };
  const page = await engine.store.listCalls({ ...query, ...period });
  if ('badCursor' in page) return badCursor;
  return ok({ calls: page.calls.map(toWireCall), nextCursor: page.nextCursor });
}
