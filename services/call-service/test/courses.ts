import type { Call, Outcome } from '@ringline/contract';
import { reportJoined } from './livekit-reports.ts';
import type { Place } from './servers.ts';
import type { User } from './user.ts';

export const TALK_SECONDS = 90;

/** Ann calls Ben, and Cleo too in a group. */
interface Scene {
  place: Place;
  callId: string;
  ann: User;
  ben: User;
  cleo: User;
}
/** One way that a call can go, and its outcome for each participant. */
export interface Course {
  name: string;
  group?: true;
  play(scene: Scene): Promise<unknown>;
  /** For the caller, the callee, and the third participant of a group. */
  outcomes: Outcome[];
  state: Call['state'];
}

async function talkFor(place: Place, callId: string, seconds: number, ...users: User[]) {
  const [, ...callees] = users;
  for (const user of callees) await user.act(callId, 'join');
  await reportJoined(place, callId, ...users.map(({ id }) => id));
  await place.moveTime(seconds * 1000);
}

export const courses: Course[] = [
  {
    name: 'was answered',
    play: async ({ place, callId, ann, ben }) => {
      await talkFor(place, callId, TALK_SECONDS, ann, ben);
      await ben.act(callId, 'leave');
    },
    outcomes: ['completed', 'completed'],
    state: 'ended',
  },
  {
    name: 'was declined',
    play: ({ callId, ben }) => ben.act(callId, 'decline'),
    outcomes: ['declined', 'declined'],
    state: 'declined',
  },
  {
    name: 'was declined for being busy',
    play: ({ callId, ben }) => ben.act(callId, 'decline', { reason: 'busy' }),
    outcomes: ['busy', 'busy'],
    state: 'busy',
  },
  {
    name: 'was not answered',
    play: async ({ place, callId, ann }) => {
      await place.moveTime(60_000);
      await ann.act(callId, 'leave');
    },
    outcomes: ['missed', 'missed'],
    state: 'missed',
  },
  {
    name: 'was cancelled',
    play: ({ callId, ann }) => ann.act(callId, 'end'),
    outcomes: ['cancelled', 'missed'],
    state: 'cancelled',
  },
  {
    name: 'was accepted and never connected',
    play: async ({ place, callId, ann, ben }) => {
      await ben.act(callId, 'join');
      await place.moveTime(60_000);
      await ann.act(callId, 'leave');
    },
    outcomes: ['failed', 'failed'],
    state: 'failed',
  },
  {
    name: 'was hung up before it connected',
    play: async ({ callId, ben }) => {
      await ben.act(callId, 'join');
      await ben.act(callId, 'leave');
    },
    outcomes: ['cancelled', 'cancelled'],
    state: 'ended',
  },
  {
    name: 'was not answered by one of three',
    group: true,
    play: async ({ place, callId, ann, ben }) => {
      await talkFor(place, callId, TALK_SECONDS, ann, ben);
      await ann.act(callId, 'end');
    },
    outcomes: ['completed', 'completed', 'missed'],
    state: 'ended',
  },
  {
    name: 'was left with two when the host removed one who rang',
    group: true,
    play: async ({ place, callId, ann, ben, cleo }) => {
      await ann.ask('delete', `/calls/${callId}/participants/${cleo.id}`);
      await talkFor(place, callId, TALK_SECONDS, ann, ben);
      await ann.act(callId, 'end');
    },
    outcomes: ['completed', 'completed', 'missed'],
    state: 'ended',
  },
  {
    name: 'was declined by one of three and goes on',
    group: true,
    play: async ({ place, callId, ann, ben, cleo }) => {
      await cleo.act(callId, 'decline');
      await talkFor(place, callId, 1, ann, ben);
    },
    outcomes: ['ongoing', 'ongoing', 'declined'],
    state: 'connected',
  },
];
