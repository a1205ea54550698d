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
  /** LiveKit itself, not a proxy with the join guard: the service also joins rooms. */
  url: string;
  apiKey: string;
  apiSecret: string;
}

/** A session in a room without media. It lasts until `leave`. */
export interface SignalSession {
  leave(): void;
}

/** Single requests to LiveKit, measured and with a timeout. Not finding something is no error. */
export interface LiveKitRequests {
  createRoom(roomName: string, timeouts?: RoomTimeouts): Promise<void>;
  /** False if LiveKit's Redis does not know the room. It may still exist in a node's memory. */
  deleteRoom(roomName: string): Promise<boolean>;
  /** The rooms that LiveKit's Redis knows. */
  listRooms(): Promise<string[]>;
  /** Whether LiveKit's Redis knows the room. */
  isListed(roomName: string): Promise<boolean>;
  /** Asks the node that has the room. Null if no node has it. */
  listParticipants(roomName: string): Promise<ParticipantInfo[] | null>;
  /** False if LiveKit's Redis does not know the participant. They may still be in the room. */
  removeParticipant(roomName: string, identity: string): Promise<boolean>;
  muteTrack(roomName: string, identity: string, trackSid: string): Promise<void>;
  /**
   * Joins as `identity`, which ends any other session of that identity. Creates a room for a second
   * or two if there is none, and lists a room that only a node's memory has. Other participants do
   * not see a hidden session, and it lists the room with a delay.
   */
  enterRoom(
    roomName: string,
    identity: string,
    options: { hidden: boolean },
  ): Promise<SignalSession>;
  /** Resolves if LiveKit accepts our credentials. */
  ping(): Promise<void>;
}

const REQUEST_TIMEOUT_SECONDS = 5;
/** The name of no room: listing it is a cheap request. */
const NO_ROOM = 'none';
const TOKEN_SECONDS = 30;
/** A version of LiveKit's signalling whose first message is the response to the join. */
const SIGNAL_PROTOCOL = 15;

function isNotFound(error: unknown): boolean {
  return error instanceof ServerError && error.status === 404;
}

/** The error of LiveKit's message bus, after three seconds, if no node serves the room. */
function isServedByNoNode(error: unknown): boolean {
  return error instanceof ServerError && error.message.includes('no response from servers');
}

/** Adds the trace of the current request. The SDK has no other place for headers. */
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

/**
 * A token without media rights. As an agent is not a user of a call, its webhooks change nothing.
 */
async function signalToken(
  { apiKey, apiSecret }: LiveKitOptions,
  room: string,
  identity: string,
  hidden: boolean,
): Promise<string> {
  const token = new AccessToken(apiKey, apiSecret, { identity, ttl: TOKEN_SECONDS });
  token.kind = 'agent';
  const noMedia = { canPublish: false, canPublishData: false, canSubscribe: false };
  // Without roomCreate, LiveKit admits no one to a room that its Redis does not know.
  token.addGrant({ roomJoin: true, roomCreate: true, room, hidden, ...noMedia });
  // A room that only this session created ends with it.
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

  const measured = async <Value>(
    operation: string,
    request: () => Promise<Value>,
  ): Promise<Value> => {
    const stop = metrics.livekitRequestDuration.startTimer({ operation });
    try {
      const value = await request();
      stop({ outcome: 'ok' });
      return value;
    } catch (error) {
      stop({ outcome: isNotFound(error) ? 'not_found' : 'failed' });
      throw error;
    }
  };

  /** False if LiveKit answers that there is no such thing. */
  const isFound = (operation: string, request: () => Promise<unknown>): Promise<boolean> =>
    unless(isNotFound, false, async () => {
      await measured(operation, request);
      return true;
    });

  return {
    async createRoom(name, timeouts) {
      const { emptySeconds: emptyTimeout, departureSeconds: departureTimeout } = timeouts ?? {};
      const roomOptions = {
        ...(emptyTimeout && { emptyTimeout }),
        ...(departureTimeout && { departureTimeout }),
      };
      await measured('create_room', () => rooms.createRoom({ name, ...roomOptions }));
    },
    deleteRoom: (roomName) => isFound('delete_room', () => rooms.deleteRoom(roomName)),
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
      isFound('remove_participant', () => rooms.removeParticipant(roomName, identity)),
    async muteTrack(roomName, identity, trackSid) {
      await isFound('mute_track', () =>
        rooms.mutePublishedTrack(roomName, identity, trackSid, true),
      );
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
