import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, killServer } from '../fault.ts';
import { refusal, type Treatment } from '../http-gate.ts';
import type { Random } from '../random.ts';

const down: Fault = {
  name: 'livekit-down',
  seconds: 4,
  inject: ({ world }) => killServer(world.livekit),
};

/** What LiveKit's API does to us; its clients do not notice. */
function api(name: string, treatment: Treatment): Fault {
  return {
    name,
    seconds: 6,
    async inject({ world }) {
      world.livekitApi.treat(treatment);
      return async () => world.livekitApi.heal();
    },
  };
}

function webhooks(name: string, treatmentOf: (random: Random) => Treatment): Fault {
  return {
    name,
    seconds: 8,
    async inject({ world, random }) {
      world.webhooks.treat(treatmentOf(random));
      return async () => world.webhooks.heal();
    },
  };
}

export const livekitFaults: readonly Fault[] = [
  down,
  api('livekit-slow', async (forward) => {
    await sleep(3000);
    return forward();
  }),
  api('livekit-answers-500', async () => refusal(500)),
  api('livekit-times-out-after-success', async (forward) => {
    await forward();
    return null;
  }),
  webhooks('webhooks-repeated', () => async (forward) => {
    await forward();
    await Promise.all([forward(), forward(), forward()]);
    return forward();
  }),
  webhooks('webhooks-permuted', (random) => async (forward) => {
    // LiveKit sends the next one of a room after the answer to this one, so that is what comes early.
    sleep(random.between(0, 3000))
      .then(forward)
      .catch(() => undefined);
    return { status: 200, type: 'text/plain', body: Buffer.alloc(0) };
  }),
  webhooks('webhooks-lost', () => async () => ({
    status: 200,
    type: 'text/plain',
    body: Buffer.alloc(0),
  })),
];
