import type { Call } from '@ringline/domain';
import type { LiveKitServer } from '@ringline/testing/livekit';
import { type Attendance, attendRoom } from '@ringline/testing/room';
import { AccessToken } from 'livekit-server-sdk';

/** What a token of ours grants; `agent` is one for a recorder or a bot of an operator's. */
function tokenFor(
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

/** Goes into the call's room in LiveKit, whatever our calls say. */
export async function sit(
  livekit: LiveKitServer,
  call: Pick<Call, 'roomName'>,
  userId: string,
  { agent = false } = {},
): Promise<Attendance> {
  return attendRoom({
    url: livekit.publicUrl,
    token: await tokenFor(livekit, call, userId, agent),
  });
}
