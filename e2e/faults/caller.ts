import type { RinglineCall } from '@ringline/client';
import type { Device, Person } from './person.ts';
import type { Random } from './random.ts';

/** One act of a user, from those that make sense now. */
type Act = (opportunity: Opportunity) => Promise<unknown>;

interface Opportunity {
  readonly person: Person;
  readonly device: Device;
  readonly random: Random;
  /** Whom this user may call. */
  readonly others: readonly string[];
}

interface InCall extends Opportunity {
  readonly call: RinglineCall;
}

function ask({ person, device, call }: InCall, command: string, body: object = {}) {
  return person.ask({
    method: 'POST',
    path: `/calls/${call.id}/${command}`,
    body,
    deviceId: device.id,
  });
}

/** Sends half of the acts by the SDK's socket, the other half by REST. */
function bySocketOrRest(
  opportunity: InCall,
  command: string,
  bySdk: (call: RinglineCall) => Promise<void>,
  body?: object,
) {
  return opportunity.random.chance(0.5)
    ? ask(opportunity, command, body)
    : opportunity.person.act(opportunity.device, command, async () => {
        await bySdk(opportunity.call);
        return opportunity.call.snapshot;
      });
}

const start: Act = ({ person, device, random, others }) => {
  const participantIds = random.shuffled(others).slice(0, random.chance(0.6) ? 1 : 2);
  const body = { type: 'audio' as const, participantIds };
  return random.chance(0.5)
    ? person.ask({ method: 'POST', path: '/calls/start', body, deviceId: device.id })
    : person.act(device, 'start', async (sdk) => (await sdk.start(body)).snapshot);
};

function isHost({ call, person }: InCall): boolean {
  return call.snapshot.hostId === person.id;
}

const acts = {
  accept: (opportunity) => bySocketOrRest(opportunity, 'join', (call) => call.accept()),
  decline: (opportunity) => bySocketOrRest(opportunity, 'decline', (call) => call.decline(), {}),
  takeover: (opportunity) => ask(opportunity, 'join', { takeover: true }),
  leave: (opportunity) => bySocketOrRest(opportunity, 'leave', (call) => call.leave()),
  end: (opportunity) => bySocketOrRest(opportunity, 'end', (call) => call.end()),
  invite: (opportunity) =>
    ask(opportunity, 'invite', { participantIds: [opportunity.random.pick(opportunity.others)] }),
  reportQuality: ({ person, call }) => person.reportQuality(call.id),
  toggle: ({ person, device, call, random }) =>
    person.ask({
      method: 'PATCH',
      path: `/calls/${call.id}/participant`,
      body: { audioEnabled: random.chance(0.5) },
      deviceId: device.id,
    }),
  remove: async (opportunity) => {
    const others = opportunity.call.others.filter(({ leftAt }) => leftAt === null);
    if (!isHost(opportunity) || others.length === 0) return;
    const { userId } = opportunity.random.pick(others);
    await opportunity.person.ask({
      method: 'DELETE',
      path: `/calls/${opportunity.call.id}/participants/${userId}`,
      deviceId: opportunity.device.id,
    });
  },
} satisfies Record<string, (opportunity: InCall) => Promise<unknown>>;

/** What users do. An act that is listed twice is done twice as often. */
const WHEN_RUNG = ['accept', 'accept', 'accept', 'decline', 'wait'] as const;
const WHEN_IN_CALL = [
  ...Array.from({ length: 10 }, () => 'reportQuality' as const),
  ...(['toggle', 'toggle', 'invite', 'remove', 'takeover', 'leave', 'end'] as const),
] as const;

/** Lets a user act once. */
export async function act(opportunity: Opportunity): Promise<void> {
  const [call] = opportunity.device.sdk.calls;
  if (call === undefined) {
    if (opportunity.random.chance(0.4)) await start(opportunity);
    return;
  }
  const inCall = { ...opportunity, call };
  if (call.stage !== 'incoming') await acts[opportunity.random.pick(WHEN_IN_CALL)](inCall);
  else {
    const choice = opportunity.random.pick(WHEN_RUNG);
    if (choice !== 'wait') await acts[choice](inCall);
  }
}
