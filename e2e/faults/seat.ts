import { Room, RoomEvent } from '@livekit/rtc-node';
import type { Connection } from '@ringline/contract';

/** A user who is really in LiveKit's room, says something ten times a second, and notes who is heard. */
export interface Seat {
  readonly userId: string;
  readonly callId: string;
  isConnected(): boolean;
  /** `Date.now()` of the last thing that was heard of anybody; 0 for never. */
  lastHeardAt(): number;
  leave(): Promise<void>;
}

const SPEAK_EVERY_MS = 100;

export async function takeSeat(
  userId: string,
  callId: string,
  { url, token }: Connection,
): Promise<Seat> {
  const room = new Room();
  let lastHeardAt = 0;
  room.on(RoomEvent.DataReceived, (_data, from) => {
    if (from !== undefined && from.identity !== userId) lastHeardAt = Date.now();
  });
  await room.connect(url, token, { autoSubscribe: true, dynacast: false });
  const speaking = setInterval(() => {
    if (!room.isConnected) return;
    const words = new TextEncoder().encode('still here');
    // Lost where the connection goes meanwhile; the next one tells.
    room.localParticipant?.publishData(words, { reliable: false }).catch(() => undefined);
  }, SPEAK_EVERY_MS);
  return {
    userId,
    callId,
    isConnected: () => room.isConnected,
    lastHeardAt: () => lastHeardAt,
    leave: async () => {
      clearInterval(speaking);
      await room.disconnect();
    },
  };
}
