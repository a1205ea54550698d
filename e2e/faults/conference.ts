import { setTimeout as sleep } from 'node:timers/promises';
import { type Attendance, attendRoom } from '@ringline/testing/room';
import { until } from '@ringline/testing/until';
import type { FaultClock, Ledger } from './ledger.ts';
import type { Answer, Person } from './person.ts';
import type { Random } from './random.ts';

/** One of the users of a conference, in LiveKit's room. */
interface Seat {
  readonly userId: string;
  readonly callId: string;
  readonly attendance: Attendance;
}

export interface ConferenceCounts {
  /** How many users were removed who heard the others until then. */
  removals: number;
  /** How many of them were not excused by a fault. */
  judged: number;
  /** Whether all three are in a room now and hear each other. */
  sitting: boolean;
}

/** The data packets that the users in a room hear of each other. */
const SEND_DATA = { everyMs: 100, reliable: false };
const OUT_WITHIN_MS = 2000;
/** How long to watch that the removed user hears nothing. */
const WATCHED_MS = 3000;
/** During a fault, much of this fails; the next round tries again. */
const PATIENCE_MS = 6000;

function path(callId: string, rest: string) {
  return `/calls/${callId}/${rest}`;
}

/**
 * Three users meet again and again in a room of LiveKit, until the host removes one of them. It is
 * a violation if the removed user still hears the others after two seconds.
 */
export function createConference(
  [host, guest, removed]: readonly [Person, Person, Person],
  { ledger, random, faults }: { ledger: Ledger; random: Random; faults: FaultClock },
) {
  const counts: ConferenceCounts = { removals: 0, judged: 0, sitting: false };

  const sit = async (person: Person, answer: Answer | null): Promise<Seat | null> => {
    if (!answer?.call || !answer.connection) return null;
    const attendance = await attendRoom(answer.connection, { sendData: SEND_DATA }).catch(
      () => null,
    );
    return attendance && { userId: person.id, callId: answer.call.id, attendance };
  };
  const join = async (person: Person, callId: string): Promise<Seat | null> => {
    const deviceId = person.devices[0]?.id ?? '';
    const answer = await person.ask({
      method: 'POST',
      path: path(callId, 'join'),
      body: {},
      deviceId,
    });
    return sit(person, answer);
  };

  /** Watches a user who was just removed, while the two others keep sending. */
  const watchRemoved = async (seat: Seat, others: readonly Seat[]): Promise<void> => {
    const removedAt = performance.now();
    counts.removals += 1;
    const begin = Date.now();
    const isExcused = () => faults.over() > begin;
    const excusedAtFirst = isExcused();
    await sleep(OUT_WITHIN_MS + WATCHED_MS);
    // The others prove that there was something to hear.
    if (excusedAtFirst || isExcused() || !others.every((one) => one.attendance.isConnected()))
      return;
    counts.judged += 1;
    const heardFor = Math.round(seat.attendance.lastHeard.data - removedAt);
    if (heardFor <= OUT_WITHIN_MS) return;
    ledger.violate({
      invariant: 'a-removed-user-hears-nobody-after-two-seconds',
      callId: seat.callId,
      detail: `${seat.userId} was removed and heard the others for ${heardFor} ms more`,
    });
  };

  const meet = async (seats: Seat[]): Promise<void> => {
    const body = { type: 'audio', mode: 'group', participantIds: [guest.id, removed.id] };
    const deviceId = host.devices[0]?.id ?? '';
    const started = await host.ask({ method: 'POST', path: '/calls/start', body, deviceId });
    if (!started?.call) return;
    const callId = started.call.id;
    const hostSeat = await sit(host, started);
    const guestSeat = await join(guest, callId);
    const removedSeat = await join(removed, callId);
    for (const seat of [hostSeat, guestSeat, removedSeat]) if (seat) seats.push(seat);
    if (!hostSeat || !guestSeat || !removedSeat) return;
    const hears = () => removedSeat.attendance.lastHeard.data > 0;
    if (!(await until('they hear each other', hears, PATIENCE_MS).catch(() => false))) return;
    counts.sitting = true;
    await sleep(random.between(200, 6000));
    counts.sitting = false;
    const answer = await host.ask({
      method: 'DELETE',
      path: path(callId, `participants/${removed.id}`),
      deviceId,
    });
    if (answer) await watchRemoved(removedSeat, [hostSeat, guestSeat]);
  };

  /** Ends the call that a round has left them in. */
  const part = async (seats: readonly Seat[]): Promise<void> => {
    await Promise.all(seats.map(({ attendance }) => attendance.leave()));
    for (const person of [host, guest, removed]) {
      const [call] = person.devices[0]?.sdk.calls ?? [];
      if (!call) continue;
      const command = call.stage === 'incoming' ? 'decline' : 'leave';
      await person.ask({ method: 'POST', path: path(call.id, command), body: {} });
    }
  };

  return {
    counts,
    run: async (signal: AbortSignal): Promise<void> => {
      while (!signal.aborted) {
        const seats: Seat[] = [];
        await meet(seats);
        await part(seats);
        await sleep(500);
      }
    },
  };
}
