import { launchChromium } from '@ringline/testing/chromium';
import { createNetwork, type Network } from '@ringline/testing/network';
import { freePort } from '@ringline/testing/ports';
import { startTemplate } from '@ringline/testing/postgres';
import { startWebApp } from '@ringline/testing/web-app';
import type { Browser } from 'playwright-core';
import { openFrontDoor } from '../faults/front-door.ts';
import { type Stack, startStack } from '../stack.ts';
import type { CutPart } from './rows.ts';

/** Two call services behind a plain balancer, and two people, each with a cable of their own. */
export interface World {
  readonly stack: Stack;
  readonly pageUrl: string;
  readonly browsers: { readonly caller: Browser; readonly callee: Browser };
  cut(part: CutPart): Promise<void>;
  mend(part: CutPart): Promise<void>;
  close(): Promise<void>;
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

export async function createWorld(): Promise<World> {
  const steps: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of steps.splice(0).reverse()) await step();
  };
  const networkOf = async (): Promise<Network> => {
    const network = await createNetwork();
    steps.push(network.remove);
    return network;
  };
  try {
    steps.push((await startTemplate()).stop);
    const cables = { caller: await networkOf(), callee: await networkOf() };
    const address = cables.caller.hostAddress;
    const webPort = await freePort();
    const pageUrl = `http://${address}:${webPort}`;
    const env = { CORS_ORIGINS: pageUrl };
    const stack = await startStack({ replicas: 2, twoRedis: true, address, env });
    steps.push(stack.stop);
    const services = [stack.callService, ...stack.replicas];
    const door = await openFrontDoor(
      services.map(({ url }) => portOf(url)),
      address,
    );
    steps.push(door.close);
    const web = await startWebApp({
      address,
      port: webPort,
      ringlineUrl: door.url,
      env: stack.env,
    });
    steps.push(web.stop);

    const browserBehind = async ({ chromium }: Network): Promise<Browser> => {
      const browser = await launchChromium({ trustedOrigin: pageUrl, executable: chromium });
      steps.push(() => browser.close());
      return browser;
    };
    const browsers = {
      caller: await browserBehind(cables.caller),
      callee: await browserBehind(cables.callee),
    };

    const pidOf = {
      'call service': () => stack.callService.pid(),
      Redis: () => stack.redis.pid(),
      LiveKit: () => stack.livekit.pid(),
    };
    return {
      ...{ stack, pageUrl, browsers, close },
      cut: async (part) => {
        if (part === 'caller' || part === 'callee') await cables[part].cut();
        else process.kill(pidOf[part](), 'SIGSTOP');
      },
      mend: async (part) => {
        if (part === 'caller' || part === 'callee') await cables[part].mend();
        else process.kill(pidOf[part](), 'SIGCONT');
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
