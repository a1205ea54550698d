import type { Socket } from 'socket.io-client';

/** What Socket.IO tells of how an attempt came out. */
const OUTCOMES = ['connect', 'connect_error', 'disconnect'];

/**
 * Opens a closed socket. Calls `onFailure` at the end of the attempts that Socket.IO itself does not tell of in time: where
 * the connection is lost between the upgrade to a WebSocket and the first message, and where nothing comes of it within
 * `limitMs`. The socket is closed again by then. The function that it returns calls the attempt off.
 */
export const openSocket = (
  socket: Socket,
  limitMs: number,
  onFailure: () => void,
): (() => void) => {
  const stop = () => {
    clearTimeout(timer);
    engine.off('close', giveUp);
    for (const outcome of OUTCOMES) socket.off(outcome, stop);
  };
  const giveUp = () => {
    stop();
    socket.disconnect();
    onFailure();
  };

  socket.connect();
  const { engine } = socket.io;
  const timer = setTimeout(giveUp, limitMs);
  engine.on('close', giveUp);
  for (const outcome of OUTCOMES) socket.on(outcome, stop);
  return stop;
};
