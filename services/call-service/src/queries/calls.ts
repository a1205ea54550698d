import type {
  CallEvent,
  CallsQuery,
  callPageAnswer,
  TimelineEntry,
  Call as WireCall,
} from '@ringline/contract';
import { type Call, callNotFound, findParticipant } from '@ringline/domain';
import { toWireCall } from '@ringline/engine';
import type { Store } from '@ringline/store';
import type { z } from 'zod';
import { isUser, type Principal, type UserPrincipal } from '../identity/principal.ts';
import { invalid, ok, type Result } from '../result.ts';

const notFound = { refusal: callNotFound };

export const badCursor = invalid('query.cursor', 'is not a cursor of this list');

/** A call that the asker may read. To everybody else it is as if there were none. */
export async function loadReadable(
  store: Store,
  principal: Principal,
  callId: string,
): Promise<Call | null> {
  const loaded = await store.load(callId);
  if (loaded === null) return null;
  if (!isUser(principal)) return loaded.call;
  return findParticipant(loaded.call, principal.person.userId) === undefined ? null : loaded.call;
}

export async function getCall(
  store: Store,
  principal: Principal,
  callId: string,
): Promise<Result<{ call: WireCall }>> {
  const call = await loadReadable(store, principal, callId);
  return call === null ? notFound : ok({ call: toWireCall(call) });
}

export async function listEvents(
  store: Store,
  principal: Principal,
  callId: string,
  after: number,
): Promise<Result<{ events: CallEvent[] }>> {
  const call = await loadReadable(store, principal, callId);
  return call === null ? notFound : ok({ events: await store.listEvents(callId, after) });
}

export async function listActive(
  store: Store,
  principal: UserPrincipal,
  conversationId: string | undefined,
): Promise<Result<{ calls: WireCall[] }>> {
  const active = await store.listActiveCalls(principal.person.userId, conversationId ?? null);
  return ok({ calls: active.map(({ call }) => toWireCall(call)) });
}

export async function getTimeline(
  store: Store,
  principal: Principal,
  callId: string,
): Promise<Result<{ entries: TimelineEntry[] }>> {
  if ((await loadReadable(store, principal, callId)) === null) return notFound;
  const entries = await store.getTimeline(callId);
  return ok({
    entries: entries.map((entry) => {
      const at = new Date(entry.at).toISOString();
      if (entry.kind === 'event') return { ...entry, at };
      const { kind, event, userId, sid } = entry;
      return { kind, at, event, userId, sid };
    }),
  });
}

function toInstant(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

export async function listCalls(
  store: Store,
  query: CallsQuery,
): Promise<Result<z.infer<typeof callPageAnswer>>> {
  const { from, to } = query;
  const page = await store.listCalls({ ...query, from: toInstant(from), to: toInstant(to) });
  if ('badCursor' in page) return badCursor;
  return ok({ calls: page.calls.map(toWireCall), nextCursor: page.nextCursor });
}
