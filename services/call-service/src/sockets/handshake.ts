import { randomUUID } from 'node:crypto';
import { deviceId, type SocketError } from '@ringline/contract';
import type { Background } from '@ringline/engine';
import type { Logger } from '@ringline/platform';
import { z } from 'zod';
import { toFaultRefusal } from '../faults.ts';
import type { Claims } from '../identity/claims.ts';
import { toPerson } from '../identity/headers.ts';
import type { Origins } from '../identity/origins.ts';
import type { NoteRefusal } from '../identity/refusal-log.ts';
import type { TokenVerifier } from '../identity/token-verifier.ts';
import type { SocketsOfUser } from '../limits/sockets-of-user.ts';
import { invalidBy, ok, type Refusal, type Result, refused } from '../result.ts';
import type { RinglineServer, RinglineSocket, SocketOwner } from './io.ts';

const handshake = z.object({
  token: z.string(),
  deviceId: deviceId.nullish(),
});

/** A refusal as sockets tell it. */
export function toSocketError(
  { message, retryAfterSeconds, ...rest }: Refusal,
  requestId: string,
): SocketError {
  return {
    ...rest,
    message,
    requestId,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/** The user whom a token lets connect: operators ask by REST. */
export async function connectingUser(
  verifyToken: TokenVerifier,
  token: string,
): Promise<Result<Claims>> {
  const verified = await verifyToken(token);
  if (verified.refusal !== null || verified.data.scope === 'user') return verified;
  return refused(
    'FORBIDDEN',
    `Only a user connects; a token of the role ${verified.data.scope} is for REST.`,
  );
}

/** With the reason in words, for whoever sees the message alone. */
function invalidAuth(error: z.ZodError): { refusal: Refusal } {
  const { refusal } = invalidBy(error, 'auth');
  const [first] = refusal.errors ?? [];
  return {
    refusal: { ...refusal, message: `${first?.path} of the handshake: ${first?.message}.` },
  };
}

async function identifyOwner(
  verifyToken: TokenVerifier,
  socket: RinglineSocket,
): Promise<Result<SocketOwner>> {
  // It is what the client sent, which need not be an object.
  const auth: unknown = socket.handshake.auth;
  if (typeof (auth as { token?: unknown } | null)?.token !== 'string') {
    return refused('UNAUTHENTICATED', 'The token is missing from `auth.token` of the handshake.');
  }
  const given = handshake.safeParse(auth);
  if (!given.success) return invalidAuth(given.error);
  const claims = await connectingUser(verifyToken, given.data.token);
  if (claims.refusal !== null) return claims;
  return ok({
    person: toPerson(claims.data),
    // Without a name of its own, each socket is a device of its own.
    deviceId: given.data.deviceId ?? socket.id,
    expiresAt: claims.data.expiresAt,
  });
}

interface GuardParts {
  origins: Origins;
  noteRefusal: NoteRefusal;
  verifyToken: TokenVerifier;
  socketsOfUser: SocketsOfUser;
  background: Background;
  logger: Logger;
}

/**
 * Lets nobody connect from a page of others, without a good token, or too often at a time; who is refused finds the reason in
 * the error's `data`.
 */
export function guardConnections(
  io: RinglineServer,
  { origins, noteRefusal, verifyToken, socketsOfUser, background, logger }: GuardParts,
): void {
  // A place is taken for as long as the connection lasts: one that was told to close, and does not read that, still costs.
  const giveBackAtClose = ({ conn }: RinglineSocket, giveBack: () => Promise<void>): void => {
    const run = () => background.run('giving back the place of a socket', {}, giveBack);
    if (conn.readyState === 'closed') run();
    else conn.once('close', run);
  };

  const admit = async (socket: RinglineSocket): Promise<Refusal | null> => {
    const foreign = origins.refusal(socket.request);
    if (foreign !== null) return foreign;
    const owner = await identifyOwner(verifyToken, socket);
    if (owner.refusal !== null) return owner.refusal;
    const place = await socketsOfUser.take(owner.data.person.userId, socket.id);
    if (place.refusal !== null) return place.refusal;
    giveBackAtClose(socket, place.data);
    Object.assign(socket.data, owner.data);
    return null;
  };

  io.use((socket, next) => {
    const requestId = randomUUID();
    const refuse = (refusal: Refusal): void => {
      const { address, headers } = socket.handshake;
      noteRefusal(refusal, { requestId, address, origin: headers.origin });
      const data = toSocketError(refusal, requestId);
      next(Object.assign(new Error(refusal.message), { data }));
    };
    admit(socket).then(
      (refusal) => (refusal === null ? next() : refuse(refusal)),
      (error: unknown) => refuse(toFaultRefusal(logger, error, { requestId })),
    );
  });
}
