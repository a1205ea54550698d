import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@ringline/testing/ports';
import { attendRoom, closeMedia } from '@ringline/testing/room';
import { type Server, startServer } from '@ringline/testing/server';
import request from 'supertest';
import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import type { User } from './user.ts';

/*
 * The join guard behind a proxy other than the one that we ship, which has a test of its own
 * (e2e/test/caddy.test.ts).
 */

interface Where {
  readonly port: number;
  readonly guard: string;
  readonly livekit: string;
  readonly folder: string;
}

function configuration({ port, guard, livekit, folder }: Where): string {
  return `
    daemon off; pid ${folder}/pid; error_log stderr; worker_processes 1;
    events {}
    http {
      access_log off;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      server {
        listen 127.0.0.1:${port};
        location = /up { return 200; }
        location /rtc {
          auth_request /guard;
          error_page 500 =503 @closed;
          proxy_pass ${livekit};
          proxy_http_version 1.1;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection "upgrade";
        }
        location = /guard {
          internal;
          proxy_pass ${guard}/livekit/authorize;
          proxy_pass_request_body off;
          proxy_set_header Content-Length "";
          proxy_set_header X-Original-URI $request_uri;
        }
        location @closed {
          add_header Access-Control-Allow-Origin * always;
          return 503;
        }
      }
    }`;
}

// Defined before the stack, so that it runs before the stack is closed.
afterAll(closeMedia);
const stack = setUpStack({ webhooks: true });
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

describe('behind nginx', () => {
  let folder: string;
  let server: Server;
  let port: number;
  let guard: string;

  const start = async (): Promise<void> => {
    const config = configuration({ port, guard, livekit: stack.livekit.url, folder });
    await writeFile(`${folder}/config`, config);
    server = await startServer({
      name: 'nginx',
      command: ['nginx', '-p', folder, '-c', `${folder}/config`],
      env: { HOME: folder },
      ready: { url: `http://127.0.0.1:${port}/up` },
    });
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringline-proxy-'));
    port = await freePort();
    guard = stack.replicas[0].internalUrl;
    await start();
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const connectionOf = async (user: User, callId: string) =>
    (await user.act(callId, 'token')).body.connection;
  const sit = ({ token }: { token: string }) =>
    attendRoom({ url: `ws://127.0.0.1:${port}`, token });
  const validate = (token: string) =>
    request(`http://127.0.0.1:${port}`).get(`/rtc/v1/validate?access_token=${token}`);

  test('a user in the call is admitted, and a removed user is not', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    const connection = await connectionOf(ben, callId);
    const seat = await sit(connection);
    await ann.ask('delete', `/calls/${callId}/participants/${ben.id}`);
    await seat.over;
    await expect(sit(connection)).rejects.toThrow();
    expect((await validate(connection.token)).status).toBe(403);
    expect((await validate('x')).status).toBe(401);
  });

  test('all users get 503 while the join guard does not answer, and browsers can read that', async () => {
    const callId = await talk(stack, ann, ben);
    const { token } = await connectionOf(ben, callId);
    const answering = guard;
    await server.stop();
    guard = 'http://127.0.0.1:9';
    await start();
    const answer = await validate(token);
    expect(answer.status).toBe(503);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    guard = answering;
  });
});
