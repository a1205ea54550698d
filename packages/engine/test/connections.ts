import type { MediaServer } from '@ringline/engine';
import { type Attendance, attendRoom } from '@ringline/testing/room';
import { until } from '@ringline/testing/until';
import { AccessToken } from 'livekit-server-sdk';

/** What gets a user into a room of LiveKit's, whatever our calls say. */
export async function connectionTo(
  { publicUrl, apiKey, apiSecret }: { publicUrl: string; apiKey: string; apiSecret: string },
  room: string,
  identity: string,
): Promise<{ url: string; token: string }> {
  const token = new AccessToken(apiKey, apiSecret, { identity, ttl: 600 });
  token.addGrant({ roomJoin: true, room, canPublish: true, canSubscribe: true });
  return { url: publicUrl, token: await token.toJwt() };
}

/** Joins, and waits until LiveKit has the media too: a client is connected some moments before. */
export async function attend(
  media: MediaServer,
  roomName: string,
  connection: { url: string; token: string },
): Promise<Attendance> {
  const attendance = await attendRoom(connection);
  await until('LiveKit has them in the room', async () => {
    const users = await media.listParticipants(roomName);
    return users.some(({ session }) => session.sid === attendance.sid);
  });
  return attendance;
}
