import type { Socket } from 'socket.io-client';

/** The events with which Socket.IO reports the result of an attempt. */
const RESULTS = ['connect', 'connect_error', 'disconnect'];

/**
 * Opens a closed socket. Calls `onFailure`, with the socket closed again, in the two cases that
 * Socket.IO does not report in time: the connection is lost between the WebSocket upgrade and the
 * first message, or there is no result within `limitMs`. The returned function abandons the
 * attempt.
 */
export function openSocket(socket: Socket, limitMs: number, onFailure: () => void): () => void {
  let isOver = false;
  const stop = () => {
    isOver = true;
    clearTimeout(timer);
    engine.off('close', onClose);
    for (const result of RESULTS) socket.off(result, stop);
  };
  const giveUp = () => {
    if (isOver) return;
    stop();
    socket.disconnect();
    onFailure();
  };

  // Socket.IO closes the connection of a refused socket first and reports the refusal right after.
  const onClose = () => queueMicrotask(giveUp);

  socket.connect();
  const { engine } = socket.io;
  const timer = setTimeout(giveUp, limitMs);
  engine.on('close', onClose);
  for (const result of RESULTS) socket.on(result, stop);
  return stop;
}
