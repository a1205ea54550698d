import { type OnStarted, startAllOrNothing } from '@ringline/testing/all-or-nothing';
import { launchChromium } from '@ringline/testing/chromium';
import { createNetwork, type Network } from '@ringline/testing/network';
import { freePort } from '@ringline/testing/ports';
import { startTemplate } from '@ringline/testing/postgres';
import { startWebApp } from '@ringline/testing/web-app';
import type { Browser } from 'playwright-core';
import { openFrontDoor } from '../faults/front-door.ts';
import { type Stack, startStack } from '../stack.ts';
import type { CutPart } from './rows.ts';

/** Two call services behind a load balancer, and two people, each behind their own cable. */
export interface World {
  readonly stack: Stack;
  readonly pageUrl: string;
  readonly browsers: { readonly caller: Browser; readonly callee: Browser };
  cut(part: CutPart): Promise<void>;
  mend(part: CutPart): Promise<void>;
  stop(): Promise<void>;
}

export function startWorld(): Promise<World> {
  return startAllOrNothing(startParts);
}

async function startParts(onStarted: OnStarted): Promise<Omit<World, 'stop'>> {
  const makeNetwork = async (): Promise<Network> => {
    const network = await createNetwork();
    onStarted(network.remove);
    return network;
  };
  onStarted((await startTemplate()).stop);
  const cables = { caller: await makeNetwork(), callee: await makeNetwork() };
  const address = cables.caller.hostAddress;
  const webPort = await freePort();
  const pageUrl = `http://${address}:${webPort}`;
  const env = { CORS_ORIGINS: pageUrl };
  const stack = await startStack({ replicas: 2, twoRedis: true, address, env });
  onStarted(stack.stop);
  const services = [stack.callService, ...stack.replicas];
  const door = await openFrontDoor(
    services.map(({ url }) => Number(new URL(url).port)),
    address,
  );
  onStarted(door.close);
  const web = await startWebApp({
    address,
    port: webPort,
    ringlineUrl: door.url,
    env: stack.env,
  });
  onStarted(web.stop);

  const launchBehind = async ({ chromium }: Network): Promise<Browser> => {
    const browser = await launchChromium({ trustedOrigin: pageUrl, executable: chromium });
    onStarted(() => browser.close());
    return browser;
  };
  const browsers = {
    caller: await launchBehind(cables.caller),
    callee: await launchBehind(cables.callee),
  };
  const servers = {
    'call service': stack.callService,
    Redis: stack.redis,
    LiveKit: stack.livekit,
  };
  return {
    ...{ stack, pageUrl, browsers },
    cut: async (part) => {
      if (part === 'caller' || part === 'callee') await cables[part].cut();
      else process.kill(servers[part].pid(), 'SIGSTOP');
    },
    mend: async (part) => {
      if (part === 'caller' || part === 'callee') await cables[part].mend();
      else process.kill(servers[part].pid(), 'SIGCONT');
    },
  };
}
