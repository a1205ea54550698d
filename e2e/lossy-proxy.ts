import { createServer, request } from 'node:http';
import { listen } from '@ringline/platform';
import { silentLogger } from '@ringline/testing/silent-logger';
import { WebSocket, WebSocketServer } from 'ws';

/**
 * The fate of one message: the delay of each of its copies, in milliseconds. Without a copy it is
 * lost.
 */
export type Fate = () => readonly number[];

export interface LossyProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** Socket.IO's mark of an event, as opposed to handshakes, heartbeats and answers. */
const EVENT = '42';

/**
 * A proxy before a call service. It changes only the events that the service sends: each of them
 * meets a fate.
 */
export async function startLossyProxy(target: string, fate: Fate): Promise<LossyProxy> {
  const server = createServer((asked, answer) => {
    const { method, headers, url = '/' } = asked;
    const onward = request(new URL(url, target), { method, headers }, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (client, { url = '/' }) => {
    const service = new WebSocket(new URL(url, target.replace('http', 'ws')));
    const toClient = (message: string) => {
      if (client.readyState === WebSocket.OPEN) client.send(message);
    };
    service.on('message', (data) => {
      const message = data.toString();
      if (!message.startsWith(EVENT)) return toClient(message);
      for (const delay of fate()) setTimeout(toClient, delay, message);
    });
    // The service sends first, so this connection is open before the client sends.
    client.on('message', (data) => service.send(data.toString()));
    client.on('close', () => service.close());
    service.on('close', () => client.close());
  });
  const { port, close } = await listen(server, 0, '127.0.0.1', silentLogger);
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      await close();
    },
  };
}
