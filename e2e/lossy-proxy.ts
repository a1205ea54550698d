import { createServer, request } from 'node:http';
import { listen } from '@ringline/platform';
import { silentLogger } from '@ringline/testing/silent-logger';
import { WebSocket, WebSocketServer } from 'ws';

/** What becomes of one message: after how many milliseconds each of its copies arrives. None: it is lost. */
export type Fate = () => readonly number[];

export interface LossyProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** Socket.IO's mark of an event, as opposed to handshakes, heartbeats and answers. */
const EVENT = '42';

/**
 * Stands before a call service. It hands on everything as it comes, but for what the service sends on its own:
 * each of those events meets a fate.
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
    // The service speaks first, so that this connection stands when the client has something to say.
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
