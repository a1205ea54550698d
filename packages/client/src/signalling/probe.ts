import type { Socket } from 'socket.io-client';
import type { ClientLogger } from '../options.ts';

/** One round trip on any network over which people can talk. */
const PROBE_MS = 2_000;

/**
 * Returns a function that checks an open connection with a ping, and disconnects it where no answer
 * comes.
 */
export function createProbe(socket: Socket, logger: ClientLogger): () => Promise<void> {
  let isProbing = false;
  return async () => {
    if (isProbing) return;
    isProbing = true;
    const { id } = socket;
    try {
      await socket.timeout(PROBE_MS).emitWithAck('ping', {});
    } catch (error) {
      logger.info('the connection is dead', { error });
      if (socket.id === id) socket.disconnect();
    } finally {
      isProbing = false;
    }
  };
}
