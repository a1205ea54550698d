import { findParticipant } from '@ringline/domain';
import type { OutboxMessage, Ring, Store } from '@ringline/store';
import { incomingMessage } from './messages.ts';

/**
 * Messages that ring these users again, except those who have answered or acknowledged meanwhile.
 */
export async function ringAgain(
  store: Pick<Store, 'loadMany'>,
  rings: readonly Ring[],
): Promise<OutboxMessage[]> {
  if (rings.length === 0) return [];
  const loaded = await store.loadMany([...new Set(rings.map(({ callId }) => callId))]);
  const calls = new Map(loaded.map(({ call }) => [call.id, call]));
  return rings.flatMap(({ callId, userId }) => {
    const call = calls.get(callId);
    const participant = call && findParticipant(call, userId);
    return call && participant?.state === 'invited' ? [incomingMessage(call, participant)] : [];
  });
}
