import { setTimeout as delay } from 'node:timers/promises';
import type { Metrics } from '@ringline/platform';
import { type ParticipantInfo, TrackSource } from 'livekit-server-sdk';
import { closeUnknownRoom, evictUnknown, makeRoomKnown } from './livekit-lost-redis.ts';
import { isActive, isUser, toMediaSession } from './livekit-participants.ts';
import { createLiveKitRequests, type LiveKitOptions } from './livekit-requests.ts';
import type { MediaServer } from './media-server.ts';

const SOURCES = {
  audio: [TrackSource.MICROPHONE],
  video: [TrackSource.CAMERA],
  screen: [TrackSource.SCREEN_SHARE, TrackSource.SCREEN_SHARE_AUDIO],
} as const;

/** A new track is listed once its media arrives, which takes a second on a slow connection. */
const PUBLISHING_MS = 2000;
const RETRY_MS = 100;

/** LiveKit's room service and signalling behind our port. */
export function createLiveKit(options: LiveKitOptions, metrics: Metrics): MediaServer {
  const requests = createLiveKitRequests(options, metrics);

  const listKnownRoom = async (roomName: string): Promise<ParticipantInfo[]> => {
    const participants = await requests.listParticipants(roomName);
    if (participants === null) throw new Error('no node of LiveKit has the room');
    return participants;
  };

  return {
    createRoom: (roomName, timeouts) => requests.createRoom(roomName, timeouts),

    async restoreRoom(roomName, timeouts) {
      await requests.createRoom(roomName, timeouts);
      // LiveKit finds a room in a node's memory and does not write it to the Redis that has lost
      // it.
      if (!(await requests.isListed(roomName))) await makeRoomKnown(requests, roomName);
    },

    async deleteRoom(roomName) {
      // If LiveKit is down, the second way fails, too, and reports the error.
      if (!(await requests.deleteRoom(roomName).catch(() => false))) {
        await closeUnknownRoom(requests, roomName);
      }
    },

    async removeParticipant(roomName, userId, others) {
      if (await requests.removeParticipant(roomName, userId)) return;
      await evictUnknown(requests, roomName, userId, others);
    },

    async mute(roomName, userId, kind) {
      const sources: readonly TrackSource[] = SOURCES[kind];
      const giveUpAt = performance.now() + PUBLISHING_MS;
      for (;;) {
        const user = (await listKnownRoom(roomName)).filter(({ identity }) => identity === userId);
        const tracks = user
          .flatMap((participant) => participant.tracks)
          .filter(({ source }) => sources.includes(source));
        for (const { sid, muted } of tracks) {
          if (!muted) await requests.muteTrack(roomName, userId, sid);
        }
        const mayBePublishing = user.length > 0 && tracks.length === 0;
        if (!mayBePublishing || performance.now() > giveUpAt) return;
        await delay(RETRY_MS);
      }
    },

    listRooms: () => requests.listRooms(),

    async listParticipants(roomName) {
      return (await listKnownRoom(roomName))
        .filter((participant) => isUser(participant) && isActive(participant))
        .map((participant) => ({
          userId: participant.identity,
          session: toMediaSession(participant),
        }));
    },

    ping: () => requests.ping(),
  };
}
