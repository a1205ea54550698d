import { holdsMedia } from '@ringline/testing/browser/media';
import { until } from '@ringline/testing/until';
import { RoomServiceClient } from 'livekit-server-sdk';
import { Client } from 'pg';
import type { Page } from 'playwright-core';
import type { Stack } from './stack.ts';

/** Somebody in LiveKit's room, as LiveKit says. */
export interface Present {
  readonly userId: string;
  /** LiveKit's name for this very session. */
  readonly sid: string;
  readonly microphone: 'on' | 'muted' | 'none';
}

/** Who is in the room of a call, which is asked of LiveKit itself. */
export async function presentIn(stack: Stack, callId: string): Promise<Present[]> {
  const { url, apiKey, apiSecret } = stack.livekit;
  const rooms = new RoomServiceClient(url, apiKey, apiSecret);
  const participants = await rooms.listParticipants(await roomNameOf(stack, callId));
  return participants.map(({ identity, sid, tracks }) => {
    const microphone = tracks.find(({ mimeType }) => mimeType.startsWith('audio/'));
    return { userId: identity, sid, microphone: soundOf(microphone) };
  });
}

function soundOf(track: { muted: boolean } | undefined): Present['microphone'] {
  if (track === undefined) return 'none';
  return track.muted ? 'muted' : 'on';
}

async function roomNameOf(stack: Stack, callId: string): Promise<string> {
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
 * Waits until a user has exactly one media session, and that at this one of their pages: LiveKit knows one,
 * and no other page holds a connection for media.
 * @returns LiveKit's name for it.
 */
export function onlySession(
  stack: Stack,
  callId: string,
  { userId, at, notAt }: { userId: string; at: Page; notAt: readonly Page[] },
): Promise<string> {
  return until(`${userId} has one media session, at the right page`, async () => {
    const sessions = (await presentIn(stack, callId)).filter((one) => one.userId === userId);
    const others = await Promise.all(notAt.map(holdsMedia));
    const right = sessions.length === 1 && (await holdsMedia(at)) && !others.includes(true);
    return right && sessions[0]?.sid;
  });
}
