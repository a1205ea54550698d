import { startAllOrNothing } from '@ringline/testing/all-or-nothing';
import { openPage, type Person } from '@ringline/testing/browser/page';
import { launchChromium } from '@ringline/testing/chromium';
import { createNetwork, type Network } from '@ringline/testing/network';
import type { Browser } from 'playwright-core';
import { type Stack, startStack } from './stack.ts';
import { createUser, type User } from './user.ts';

/** All of Ringline, and two people at the example page. Ben is behind his own cable. */
export interface BehindCable {
  /** Only Ben's browser is behind the cable. */
  readonly network: Network;
  readonly stack: Stack;
  readonly ann: Person;
  readonly ben: Person;
  /** Ann's account, for requests. */
  readonly asked: User;
  stop(): Promise<void>;
}

export function startBehindCable(env: Record<string, string> = {}): Promise<BehindCable> {
  return startAllOrNothing(async (onStarted) => {
    const network = await createNetwork();
    onStarted(network.remove);
    const stack = await startStack({ web: true, address: network.hostAddress, env });
    onStarted(stack.stop);
    const url = stack.web?.url ?? '';
    const launch = async (where: { executable?: string } = {}): Promise<Browser> => {
      const browser = await launchChromium({ trustedOrigin: url, ...where });
      onStarted(() => browser.close());
      return browser;
    };
    const ann = await openPage(await launch(), url, 'ann');
    const ben = await openPage(await launch({ executable: network.chromium }), url, 'ben');
    return { network, stack, ann, ben, asked: await createUser(stack, 'ann') };
  });
}
