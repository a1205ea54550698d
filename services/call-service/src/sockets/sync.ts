import type { SyncAnswer } from '@ringline/contract';
import { type Call, findParticipant, isInCall } from '@ringline/domain';
import { toWireCall } from '@ringline/engine';
import type { Loaded, Store, ToldLine } from '@ringline/store';
import type { RinglineSocket } from './io.ts';

/** The calls for a client, with the time of the clock of their instants. */
export function toSyncAnswer(loaded: readonly Loaded[]): SyncAnswer {
  const calls = loaded.map(({ call }) => toWireCall(call));
  const latest = Math.max(...loaded.map(({ now }) => now));
  return loaded.length === 0 ? { calls } : { calls, now: new Date(latest).toISOString() };
}

function hasUserInCall(call: Call, userId: string): boolean {
  const participant = findParticipant(call, userId);
  return participant !== undefined && isInCall(participant);
}

/** The level of the user's own line on another device says nothing about the line here. */
function isAboutOtherDevice(
  { notice, deviceId }: ToldLine,
  { person, deviceId: here }: RinglineSocket['data'],
): boolean {
  return notice.userId === person.userId && deviceId !== null && deviceId !== here;
}

/** Sends a device the last level of each line in its calls, since publishing is not delivery. */
export async function sendLineLevels(
  store: Store,
  socket: RinglineSocket,
  active: readonly Loaded[],
): Promise<void> {
  const calls = active
    .map(({ call }) => call)
    .filter((call) => hasUserInCall(call, socket.data.person.userId));
  if (calls.length === 0) return;
  for (const told of await store.quality.toldIn(calls.map(({ id }) => id))) {
    const { notice } = told;
    const call = calls.find(({ id }) => id === notice.callId);
    if (call === undefined || !hasUserInCall(call, notice.userId)) continue;
    if (!isAboutOtherDevice(told, socket.data)) socket.emit('call:quality_changed', notice);
  }
}

/** Sends a device that has just connected the state of its calls. */
export async function sendSync(store: Store, socket: RinglineSocket): Promise<void> {
  const active = await store.listActiveCalls(socket.data.person.userId, null);
  socket.emit('call:sync', toSyncAnswer(active));
  await sendLineLevels(store, socket, active);
}
