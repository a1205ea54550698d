import { randomUUID } from 'node:crypto';
import { deviceId } from '@ringline/contract';
import type { Refusal } from '@ringline/domain';
import type { BackgroundTasks } from '@ringline/engine';
import type { Logger } from '@ringline/platform';
import { z } from 'zod';
import { toFaultRefusal } from '../faults.ts';
import { toPerson } from '../identity/headers.ts';
import type { Origins } from '../identity/origins.ts';
import type { LogRefusal } from '../identity/refusal-log.ts';
import { type TokenVerifier, verifyUser } from '../identity/token-verifier.ts';
import type { SocketsOfUser } from '../limits/sockets-of-user.ts';
import { toSocketError } from '../refusal-forms.ts';
import { invalidBy, ok, type Result, refused } from '../result.ts';
import type { RinglineServer, RinglineSocket, SocketOwner } from './io.ts';

const handshake = z.object({
  token: z.string(),
  deviceId: deviceId.nullish(),
});

/** The message names the first invalid field, since clients may show only the message. */
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
  // The client may send anything here.
  const auth: unknown = socket.handshake.auth;
  if (typeof (auth as { token?: unknown } | null)?.token !== 'string') {
    return refused('UNAUTHENTICATED', 'The token is missing from `auth.token` of the handshake.');
  }
  const given = handshake.safeParse(auth);
  if (!given.success) return invalidAuth(given.error);
  const claims = await verifyUser(verifyToken, given.data.token);
  if (claims.refusal !== null) return claims;
  return ok({
    person: toPerson(claims.data),
    // A socket without a device id counts as its own device.
    deviceId: given.data.deviceId ?? socket.id,
    expiresAt: claims.data.expiresAt,
  });
}

export interface GuardParts {
  origins: Origins;
  logRefusal: LogRefusal;
  verifyToken: TokenVerifier;
  socketsOfUser: SocketsOfUser;
  backgroundTasks: BackgroundTasks;
  logger: Logger;
}

/**
 * Refuses connections from foreign pages, without a valid token, or above the user's limit of
 * sockets. The reason is in the error's `data`.
 */
export function guardConnections(
  io: RinglineServer,
  { origins, logRefusal, verifyToken, socketsOfUser, backgroundTasks, logger }: GuardParts,
): void {
  // Frees the place only when the connection closes, since a client that ignores the close packet
  // still uses memory.
  const freePlaceAtClose = ({ conn }: RinglineSocket, freePlace: () => Promise<void>): void => {
    const run = () => backgroundTasks.run('freeing the place of a socket', {}, freePlace);
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
    freePlaceAtClose(socket, place.data);
    Object.assign(socket.data, owner.data);
    return null;
  };

  io.use((socket, next) => {
    const requestId = randomUUID();
    const refuse = (refusal: Refusal): void => {
      const { address, headers } = socket.handshake;
      logRefusal(refusal, { requestId, address, origin: headers.origin });
      const data = toSocketError(refusal, requestId);
      next(Object.assign(new Error(refusal.message), { data }));
    };
    admit(socket).then(
      (refusal) => (refusal === null ? next() : refuse(refusal)),
      (error: unknown) => refuse(toFaultRefusal(logger, error, { requestId })),
    );
  });
}
