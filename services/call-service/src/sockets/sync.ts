import type { SyncAnswer } from '@ringline/contract';
import { type Call, findParticipant, isInCall } from '@ringline/domain';
import { toWireCall } from '@ringline/engine';
import type { QualityStore, StreamQuality } from '@ringline/quality';
import type { Loaded, Store } from '@ringline/store';
import { ok, type Result } from '../result.ts';
import type { RinglineSocket } from './io.ts';

/** The calls as a client is told of them, with the time of their instants. */
function toSyncAnswer(loaded: readonly Loaded[]): SyncAnswer {
  const calls = loaded.map(({ call }) => toWireCall(call));
  const latest = Math.max(...loaded.map(({ now }) => now));
  return loaded.length === 0 ? { calls } : { calls, now: new Date(latest).toISOString() };
}

function toCalls(loaded: readonly Loaded[]): Call[] {
  return loaded.map(({ call }) => call);
}

function isInIt(call: Call, userId: string): boolean {
  const participant = findParticipant(call, userId);
  return participant !== undefined && isInCall(participant);
}

/** Where sync reads calls and the quality of their streams. */
export interface SyncSources {
  store: Store;
  quality: QualityStore;
}

/** The user's own stream on another device says nothing about this one. */
function isOfOtherDevice(
  { notice, deviceId }: StreamQuality,
  { person, deviceId: here }: RinglineSocket['data'],
): boolean {
  return notice.userId === person.userId && deviceId !== null && deviceId !== here;
}

/**
 * Sends the last quality notices of the device's calls again, since a published notice may get
 * lost.
 */
async function sendQuality(
  quality: QualityStore,
  socket: RinglineSocket,
  live: readonly Call[],
): Promise<void> {
  const calls = live.filter((call) => isInIt(call, socket.data.person.userId));
  if (calls.length === 0) return;
  for (const stream of await quality.listStreamQualities(calls.map(({ id }) => id))) {
    const { notice } = stream;
    const call = calls.find(({ id }) => id === notice.callId);
    if (call === undefined || !isInIt(call, notice.userId)) continue;
    if (!isOfOtherDevice(stream, socket.data)) socket.emit('call:quality_changed', notice);
  }
}

/** How the calls of a device stand that has just connected. */
export async function bringUpToDate(
  { store, quality }: SyncSources,
  socket: RinglineSocket,
): Promise<void> {
  const live = await store.listActiveCalls(socket.data.person.userId, null);
  socket.emit('call:sync', toSyncAnswer(live));
  await sendQuality(quality, socket, toCalls(live));
}

/** Also the calls that the client knows of, ended ones included, if they are any of the user's. */
export async function sync(
  { store, quality }: SyncSources,
  socket: RinglineSocket,
  known: readonly string[],
): Promise<Result<SyncAnswer>> {
  const { userId } = socket.data.person;
  const live = await store.listActiveCalls(userId, null);
  const others = known.filter((id) => !live.some(({ call }) => call.id === id));
  const named = others.length === 0 ? [] : await store.loadMany(others);
  const own = named.filter(({ call }) => findParticipant(call, userId) !== undefined);
  await sendQuality(quality, socket, toCalls(live));
  return ok(toSyncAnswer([...live, ...own]));
}
