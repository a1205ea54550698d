import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { listen } from '@ringline/platform';
import { silentLogger } from '@ringline/testing/silent-logger';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

/** Handles a request. `forward` may be called any number of times; null means no answer. */
export type Treatment = (forward: () => Promise<Answer>, asked: Asked) => Promise<Answer | null>;

/**
 * A proxy before an HTTP server. It forwards requests and WebSockets until `treat`; from then on it
 * refuses new WebSockets.
 */
export interface HttpGate {
  readonly url: string;
  treat(treatment: Treatment): void;
  /** Forwards everything again. */
  heal(): void;
  close(): Promise<void>;
}

const pass: Treatment = (forward) => forward();

export function refusal(status: number): Answer {
  return {
    status,
    type: 'application/json',
    body: Buffer.from('{"code":"internal","msg":"injected by the fault battery"}'),
  };
}

/** Headers to forward; the others belong to the connection. */
const PASSED_ON = ['authorization', 'content-type', 'accept', 'traceparent', 'tracestate'];

async function forwardTo(target: string, { method, path, headers, body }: Asked): Promise<Answer> {
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = headers[name];
    return typeof value === 'string' ? [[name, value] as [string, string]] : [];
  });
  const response = await fetch(new URL(path, target), {
    method,
    headers: passedOn,
    ...(body.length > 0 && { body: new Uint8Array(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? 'application/json',
    body: Buffer.from(await response.arrayBuffer()),
  };
}

/** Repeats the client's upgrade request, and connects the two sides. */
function passUpgrade(
  target: string,
  { url, rawHeaders }: IncomingMessage,
  client: Duplex,
  head: Buffer,
): Socket {
  const { hostname, port } = new URL(target);
  const upstream = connect(Number(port), hostname);
  const headers = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : [],
  );
  upstream.write([`GET ${url ?? '/'} HTTP/1.1`, ...headers, '', ''].join('\r\n'));
  upstream.write(head);
  client.pipe(upstream);
  upstream.pipe(client);
  upstream.on('error', () => upstream.destroy());
  upstream.on('close', () => client.destroy());
  client.on('close', () => upstream.destroy());
  return upstream;
}

export async function openHttpGate(target: () => string): Promise<HttpGate> {
  let treatment = pass;
  const silent = new Set<ServerResponse>();
  const server = createServer(async (request, response) => {
    try {
      const body = Buffer.concat(await request.toArray());
      const { method = 'GET', url: path = '/', headers } = request;
      const asked = { method, path, headers, body };
      const answer = await treatment(() => forwardTo(target(), asked), asked);
      if (answer === null) return silent.add(response);
      response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
    } catch {
      // The server behind does not answer, so neither do we.
      response.destroy();
    }
  });
  const upgraded = new Set<Socket>();
  server.on('upgrade', (request, client, head) => {
    client.on('error', () => client.destroy());
    if (treatment !== pass) return client.destroy();
    const upstream = passUpgrade(target(), request, client, head);
    upgraded.add(upstream);
    upstream.on('close', () => upgraded.delete(upstream));
  });
  const { port, close } = await listen(server, 0, '127.0.0.1', silentLogger);
  const heal = () => {
    treatment = pass;
    for (const response of silent) response.destroy();
    silent.clear();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    treat: (next) => {
      treatment = next;
    },
    heal,
    close: async () => {
      heal();
      for (const upstream of upgraded) upstream.destroy();
      server.closeAllConnections();
      await close();
    },
  };
}
