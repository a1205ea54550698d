import {
  type CommandRequest,
  createOrigin,
  type Engine,
  runCommand,
  toMediaSession,
} from '@ringline/engine';
import { requestContext } from '@ringline/platform';
import type { LiveKitWebhook } from '@ringline/store';
import express, { type Request, Router } from 'express';
import { type WebhookEvent, WebhookReceiver } from 'livekit-server-sdk';
import { refuseOtherMethods, sendRefusal } from '../http/problem.ts';
import { type ApiResponse, routed } from '../http/request.ts';
import { refused } from '../result.ts';

const PATH = '/webhooks/livekit';
const LARGEST_BODY = 1_048_576;
/** How far LiveKit's clock may be from ours. LiveKit itself allows a minute. */
const CLOCK_TOLERANCE_SECONDS = 90;

/** Of LiveKit's protocol. The SDK does not export them. */
const KIND_STANDARD = 0;
const LEFT_AS_DUPLICATE_IDENTITY = 2;
const LEFT_AS_CONNECTION_TIMEOUT = 14;

/** Converts a webhook to a command. Null if it changes no call. */
function toCommand({ event, participant }: WebhookEvent): CommandRequest | null {
  if (event === 'room_finished') return { name: 'room_lost' };
  // Recorders and agents are not participants.
  if (participant === undefined || participant.kind !== KIND_STANDARD) return null;
  const about = { userId: participant.identity, session: toMediaSession(participant) };
  switch (event) {
    case 'participant_joined':
      return { name: 'media_joined', ...about };
    case 'participant_left': {
      const replaced = participant.disconnectReason === LEFT_AS_DUPLICATE_IDENTITY;
      const timedOut = participant.disconnectReason === LEFT_AS_CONNECTION_TIMEOUT;
      return { name: 'media_left', ...about, replaced, timedOut };
    }
    case 'participant_connection_aborted':
      // Only for the timeline: the connect deadline decides.
      return { name: 'expire_deadlines' };
    default:
      return null;
  }
}

/**
 * LiveKit sends whole seconds. Using the last possible millisecond of that second puts the webhook
 * in order with the events of its call.
 */
function toInstant(seconds: bigint): number {
  return Math.min(Number(seconds) * 1000 + 999, Date.now());
}

function toLiveKitWebhook({ id, event, participant, createdAt }: WebhookEvent): LiveKitWebhook {
  return {
    id,
    event,
    userId: participant?.identity ?? null,
    sid: participant?.sid ?? null,
    at: toInstant(createdAt),
  };
}

/**
 * Accepts LiveKit's webhooks. They may be late, duplicated or lost. Each one is run once, as a
 * command like any other. While the database is away the response is a 5xx, so LiveKit retries.
 */
export function createLiveKitWebhook(
  engine: Engine,
  keys: { apiKey: string; apiSecret: string },
): Router {
  const receiver = new WebhookReceiver(keys.apiKey, keys.apiSecret);
  const { store, metrics, logger } = engine;

  const verify = async (request: Request): Promise<WebhookEvent | null> => {
    if (!Buffer.isBuffer(request.body)) return null;
    try {
      const body = request.body.toString('utf8');
      const authorization = request.get('Authorization');
      return await receiver.receive(body, authorization, false, CLOCK_TOLERANCE_SECONDS);
    } catch (error) {
      logger.warn('the signature of a webhook is not valid', { error });
      return null;
    }
  };

  const takeIn = async (event: WebhookEvent, request: Request): Promise<string> => {
    const command = toCommand(event);
    if (command === null || event.room === undefined || event.id === '') return 'ignored';
    const callId = await store.findCallByRoom(event.room.name);
    if (callId === null) return 'unknown_room';
    const origin = { ...createOrigin('livekit'), ...requestContext(request.headers) };
    await runCommand(engine, callId, command, origin, { webhook: toLiveKitWebhook(event) });
    return 'taken_in';
  };

  const receive = async (request: Request, response: ApiResponse): Promise<void> => {
    const event = await verify(request);
    if (event === null) {
      metrics.livekitWebhooks.inc({ event: 'unknown', outcome: 'not_believed' });
      const { refusal } = refused('UNAUTHENTICATED', 'The signature is not valid.');
      return sendRefusal(response, refusal);
    }
    try {
      const outcome = await takeIn(event, request);
      metrics.livekitWebhooks.inc({ event: event.event, outcome });
    } catch (error) {
      metrics.livekitWebhooks.inc({ event: event.event, outcome: 'failed' });
      throw error;
    }
    response.status(200).end();
  };

  const router = Router();
  const rawBody = express.raw({ type: 'application/webhook+json', limit: LARGEST_BODY });
  router.post(PATH, routed(PATH), rawBody, receive);
  router.all(PATH, routed(PATH), refuseOtherMethods('post'));
  return router;
}
