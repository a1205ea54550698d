import type { MediaServer } from '@ringline/engine';
import { type Attendance, attendRoom } from '@ringline/testing/room';
import { until } from '@ringline/testing/until';
import { AccessToken } from 'livekit-server-sdk';

/** A connection to a LiveKit room, without the permission of a call. */
export async function connectionTo(
  { publicUrl, apiKey, apiSecret }: { publicUrl: string; apiKey: string; apiSecret: string },
  room: string,
  identity: string,
): Promise<{ url: string; token: string }> {
  const token = new AccessToken(apiKey, apiSecret, { identity, ttl: 600 });
  token.addGrant({ roomJoin: true, room, canPublish: true, canSubscribe: true });
  return { url: publicUrl, token: await token.toJwt() };
}

/** Joins a room, and waits until LiveKit lists the session: that is a moment after the connect. */
export async function attend(
  media: MediaServer,
  roomName: string,
  connection: { url: string; token: string },
): Promise<Attendance> {
  const attendance = await attendRoom(connection);
  await until('LiveKit lists the session', async () => {
    const users = await media.listParticipants(roomName);
    return users.some(({ session }) => session.sid === attendance.sid);
  });
  return attendance;
}
