import { type Metrics, traceHeaders } from '@ringline/platform';
import {
  type ParticipantInfo,
  ParticipantInfo_State,
  RoomServiceClient,
  ServerError,
  TrackSource,
} from 'livekit-server-sdk';
import type { MediaServer } from './media-server.ts';

const REQUEST_TIMEOUT_SECONDS = 5;
/** Of LiveKit's protocol; the SDK does not export the others: recorders, agents, telephones. */
const KIND_STANDARD = 0;
/** Asking for it costs LiveKit next to nothing. */
const NO_ROOM = 'none';

const SOURCES = {
  audio: [TrackSource.MICROPHONE],
  video: [TrackSource.CAMERA],
  screen: [TrackSource.SCREEN_SHARE, TrackSource.SCREEN_SHARE_AUDIO],
} as const;

const isNotFound = (error: unknown): boolean =>
  error instanceof ServerError && error.status === 404;

/** LiveKit's milliseconds where it has them: its seconds are too coarse to order two sessions. */
export const sessionOf = (participant: ParticipantInfo): { sid: string; joinedAtMs: number } => ({
  sid: participant.sid,
  joinedAtMs: Number(participant.joinedAtMs) || Number(participant.joinedAt) * 1000,
});

/** Hands on the trace of the request on whose behalf LiveKit is asked; the SDK has no other place for headers. */
class TracedRooms extends RoomServiceClient {
  override async authHeader(...grants: Parameters<RoomServiceClient['authHeader']>) {
    return { ...(await super.authHeader(...grants)), ...traceHeaders() };
  }
}

/** LiveKit's room service behind our port, each request measured and bounded in time. */
export const createLiveKit = (
  options: { url: string; apiKey: string; apiSecret: string },
  metrics: Metrics,
): MediaServer => {
  const rooms = new TracedRooms(options.url, options.apiKey, options.apiSecret, {
    requestTimeout: REQUEST_TIMEOUT_SECONDS,
    failover: false,
  });

  const measured = async <T>(operation: string, request: () => Promise<T>): Promise<T> => {
    const stop = metrics.livekitRequestDuration.startTimer({ operation });
    try {
      const answer = await request();
      stop({ outcome: 'ok' });
      return answer;
    } catch (error) {
      stop({ outcome: isNotFound(error) ? 'not_found' : 'failed' });
      throw error;
    }
  };

  const unlessGone = async (request: () => Promise<unknown>): Promise<void> => {
    try {
      await request();
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };

  const deleteRoom = (roomName: string) =>
    unlessGone(() => measured('delete_room', () => rooms.deleteRoom(roomName)));

  const listParticipants = async (roomName: string): Promise<ParticipantInfo[]> => {
    try {
      return await measured('list_participants', () => rooms.listParticipants(roomName));
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  };

  return {
    async openRoom(roomName, { emptySeconds, departureSeconds }) {
      await measured('create_room', () =>
        rooms.createRoom({
          name: roomName,
          emptyTimeout: emptySeconds,
          departureTimeout: departureSeconds,
        }),
      );
    },

    async closeRoom(roomName) {
      try {
        await deleteRoom(roomName);
      } catch {
        // After a crash LiveKit lists rooms whose node is gone and cannot delete them; making such a room
        // again gives it a node, from which it can be deleted. A LiveKit that is down fails this as well.
        await measured('create_room', () => rooms.createRoom({ name: roomName }));
        await deleteRoom(roomName);
      }
    },

    removeUser: (roomName, userId) =>
      unlessGone(() =>
        measured('remove_participant', () => rooms.removeParticipant(roomName, userId)),
      ),

    async mute(roomName, userId, kind) {
      const participants = await listParticipants(roomName);
      const sources: readonly TrackSource[] = SOURCES[kind];
      const tracks = participants
        .filter(({ identity }) => identity === userId)
        .flatMap((participant) => participant.tracks)
        .filter(({ source, muted }) => sources.includes(source) && !muted);
      for (const { sid } of tracks) {
        await unlessGone(() =>
          measured('mute_track', () => rooms.mutePublishedTrack(roomName, userId, sid, true)),
        );
      }
    },

    async roomNames() {
      const listed = await measured('list_rooms', () => rooms.listRooms());
      return listed.map(({ name }) => name);
    },

    async usersIn(roomName) {
      const participants = await listParticipants(roomName);
      return participants
        .filter(
          ({ state, kind }) => state === ParticipantInfo_State.ACTIVE && kind === KIND_STANDARD,
        )
        .map((participant) => ({
          userId: participant.identity,
          session: sessionOf(participant),
        }));
    },

    async ping() {
      await measured('ping', () => rooms.listRooms([NO_ROOM]));
    },
  };
};
