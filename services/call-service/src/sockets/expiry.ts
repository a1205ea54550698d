import type { RinglineSocket } from './io.ts';

/** A longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Closes a socket when its token expires; what `auth:refresh` puts into `socket.data` is looked at anew. */
export function closeAtExpiry(socket: RinglineSocket): void {
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const left = socket.data.expiresAt - Date.now();
    if (left > 0) {
      timer = setTimeout(look, Math.min(left, LONGEST_TIMER_MS));
      return;
    }
    socket.emit('call:error', {
      code: 'UNAUTHENTICATED',
      message: 'The token has expired.',
      event: 'auth:refresh',
    });
    socket.disconnect(true);
  };
  look();
  socket.on('disconnect', () => clearTimeout(timer));
}
