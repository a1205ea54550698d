import type { z } from 'zod';
import type { ClientEventInputs, ClientEventName } from './client-events.ts';
import type { Access, Operation } from './operation.ts';
import {
  type OperationInput,
  type OperationName,
  type Operations,
  operations,
} from './operations.ts';

type Events = readonly [ClientEventName, ...ClientEventName[]];

/**
 * One thing that the service does: by REST, by a client event, or by both. States why one is
 * missing.
 */
export type Act =
  | { operation: OperationName; events: Events }
  | { operation: OperationName; noEvent: string }
  | { noOperation: string; events: Events };

const READ = 'Sockets carry current events. The past is read by REST, page by page.';
const MEDIA = 'A client needs a token even while its socket is disconnected.';
const HOST = 'Host acts are rare, and REST requests can be repeated with an Idempotency-Key.';
const RATING = 'A rating is given once, usually after the socket has closed.';
const SOCKET_ONLY = 'It concerns the socket itself.';
const PEER = 'It goes from one connected device to another.';

/** All acts. The REST routes and the client events are generated from this list. */
export const acts = {
  start: { operation: 'startCall', events: ['call:start'] },
  cancelStart: {
    noOperation: 'REST does not need it: a repeat with the same key returns the call.',
    events: ['call:cancel_start'],
  },
  acknowledgeRing: { operation: 'acknowledgeRing', events: ['call:ringing'] },
  join: { operation: 'joinCall', events: ['call:accept'] },
  requestToken: { operation: 'requestToken', noEvent: MEDIA },
  decline: { operation: 'declineCall', events: ['call:decline'] },
  leave: { operation: 'leaveCall', events: ['call:leave'] },
  end: { operation: 'endCall', events: ['call:end'] },
  invite: { operation: 'inviteToCall', events: ['call:invite'] },
  toggle: {
    operation: 'updateParticipant',
    events: ['call:toggle_audio', 'call:toggle_video', 'call:toggle_screen_share'],
  },

  mute: { operation: 'muteParticipant', noEvent: HOST },
  muteAll: { operation: 'muteAll', noEvent: HOST },
  remove: { operation: 'removeParticipant', noEvent: HOST },
  handOver: { operation: 'handOverHost', noEvent: HOST },

  reportQuality: { operation: 'reportQuality', events: ['call:quality_update'] },
  rate: { operation: 'rateCall', noEvent: RATING },
  getQuality: { operation: 'getQuality', noEvent: READ },

  getCall: { operation: 'getCall', noEvent: READ },
  listEvents: { operation: 'listEvents', noEvent: READ },
  getTimeline: { operation: 'getTimeline', noEvent: READ },
  getHistory: { operation: 'getHistory', noEvent: READ },
  getStats: { operation: 'getStats', noEvent: READ },
  listCalls: { operation: 'listCalls', noEvent: READ },
  listActiveCalls: { operation: 'listActiveCalls', noEvent: 'Sockets receive them in call:sync.' },

  sync: {
    noOperation: 'By REST, listActiveCalls and getCall return the same.',
    events: ['call:sync'],
  },
  refreshToken: { noOperation: SOCKET_ONLY, events: ['auth:refresh'] },
  ping: { noOperation: SOCKET_ONLY, events: ['ping'] },
  relayOffer: { noOperation: PEER, events: ['webrtc:offer'] },
  relayAnswer: { noOperation: PEER, events: ['webrtc:answer'] },
  relayIceCandidate: { noOperation: PEER, events: ['webrtc:ice_candidate'] },
} as const satisfies Record<string, Act>;

export type Acts = typeof acts;
export type ActName = keyof Acts;

type OperationOf<Name extends ActName> = Acts[Name] extends {
  operation: infer O extends OperationName;
}
  ? Operations[O]
  : never;
type EventOf<Name extends ActName> = Acts[Name] extends {
  events: readonly (infer E extends ClientEventName)[];
}
  ? E
  : never;

/** The input of an act, the same for REST and for sockets. */
export type ActInput<Name extends ActName> = [OperationOf<Name>] extends [never]
  ? ClientEventInputs[EventOf<Name>]
  : OperationInput<OperationOf<Name>>;

/** The data in the response of an act; any object for acts without an operation. */
export type ActAnswer<Name extends ActName> = [OperationOf<Name>] extends [never]
  ? object
  : OperationOf<Name> extends {
        answers: Record<number, infer Schema extends z.ZodType>;
      }
    ? z.infer<Schema>
    : never;

/** Who may run an act; `socket` for the user of a connected socket. */
export type AccessOf<Name extends ActName> = [OperationOf<Name>] extends [never]
  ? 'socket'
  : OperationOf<Name>['access'];

const entries = Object.entries<Act>(acts) as [ActName, Act][];
const byOperation = new Map<OperationName, ActName>();
const byEvent = new Map<ClientEventName, ActName>();
for (const [name, act] of entries) {
  if ('operation' in act) byOperation.set(act.operation, name);
  if ('events' in act) for (const event of act.events) byEvent.set(event, name);
}

function requireAct(name: ActName | undefined, form: string): ActName {
  if (name === undefined) throw new Error(`${form} belongs to no act`);
  return name;
}

export function findActOfOperation(operation: OperationName): ActName {
  return requireAct(byOperation.get(operation), operation);
}

export function findActOfEvent(event: ClientEventName): ActName {
  return requireAct(byEvent.get(event), event);
}

export function getAccess(name: ActName): Access {
  const act: Act = acts[name];
  return 'operation' in act ? (operations[act.operation] as Operation).access : 'user';
}
