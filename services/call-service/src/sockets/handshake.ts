import { randomUUID } from 'node:crypto';
import { type Claims, deviceId, type SocketError } from '@ringline/contract';
import type { Background } from '@ringline/engine';
import type { Logger } from '@ringline/platform';
import { z } from 'zod';
import { type Answer, answered, invalidBy, type Refused, refused } from '../answer.ts';
import { refusalOfFault } from '../faults.ts';
import { personOf } from '../identity/identify.ts';
import type { TokenVerifier } from '../identity/token-verifier.ts';
import type { SocketsOfUser } from '../limits/sockets-of-user.ts';
import type { RinglineServer, RinglineSocket, SocketOwner } from './io.ts';

const handshake = z.object({ token: z.string(), deviceId: deviceId.optional() });

/** A refusal as sockets tell it. */
export const socketErrorOf = (
  { message, retryAfterSeconds, ...rest }: Refused,
  requestId: string,
): SocketError => ({
  ...rest,
  message,
  requestId,
  ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
});

/** The user whom a token lets connect: operators ask by REST. */
export const connectingUser = async (
  verifyToken: TokenVerifier,
  token: string,
): Promise<Answer<Claims>> => {
  const verified = await verifyToken(token);
  if (verified.refusal !== null || verified.data.scope === 'user') return verified;
  return refused('FORBIDDEN', 'Only a user connects; a service asks by REST.');
};

const ownerOf = async (
  verifyToken: TokenVerifier,
  socket: RinglineSocket,
): Promise<Answer<SocketOwner>> => {
  const { auth } = socket.handshake;
  if (typeof auth.token !== 'string') return refused('UNAUTHENTICATED', 'A valid token is needed.');
  const given = handshake.safeParse(auth);
  if (!given.success) return invalidBy(given.error, 'auth');
  const claims = await connectingUser(verifyToken, given.data.token);
  if (claims.refusal !== null) return claims;
  return answered({
    person: personOf(claims.data),
    // Without a name of its own, each socket is a device of its own.
    deviceId: given.data.deviceId ?? socket.id,
    expiresAt: claims.data.exp * 1000,
  });
};

interface GuardParts {
  verifyToken: TokenVerifier;
  socketsOfUser: SocketsOfUser;
  background: Background;
  logger: Logger;
}

/** Lets nobody connect without a good token, or too often at a time; who is refused finds the reason in the error's `data`. */
export const guardConnections = (
  io: RinglineServer,
  { verifyToken, socketsOfUser, background, logger }: GuardParts,
): void => {
  // A place is taken for as long as the connection lasts: one that was told to close, and does not read that, still costs.
  const giveBackAtClose = ({ conn }: RinglineSocket, giveBack: () => Promise<void>): void => {
    const run = () => background.run('giving back the place of a socket', {}, giveBack);
    if (conn.readyState === 'closed') run();
    else conn.once('close', run);
  };

  const admit = async (socket: RinglineSocket): Promise<Refused | null> => {
    const owner = await ownerOf(verifyToken, socket);
    if (owner.refusal !== null) return owner.refusal;
    const place = await socketsOfUser.take(owner.data.person.userId, socket.id);
    if (place.refusal !== null) return place.refusal;
    giveBackAtClose(socket, place.data);
    Object.assign(socket.data, owner.data);
    return null;
  };

  io.use((socket, next) => {
    const requestId = randomUUID();
    const refuse = (refusal: Refused): void => {
      logger.debug('socket refused', { requestId, code: refusal.code });
      const data = socketErrorOf(refusal, requestId);
      next(Object.assign(new Error(refusal.message), { data }));
    };
    admit(socket).then(
      (refusal) => (refusal === null ? next() : refuse(refusal)),
      (error: unknown) => refuse(refusalOfFault(logger, error, { requestId })),
    );
  });
};
