import { createHash, createHmac } from 'node:crypto';
import type { Connection } from '@ringline/contract';
import type { Call } from '@ringline/domain';
import { AccessToken, TrackSource } from 'livekit-server-sdk';

export interface ConnectionSettings {
  livekit: { publicUrl: string; apiKey: string; apiSecret: string; tokenTtlSeconds: number };
  turn: { stunUrls: readonly string[]; turnUrls: readonly string[]; secret: string | null };
  /** TURN credentials last as long as a call may, so that a relayed user can reconnect. */
  maxCallSeconds: number;
}

/** Issues the credentials for a user to reach the media of a call. The caller checks permission. */
export type ConnectionIssuer = (
  call: Call,
  userId: string,
  name: string | null,
) => Promise<Connection>;

/** LiveKit's default limit: it rejects participants with longer names. */
const MAX_NAME_BYTES = 256;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Clients show the name from the call. This name only appears in LiveKit's own tools. */
function truncateName(name: string): string {
  let bytes = 0;
  let cut = '';
  for (const { segment } of graphemes.segment(name)) {
    bytes += Buffer.byteLength(segment);
    if (bytes > MAX_NAME_BYTES) break;
    cut += segment;
  }
  return cut;
}

const PUBLISHED = [
  TrackSource.CAMERA,
  TrackSource.MICROPHONE,
  TrackSource.SCREEN_SHARE,
  TrackSource.SCREEN_SHARE_AUDIO,
];

/** Every TURN server and browser accepts user names of this form. */
const TURN_NAME = /^[\w.@|+-]{1,128}$/;

/** TURN limits names to 513 bytes and restricts text beyond ASCII, so other ids are hashed. */
function toTurnUsername(userId: string): string {
  return TURN_NAME.test(userId) ? userId : createHash('sha256').update(userId).digest('base64url');
}

/**
 * Time-limited TURN credentials: the user name is `expiry:user`, the password its HMAC-SHA1 in
 * base64 (draft-uberti-behave-turn-rest-00, what coturn's `use-auth-secret` expects).
 */
function turnCredentials(secret: string, userId: string, expiresAtSeconds: number) {
  const username = `${expiresAtSeconds}:${toTurnUsername(userId)}`;
  const credential = createHmac('sha1', secret).update(username).digest('base64');
  return { username, credential };
}

function iceServersFor(settings: ConnectionSettings, userId: string): Connection['iceServers'] {
  const { stunUrls, turnUrls, secret } = settings.turn;
  const stun = stunUrls.length === 0 ? [] : [{ urls: [...stunUrls] }];
  if (turnUrls.length === 0 || secret === null) return stun;
  const expiresAtSeconds = Math.floor(Date.now() / 1000) + settings.maxCallSeconds;
  const turn = { urls: [...turnUrls], ...turnCredentials(secret, userId, expiresAtSeconds) };
  return [...stun, turn];
}

export function createConnectionIssuer(settings: ConnectionSettings): ConnectionIssuer {
  return async (call, userId, name) => {
    const { livekit } = settings;
    const token = new AccessToken(livekit.apiKey, livekit.apiSecret, {
      identity: userId,
      ttl: livekit.tokenTtlSeconds,
      ...(name !== null && { name: truncateName(name) }),
    });
    // No admin, create, list, record or hidden grant: with roomCreate a finished call could be
    // reopened.
    token.addGrant({
      roomJoin: true,
      room: call.roomName,
      canPublish: true,
      canPublishSources: PUBLISHED,
      canSubscribe: true,
      canPublishData: true,
      canUpdateOwnMetadata: false,
    });
    return {
      url: livekit.publicUrl,
      token: await token.toJwt(),
      expiresAt: new Date(Date.now() + livekit.tokenTtlSeconds * 1000).toISOString(),
      iceServers: iceServersFor(settings, userId),
    };
  };
}
