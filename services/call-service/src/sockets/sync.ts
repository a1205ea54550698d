import type { SyncAnswer } from '@ringline/contract';
import { type Call, findParticipant, isInCall } from '@ringline/domain';
import { toWireCall } from '@ringline/engine';
import type { QualityStore, StreamQuality } from '@ringline/quality';
import type { Loaded, Store } from '@ringline/store';
import type { RinglineSocket } from './io.ts';

/** Builds the calls for a client, with the service's current time. */
export function toSyncAnswer(loaded: readonly Loaded[]): SyncAnswer {
  const calls = loaded.map(({ call }) => toWireCall(call));
  const latest = Math.max(...loaded.map(({ now }) => now));
  return loaded.length === 0 ? { calls } : { calls, now: new Date(latest).toISOString() };
}

function hasUserInCall(call: Call, userId: string): boolean {
  const participant = findParticipant(call, userId);
  return participant !== undefined && isInCall(participant);
}

/** The stores from which a sync reads calls and the quality of their streams. */
export interface SyncSources {
  store: Store;
  quality: QualityStore;
}

/**
 * Whether the stream is the user's own on another device, whose quality does not concern this one.
 */
function isOfOtherDevice(
  { notice, deviceId }: StreamQuality,
  { person, deviceId: here }: RinglineSocket['data'],
): boolean {
  return notice.userId === person.userId && deviceId !== null && deviceId !== here;
}

/**
 * Sends a device the latest quality of each stream in its calls, since earlier notices may have
 * been lost.
 */
export async function sendQuality(
  quality: QualityStore,
  socket: RinglineSocket,
  active: readonly Loaded[],
): Promise<void> {
  const calls = active
    .map(({ call }) => call)
    .filter((call) => hasUserInCall(call, socket.data.person.userId));
  if (calls.length === 0) return;
  for (const stream of await quality.listStreamQualities(calls.map(({ id }) => id))) {
    const { notice } = stream;
    const call = calls.find(({ id }) => id === notice.callId);
    if (call === undefined || !hasUserInCall(call, notice.userId)) continue;
    if (!isOfOtherDevice(stream, socket.data)) socket.emit('call:quality_changed', notice);
  }
}

/** Sends a device that has just connected the state of its calls. */
export async function sendSync(
  { store, quality }: SyncSources,
  socket: RinglineSocket,
): Promise<void> {
  const active = await store.listActiveCalls(socket.data.person.userId, null);
  socket.emit('call:sync', toSyncAnswer(active));
  await sendQuality(quality, socket, active);
}
