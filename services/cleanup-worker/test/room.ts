import type { Call } from '@ringline/domain';
import type { LiveKitServer } from '@ringline/testing/livekit';
import { type Attendance, attendRoom } from '@ringline/testing/room';
import { AccessToken } from 'livekit-server-sdk';

/** Creates a token like those of the call service, or one for a recorder or bot of an operator. */
function createToken(
  { apiKey, apiSecret }: LiveKitServer,
  { roomName }: Pick<Call, 'roomName'>,
  identity: string,
  agent: boolean,
): Promise<string> {
  const token = new AccessToken(apiKey, apiSecret, { identity, ttl: 600 });
  token.addGrant({ roomJoin: true, room: roomName, canPublish: true, canSubscribe: true });
  if (agent) token.kind = 'agent';
  return token.toJwt();
}

/** Joins the call's room in LiveKit, even if the user is not in the call. */
export async function joinRoom(
  livekit: LiveKitServer,
  call: Pick<Call, 'roomName'>,
  userId: string,
  { agent = false } = {},
): Promise<Attendance> {
  return attendRoom({
    url: livekit.publicUrl,
    token: await createToken(livekit, call, userId, agent),
  });
}
