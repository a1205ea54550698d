import { once } from 'node:events';
import { type Metrics, traceHeaders, within } from '@ringline/platform';
import {
  AccessToken,
  type ParticipantInfo,
  RoomConfiguration,
  RoomServiceClient,
  ServerError,
} from 'livekit-server-sdk';
import { WebSocket } from 'ws';
import type { RoomTimeouts } from './media-server.ts';

export interface LiveKitOptions {
  /** LiveKit itself, not a proxy that asks the join guard: the service joins rooms by it, too. */
  url: string;
  apiKey: string;
  apiSecret: string;
}

/** A session in a room without any media, which lasts until `leave`. */
export interface SignalSession {
  leave(): void;
}

/** One request to LiveKit each, measured and bounded in time. What is not found is a value, not an exception. */
export interface LiveKitRequests {
  createRoom(roomName: string, timeouts?: RoomTimeouts): Promise<void>;
  /** False if LiveKit's Redis does not know the room, which may well live in a node's memory. */
  deleteRoom(roomName: string): Promise<boolean>;
  /** All that LiveKit's Redis knows. */
  listRooms(): Promise<string[]>;
  /** Whether LiveKit's Redis knows the room. */
  isListed(roomName: string): Promise<boolean>;
  /** Asked of the node that has the room. Empty if that node says so, null if no node has the room. */
  listParticipants(roomName: string): Promise<ParticipantInfo[] | null>;
  /** False if LiveKit's Redis does not know the participant, who may well be in the room. */
  removeParticipant(roomName: string, identity: string): Promise<boolean>;
  muteTrack(roomName: string, identity: string, trackSid: string): Promise<void>;
  /**
   * Joins as `identity`, which ends any other session of that identity. Makes a room for a second or two if there is none,
   * and makes one that lives in memory known to Redis. A hidden session is told to nobody, and does not make the room known at once.
   */
  enterRoom(
    roomName: string,
    identity: string,
    options: { hidden: boolean },
  ): Promise<SignalSession>;
  /** Resolves when LiveKit answers to our credentials. */
  ping(): Promise<void>;
}

const REQUEST_TIMEOUT_SECONDS = 5;
/** Asking for it costs LiveKit next to nothing. */
const NO_ROOM = 'none';
const TOKEN_SECONDS = 30;
/** A version of LiveKit's signalling whose first message is the answer to the join. */
const SIGNAL_PROTOCOL = 15;

function isNotFound(error: unknown): boolean {
  return error instanceof ServerError && error.status === 404;
}

/** How LiveKit's message bus says that no node serves the room, after three seconds. */
function isServedByNoNode(error: unknown): boolean {
  return error instanceof ServerError && error.message.includes('no response from servers');
}

/** Hands on the trace of the request on whose behalf LiveKit is asked; the SDK has no other place for headers. */
class TracedRooms extends RoomServiceClient {
  override async authHeader(...grants: Parameters<RoomServiceClient['authHeader']>) {
    return { ...(await super.authHeader(...grants)), ...traceHeaders() };
  }
}

async function unless<Value>(
  isExpected: (error: unknown) => boolean,
  otherwise: Value,
  request: () => Promise<Value>,
): Promise<Value> {
  try {
    return await request();
  } catch (error) {
    if (isExpected(error)) return otherwise;
    throw error;
  }
}

/** Neither publishes nor hears; an agent is no participant of a call, so its webhooks change nothing. */
async function signalToken(
  { apiKey, apiSecret }: LiveKitOptions,
  room: string,
  identity: string,
  hidden: boolean,
): Promise<string> {
  const token = new AccessToken(apiKey, apiSecret, { identity, ttl: TOKEN_SECONDS });
  token.kind = 'agent';
  const nothing = { canPublish: false, canPublishData: false, canSubscribe: false };
  // Without roomCreate, LiveKit lets nobody into a room that its Redis does not know.
  token.addGrant({ roomJoin: true, roomCreate: true, room, hidden, ...nothing });
  // A room that exists only because it was entered is nobody's: it goes with the session.
  token.roomConfig = new RoomConfiguration({ emptyTimeout: 1, departureTimeout: 1 });
  return token.toJwt();
}

/** Resolves with the first message, which LiveKit sends once the session is in the room. */
async function openSignal(url: URL, token: string): Promise<SignalSession> {
  const timeoutMs = REQUEST_TIMEOUT_SECONDS * 1000;
  const socket = new WebSocket(url, {
    headers: { Authorization: `Bearer ${token}` },
    handshakeTimeout: timeoutMs,
  });
  const { promise: closed, reject } = Promise.withResolvers<never>();
  socket.on('close', () => reject(new Error('LiveKit closed the session before it began')));
  socket.on('error', reject);
  try {
    await within(timeoutMs, Promise.race([once(socket, 'message'), closed]));
  } catch (error) {
    socket.terminate();
    throw error;
  }
  return { leave: () => socket.terminate() };
}

function signalUrl(url: string): URL {
  const signal = new URL('rtc', url.endsWith('/') ? url : `${url}/`);
  signal.protocol = signal.protocol === 'https:' ? 'wss:' : 'ws:';
  signal.search = new URLSearchParams({
    auto_subscribe: '0',
    protocol: String(SIGNAL_PROTOCOL),
  }).toString();
  return signal;
}

export function createLiveKitRequests(options: LiveKitOptions, metrics: Metrics): LiveKitRequests {
  const rooms = new TracedRooms(options.url, options.apiKey, options.apiSecret, {
    requestTimeout: REQUEST_TIMEOUT_SECONDS,
    failover: false,
  });

  const measured = async <Answer>(
    operation: string,
    request: () => Promise<Answer>,
  ): Promise<Answer> => {
    const stop = metrics.livekitRequestDuration.startTimer({ operation });
    try {
      const answer = await request();
      stop({ outcome: 'ok' });
      return answer;
    } catch (error) {
      stop({ outcome: isNotFound(error) ? 'not_found' : 'failed' });
      throw error;
    }
  };

  /** Whether it was found. */
  const found = (operation: string, request: () => Promise<unknown>): Promise<boolean> =>
    unless(isNotFound, false, async () => {
      await measured(operation, request);
      return true;
    });

  return {
    async createRoom(name, timeouts) {
      const { emptySeconds: emptyTimeout, departureSeconds: departureTimeout } = timeouts ?? {};
      const asked = {
        ...(emptyTimeout && { emptyTimeout }),
        ...(departureTimeout && { departureTimeout }),
      };
      await measured('create_room', () => rooms.createRoom({ name, ...asked }));
    },
    deleteRoom: (roomName) => found('delete_room', () => rooms.deleteRoom(roomName)),
    async listRooms() {
      const listed = await measured('list_rooms', () => rooms.listRooms());
      return listed.map(({ name }) => name);
    },
    async isListed(roomName) {
      const listed = await measured('list_room', () => rooms.listRooms([roomName]));
      return listed.length > 0;
    },
    listParticipants: (roomName) =>
      unless<ParticipantInfo[] | null>(isServedByNoNode, null, () =>
        unless(isNotFound, [], () =>
          measured('list_participants', () => rooms.listParticipants(roomName)),
        ),
      ),
    removeParticipant: (roomName, identity) =>
      found('remove_participant', () => rooms.removeParticipant(roomName, identity)),
    async muteTrack(roomName, identity, trackSid) {
      await found('mute_track', () => rooms.mutePublishedTrack(roomName, identity, trackSid, true));
    },
    async enterRoom(roomName, identity, { hidden }) {
      const token = await signalToken(options, roomName, identity, hidden);
      return measured('enter_room', () => openSignal(signalUrl(options.url), token));
    },
    async ping() {
      await measured('ping', () => rooms.listRooms([NO_ROOM]));
    },
  };
}
