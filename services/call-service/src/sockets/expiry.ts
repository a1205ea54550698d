import type { RinglineSocket } from './io.ts';

/** A longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Closes a socket when its token expires. `auth:refresh` may move that time in `socket.data`. */
export function closeAtExpiry(socket: RinglineSocket): void {
  let timer: NodeJS.Timeout | undefined;
  const check = (): void => {
    const left = socket.data.expiresAt - Date.now();
    if (left > 0) {
      timer = setTimeout(check, Math.min(left, LONGEST_TIMER_MS));
      return;
    }
    socket.emit('call:error', {
      code: 'UNAUTHENTICATED',
      message: 'The token has expired.',
      event: 'auth:refresh',
    });
    socket.disconnect(true);
  };
  check();
  socket.on('disconnect', () => clearTimeout(timer));
}
