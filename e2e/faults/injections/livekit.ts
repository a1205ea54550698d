import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, killServer } from '../fault.ts';
import { refusal, type Treatment } from '../http-gate.ts';
import type { Random } from '../random.ts';

const down: Fault = {
  name: 'livekit-down',
  seconds: 4,
  inject: ({ world }) => killServer(world.livekit),
};

/** Breaks LiveKit's API for our processes. Its clients do not notice. */
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

function webhooks(name: string, makeTreatment: (random: Random) => Treatment): Fault {
  return {
    name,
    seconds: 8,
    async inject({ world, random }) {
      world.webhooks.treat(makeTreatment(random));
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
    // LiveKit sends a room's next webhook after this answer, so that one overtakes this one.
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
