import { once } from 'node:events';
import { createServer } from 'node:http';
import { createHostApp } from './app.ts';
import { buildPage, pageRouter } from './page.ts';
import { readSettings } from './settings.ts';
import { createSignToken } from './token.ts';

async function start(): Promise<void> {
  const { host, port, ringlineUrl, jwt } = readSettings(process.env);
  const page = pageRouter(await buildPage());
  const hostApp = createHostApp({ ringlineUrl, signToken: createSignToken(jwt), page });
  const server = createServer(hostApp.app);
  server.listen(port, host);
  await once(server, 'listening');
  console.log(`The example host app listens on http://${host}:${port}`);

  const stop = () => {
    hostApp.close();
    server.close();
    server.closeIdleConnections();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

await start().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
