import type {
  CallEvent,
  CallsQuery,
  callPageAnswer,
  TimelineEntry,
  Call as WireCall,
} from '@ringline/contract';
import { type Call, callNotFound, participantOf } from '@ringline/domain';
import { toWireCall } from '@ringline/engine';
import type { Store } from '@ringline/store';
import type { z } from 'zod';
import { type Answer, answered, invalid } from '../answer.ts';
import { type Asker, isUser, type UserAsker } from '../identity/asker.ts';

const notFound = { refusal: callNotFound };

export const badCursor = invalid('query.cursor', 'is not a cursor of this list');

/** A call that the asker may read. To everybody else it is as if there were none. */
export async function readable(store: Store, asker: Asker, callId: string): Promise<Call | null> {
  const loaded = await store.load(callId);
  if (loaded === null) return null;
  if (!isUser(asker)) return loaded.call;
  return participantOf(loaded.call, asker.person.userId) === undefined ? null : loaded.call;
}

export async function getCall(
  store: Store,
  asker: Asker,
  callId: string,
): Promise<Answer<{ call: WireCall }>> {
  const call = await readable(store, asker, callId);
  return call === null ? notFound : answered({ call: toWireCall(call) });
}

export async function listEvents(
  store: Store,
  asker: Asker,
  callId: string,
  after: number,
): Promise<Answer<{ events: CallEvent[] }>> {
  const call = await readable(store, asker, callId);
  return call === null ? notFound : answered({ events: await store.events(callId, after) });
}

export async function listActive(
  store: Store,
  asker: UserAsker,
  conversationId: string | undefined,
): Promise<Answer<{ calls: WireCall[] }>> {
  const active = await store.activeOf(asker.person.userId, conversationId ?? null);
  return answered({ calls: active.map(({ call }) => toWireCall(call)) });
}

export async function getTimeline(
  store: Store,
  asker: Asker,
  callId: string,
): Promise<Answer<{ entries: TimelineEntry[] }>> {
  if ((await readable(store, asker, callId)) === null) return notFound;
  const entries = await store.timeline(callId);
  return answered({
    entries: entries.map((entry) => {
      const at = new Date(entry.at).toISOString();
      if (entry.kind === 'event') return { ...entry, at };
      const { kind, event, userId, sid } = entry;
      return { kind, at, event, userId, sid };
    }),
  });
}

function instantOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

export async function listCalls(
  store: Store,
  query: CallsQuery,
): Promise<Answer<z.infer<typeof callPageAnswer>>> {
  const { from, to } = query;
  const page = await store.calls({ ...query, from: instantOf(from), to: instantOf(to) });
  if ('badCursor' in page) return badCursor;
  return answered({ calls: page.calls.map(toWireCall), nextCursor: page.nextCursor });
}
