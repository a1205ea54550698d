import { holdsMedia } from '@ringline/testing/browser/media';
import { until } from '@ringline/testing/until';
import { RoomServiceClient } from 'livekit-server-sdk';
import { Client } from 'pg';
import type { Page } from 'playwright-core';
import type { Stack } from './stack.ts';

/** A participant of LiveKit's room, according to LiveKit. */
export interface Present {
  readonly userId: string;
  /** LiveKit's id of this session. */
  readonly sid: string;
  readonly microphone: 'on' | 'muted' | 'none';
}

/** Asks LiveKit who is in the room of a call. */
export async function listPresent(stack: Stack, callId: string): Promise<Present[]> {
  const { url, apiKey, apiSecret } = stack.livekit;
  const rooms = new RoomServiceClient(url, apiKey, apiSecret);
  const participants = await rooms.listParticipants(await readRoomName(stack, callId));
  return participants.map(({ identity, sid, tracks }) => {
    const microphone = tracks.find(({ mimeType }) => mimeType.startsWith('audio/'));
    return { userId: identity, sid, microphone: toMicrophone(microphone) };
  });
}

function toMicrophone(track: { muted: boolean } | undefined): Present['microphone'] {
  if (track === undefined) return 'none';
  return track.muted ? 'muted' : 'on';
}

async function readRoomName(stack: Stack, callId: string): Promise<string> {
  const database = new Client({ connectionString: stack.database.url });
  await database.connect();
  try {
    const { rows } = await database.query('SELECT room_name FROM calls WHERE id = $1', [callId]);
    return rows[0].room_name;
  } finally {
    await database.end();
  }
}

/**
 * Waits until a user has exactly one media session, on the given page: LiveKit lists one, and no
 * other page holds a media connection.
 * @returns LiveKit's id of the session.
 */
export function waitForOnlySession(
  stack: Stack,
  callId: string,
  { userId, at, notAt }: { userId: string; at: Page; notAt: readonly Page[] },
): Promise<string> {
  return until(`${userId} has one media session, on the right page`, async () => {
    const sessions = (await listPresent(stack, callId)).filter((one) => one.userId === userId);
    const others = await Promise.all(notAt.map(holdsMedia));
    const right = sessions.length === 1 && (await holdsMedia(at)) && !others.includes(true);
    return right && sessions[0]?.sid;
  });
}
