import type { SyncAnswer } from '@ringline/contract';
import { type Call, findParticipant, isInCall } from '@ringline/domain';
import { toWireCall } from '@ringline/engine';
import type { Loaded, Store, ToldLine } from '@ringline/store';
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

/** What was told of one's own line on another device says nothing of the line here. */
function isAboutElsewhere(
  { notice, deviceId }: ToldLine,
  { person, deviceId: here }: RinglineSocket['data'],
): boolean {
  return notice.userId === person.userId && deviceId !== null && deviceId !== here;
}

/** Tells one device what everybody in its calls was told of lines: publishing is not delivery. */
async function tellOfLines(
  store: Store,
  socket: RinglineSocket,
  live: readonly Call[],
): Promise<void> {
  const calls = live.filter((call) => isInIt(call, socket.data.person.userId));
  if (calls.length === 0) return;
  for (const told of await store.quality.toldIn(calls.map(({ id }) => id))) {
    const { notice } = told;
    const call = calls.find(({ id }) => id === notice.callId);
    if (call === undefined || !isInIt(call, notice.userId)) continue;
    if (!isAboutElsewhere(told, socket.data)) socket.emit('call:quality_changed', notice);
  }
}

/** How the calls of a device stand that has just connected. */
export async function bringUpToDate(store: Store, socket: RinglineSocket): Promise<void> {
  const live = await store.listActiveCalls(socket.data.person.userId, null);
  socket.emit('call:sync', toSyncAnswer(live));
  await tellOfLines(store, socket, toCalls(live));
}

/** Also the calls that the client knows of, ended ones included, if they are any of the user's. */
export async function sync(
  store: Store,
  socket: RinglineSocket,
  known: readonly string[],
): Promise<Result<SyncAnswer>> {
  const { userId } = socket.data.person;
  const live = await store.listActiveCalls(userId, null);
  const others = known.filter((id) => !live.some(({ call }) => call.id === id));
  const named = others.length === 0 ? [] : await store.loadMany(others);
  const own = named.filter(({ call }) => findParticipant(call, userId) !== undefined);
  await tellOfLines(store, socket, toCalls(live));
  return ok(toSyncAnswer([...live, ...own]));
}
