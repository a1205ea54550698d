import type { ActInput, SyncAnswer } from '@ringline/contract';
import { findParticipant } from '@ringline/domain';
import { ok, type Result } from '../result.ts';
import { sendQuality, toSyncAnswer } from '../sockets/sync.ts';
import type { ActParts, SocketPrincipal } from './act.ts';

/**
 * Returns the user's active calls, and those of the client's known calls in which the user is a
 * participant.
 */
export async function sync(
  { engine: { store }, quality }: ActParts,
  { person: { userId }, socket }: SocketPrincipal,
  { calls: known = {} }: ActInput<'sync'>,
): Promise<Result<SyncAnswer>> {
  const active = await store.listActiveCalls(userId, null);
  const others = Object.keys(known).filter((id) => !active.some(({ call }) => call.id === id));
  const named = others.length === 0 ? [] : await store.loadMany(others);
  const own = named.filter(({ call }) => findParticipant(call, userId) !== undefined);
  await sendQuality(quality, socket, active);
  return ok(toSyncAnswer([...active, ...own]));
}
