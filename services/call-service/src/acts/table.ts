import type { ActName } from '@ringline/contract';
import type { Principal } from '../identity/principal.ts';
import type { Result } from '../result.ts';
import { acknowledgeRing } from './acknowledge-ring.ts';
import type { ActFunction, ActParts } from './act.ts';
import { cancelStart } from './cancel-start.ts';
import { decline } from './decline.ts';
import { end } from './end.ts';
import { getCall } from './get-call.ts';
import { getHistory } from './get-history.ts';
import { getQuality } from './get-quality.ts';
import { getStats } from './get-stats.ts';
import { getTimeline } from './get-timeline.ts';
import { handOver } from './hand-over.ts';
import { invite } from './invite.ts';
import { join } from './join.ts';
import { leave } from './leave.ts';
import { listActiveCalls } from './list-active-calls.ts';
import { listCalls } from './list-calls.ts';
import { listEvents } from './list-events.ts';
import { mute } from './mute.ts';
import { muteAll } from './mute-all.ts';
import { ping } from './ping.ts';
import { rate } from './rate.ts';
import { refreshToken } from './refresh-token.ts';
import { relay } from './relay.ts';
import { remove } from './remove.ts';
import { reportQuality } from './report-quality.ts';
import { requestToken } from './request-token.ts';
import { start } from './start.ts';
import { sync } from './sync.ts';
import { toggle } from './toggle.ts';

/** Every act of the contract, run by the REST routes and the sockets. */
const actFunctions: { [Name in ActName]: ActFunction<Name> } = {
  start,
  cancelStart,
  acknowledgeRing,
  join,
  requestToken,
  decline,
  leave,
  end,
  invite,
  toggle,

  mute,
  muteAll,
  remove,
  handOver,

  reportQuality,
  rate,
  getQuality,

  getCall,
  listEvents,
  getTimeline,
  getHistory,
  getStats,
  listCalls,
  listActiveCalls,

  sync,
  refreshToken,
  ping,
  relayOffer: relay('webrtc:offer'),
  relayAnswer: relay('webrtc:answer'),
  relayIceCandidate: relay('webrtc:ice_candidate'),
};

/**
 * Runs an act by its name. The caller has parsed the input and checked that the principal is
 * permitted.
 */
export type RunAct = (
  name: ActName,
  principal: Principal,
  input: object,
) => Promise<Result<object>>;

type AnyAct = (parts: ActParts, ...asked: [Principal, object]) => Promise<Result<object>>;

export function createRunAct(parts: ActParts): RunAct {
  // The types cannot express that both were checked for this act.
  return (name, principal, input) => (actFunctions[name] as AnyAct)(parts, principal, input);
}
