import { AccessToken } from 'livekit-server-sdk';

/** What gets a user into a room of LiveKit's, whatever our calls say. */
export const connectionTo = async (
  { publicUrl, apiKey, apiSecret }: { publicUrl: string; apiKey: string; apiSecret: string },
  room: string,
  identity: string,
): Promise<{ url: string; token: string }> => {
  const token = new AccessToken(apiKey, apiSecret, { identity, ttl: 600 });
  token.addGrant({ roomJoin: true, room, canPublish: true, canSubscribe: true });
  return { url: publicUrl, token: await token.toJwt() };
};
