import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** True when nothing on this machine holds the port, neither TCP nor UDP. */
export async function isFree(port: number): Promise<boolean> {
  return (await canListen(port)) && (await canBindUdp(port));
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, LOOPBACK, () => server.close(() => resolve(true)));
  });
}

function canBindUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind(port, LOOPBACK, () => socket.close(() => resolve(true)));
  });
}

/** Gives the preferred port or the next free one above it, and never the same port twice. */
export function createPortFinder(): (preferred: number) => Promise<number> {
  const given = new Set<number>();
  return async (preferred) => {
    let port = preferred;
    while (given.has(port) || !(await isFree(port))) port += 1;
    given.add(port);
    return port;
  };
}
