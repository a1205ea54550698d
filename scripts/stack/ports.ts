import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** True when nothing on this machine holds the port, neither TCP nor UDP. */
async function isFree(port: number): Promise<boolean> {
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

/** Above 10080, to which browsers and `fetch` refuse to connect (Fetch Standard, Port blocking). */
const LOWEST = 11_000;
const PORTS = 21_000;

/** Each process begins somewhere else and goes on from there: no two servers are promised the same port. */
let nextPort = Math.floor(Math.random() * PORTS);

/**
 * A free port, and none that was given before. It lies below the range from which the system takes the ports of outgoing
 * connections, so none of those can grab it before the server that it is meant for listens.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + nextPort;
    nextPort = (nextPort + 1) % PORTS;
    if (await isFree(port)) return port;
  }
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
