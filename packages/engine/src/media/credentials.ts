import { createHash, createHmac } from 'node:crypto';
import type { Connection } from '@ringline/contract';
import type { Call } from '@ringline/domain';
import { AccessToken, TrackSource } from 'livekit-server-sdk';

export interface ConnectionSettings {
  livekit: { publicUrl: string; apiKey: string; apiSecret: string; tokenTtlSeconds: number };
  turn: { stunUrls: readonly string[]; turnUrls: readonly string[]; secret: string | null };
  /** TURN credentials live as long as a call can: a relayed user must be able to reconnect. */
  maxCallSeconds: number;
}

/** Makes what one user needs to reach the media of one call; nobody checks here whether they may. */
export type ConnectionIssuer = (
  call: Call,
  userId: string,
  name: string | null,
) => Promise<Connection>;

/** LiveKit lets nobody in whose name has more bytes, unless it is configured otherwise. */
const LONGEST_NAME_BYTES = 256;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Clients show the name that the call has; this one is for those who look into LiveKit. */
function cutForLiveKit(name: string): string {
  let bytes = 0;
  let cut = '';
  for (const { segment } of graphemes.segment(name)) {
    bytes += Buffer.byteLength(segment);
    if (bytes > LONGEST_NAME_BYTES) break;
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

/** Of these characters, and as many, every TURN server and browser takes a user name. */
const TURN_NAME = /^[\w.@|+-]{1,128}$/;

/** TURN knows 513 bytes and has rules of its own for text beyond ASCII: what may be more is named by its hash. */
function toTurnUsername(userId: string): string {
  return TURN_NAME.test(userId) ? userId : createHash('sha256').update(userId).digest('base64url');
}

/**
 * Time-limited TURN credentials: the user name is `expiry:user`, the password its HMAC-SHA1 in base64
 * (draft-uberti-behave-turn-rest-00, what coturn's `use-auth-secret` expects).
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
      ...(name !== null && { name: cutForLiveKit(name) }),
    });
    // No admin, create, list, record or hidden grant: with roomCreate a finished call could be reopened.
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
