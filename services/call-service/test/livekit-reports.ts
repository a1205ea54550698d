import { createHash, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import request from 'supertest';
import type { CallService, Place } from './servers.ts';

export interface Report {
  event: string;
  room?: string;
  /** A user and their session; LiveKit's kind and reason where they matter. */
  participant?: {
    identity: string;
    sid: string;
    joinedAtMs: number;
    kind?: string;
    disconnectReason?: string;
  };
  id?: string;
}

export async function sign(
  { apiKey, apiSecret }: { apiKey: string; apiSecret: string },
  body: string,
  clockAheadMs = 0,
): Promise<string> {
  const sha256 = createHash('sha256').update(body).digest('base64');
  const now = Math.floor((Date.now() + clockAheadMs) / 1000);
  // LiveKit gives such a token the same lifetime.
  return new SignJWT({ sha256 })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(apiKey)
    .setNotBefore(now)
    .setExpirationTime(now + 300)
    .sign(new TextEncoder().encode(apiSecret));
}

export function bodyOf({ event, room, participant, id = randomUUID() }: Report): string {
  return JSON.stringify({
    event,
    id,
    createdAt: String(Math.floor(Date.now() / 1000)),
    ...(room !== undefined && { room: { name: room, sid: 'RM_test' } }),
    ...(participant && {
      participant: { ...participant, joinedAtMs: String(participant.joinedAtMs) },
    }),
  });
}

export function postWebhook(
  place: Place,
  body: string,
  authorization: string | null,
  on: CallService = place.replicas[0],
) {
  const posted = request(on.url)
    .post('/webhooks/livekit')
    .set('Content-Type', 'application/webhook+json');
  if (authorization !== null) posted.set('Authorization', authorization);
  return posted.send(body);
}

/** Posts a webhook as LiveKit does. */
export async function report(place: Place, reported: Report) {
  const body = bodyOf(reported);
  return postWebhook(place, body, await sign(place.livekit, body));
}

export async function roomOf(place: Place, callId: string): Promise<string> {
  const found = await place.database.query('SELECT room_name FROM calls WHERE id = $1', [callId]);
  return found.rows[0].room_name;
}

/** LiveKit reports that these users joined the room, with a session each. */
export async function reportJoined(place: Place, callId: string, ...userIds: string[]) {
  const room = await roomOf(place, callId);
  for (const identity of userIds) {
    const participant = { identity, sid: `PA_${identity}_1`, joinedAtMs: Date.now() };
    const answer = await report(place, { event: 'participant_joined', room, participant });
    expect(answer.status).toBe(200);
  }
}
