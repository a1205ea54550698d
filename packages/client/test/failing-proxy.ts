import type { Socket } from 'node:net';
import { startTcpProxy, type TcpProxy } from '@ringline/testing/tcp-proxy';

/** How far the first connection comes: its request is on the way, or upgraded, or Engine.IO has shaken hands. */
export type Stage = 'requested' | 'upgraded' | 'open';

const END_OF_HEAD = '\r\n\r\n';

/** Passes what the service sends up to this stage, and hands the client's socket to `fail` then. */
function passUntil(stage: Stage, client: Socket, service: Socket, fail: (client: Socket) => void) {
  let isOpen = false;
  client.on('data', (bytes) => {
    if (stage === 'open' && isOpen) fail(client);
    else service.write(bytes);
  });
  service.on('data', (bytes) => {
    isOpen = true;
    if (stage === 'requested') return fail(client);
    if (stage === 'open') return void client.write(bytes);
    client.write(bytes.subarray(0, bytes.indexOf(END_OF_HEAD) + END_OF_HEAD.length));
    fail(client);
  });
}

/** Stands before a service; the first connection fails at a stage, all later ones do not. */
export function startFailingProxy(
  to: string,
  stage: Stage,
  fail: (client: Socket) => void,
): Promise<TcpProxy> {
  let isFirst = true;
  return startTcpProxy(to, (client, service) => {
    if (isFirst) passUntil(stage, client, service, fail);
    else client.pipe(service).pipe(client);
    isFirst = false;
  });
}
