import type { AccessOf, ActAnswer, ActInput, ActName } from '@ringline/contract';
import type { ConnectionIssuer, Engine } from '@ringline/engine';
import type { CallServiceConfig } from '@ringline/platform';
import type { QualityStore } from '@ringline/quality';
import type { Principal, UserPrincipal } from '../identity/principal.ts';
import type { TokenVerifier } from '../identity/token-verifier.ts';
import type { Rate } from '../limits/rate.ts';
import type { UnansweredRings } from '../limits/unanswered-rings.ts';
import type { ReportQuality } from '../quality/report.ts';
import type { Result } from '../result.ts';
import type { RinglineSocket } from '../sockets/io.ts';

/** The dependencies of the acts. */
export interface ActParts {
  engine: Engine;
  quality: QualityStore;
  issueConnection: ConnectionIssuer;
  rings: UnansweredRings;
  /** For a user in a call. */
  toggleRate: Rate;
  callLimits: Pick<CallServiceConfig, 'timeouts' | 'maxParticipants'>;
  reportQuality: ReportQuality;
  verifyToken: TokenVerifier;
}

/** A user who sent the request through this socket. */
export interface SocketPrincipal extends UserPrincipal {
  socket: RinglineSocket;
}

type PrincipalFor<Access> = Access extends 'socket'
  ? SocketPrincipal
  : Access extends 'user'
    ? UserPrincipal
    : Principal;

/**
 * One act of the contract. Its caller has parsed the input and checked that the principal is
 * permitted.
 */
export type ActFunction<Name extends ActName> = (
  parts: ActParts,
  principal: PrincipalFor<AccessOf<Name>>,
  input: ActInput<Name>,
) => Promise<Result<ActAnswer<Name>>>;
