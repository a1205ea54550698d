import type { Socket } from 'socket.io-client';

/** What Socket.IO tells of how an attempt came out. */
const OUTCOMES = ['connect', 'connect_error', 'disconnect'];

/**
 * Opens a closed socket. Calls `onFailure` at the end of the attempts that Socket.IO itself does not tell of in time: where
 * the connection is lost between the upgrade to a WebSocket and the first message, and where nothing comes of it within
 * `limitMs`. The socket is closed again by then. The function that it returns calls the attempt off.
 */
export function openSocket(socket: Socket, limitMs: number, onFailure: () => void): () => void {
  let isOver = false;
  const stop = () => {
    isOver = true;
    clearTimeout(timer);
    engine.off('close', onClose);
    for (const outcome of OUTCOMES) socket.off(outcome, stop);
  };
  const giveUp = () => {
    if (isOver) return;
    stop();
    socket.disconnect();
    onFailure();
  };

  // Socket.IO closes the connection of a refused socket, and tells of the refusal right after it.
  const onClose = () => queueMicrotask(giveUp);

  socket.connect();
  const { engine } = socket.io;
  const timer = setTimeout(giveUp, limitMs);
  engine.on('close', onClose);
  for (const outcome of OUTCOMES) socket.on(outcome, stop);
  return stop;
}
