import type { RinglineCall } from '@ringline/client';
import type { Device, Person } from './person.ts';
import type { Random } from './random.ts';

/** One act of a user, from those that make sense now. */
type Act = (turn: Turn) => Promise<unknown>;

interface Turn {
  readonly person: Person;
  readonly device: Device;
  readonly random: Random;
  /** Whom this user may call. */
  readonly others: readonly string[];
}

interface InCall extends Turn {
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
  turn: InCall,
  command: string,
  bySdk: (call: RinglineCall) => Promise<void>,
  body?: object,
) {
  return turn.random.chance(0.5)
    ? ask(turn, command, body)
    : turn.person.act(turn.device, command, async () => {
        await bySdk(turn.call);
        return turn.call.snapshot;
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
  accept: (turn) => bySocketOrRest(turn, 'join', (call) => call.accept()),
  decline: (turn) => bySocketOrRest(turn, 'decline', (call) => call.decline(), {}),
  takeover: (turn) => ask(turn, 'join', { takeover: true }),
  leave: (turn) => bySocketOrRest(turn, 'leave', (call) => call.leave()),
  end: (turn) => bySocketOrRest(turn, 'end', (call) => call.end()),
  invite: (turn) => ask(turn, 'invite', { participantIds: [turn.random.pick(turn.others)] }),
  reportQuality: ({ person, call }) => person.reportQuality(call.id),
  toggle: ({ person, device, call, random }) =>
    person.ask({
      method: 'PATCH',
      path: `/calls/${call.id}/participant`,
      body: { audioEnabled: random.chance(0.5) },
      deviceId: device.id,
    }),
  remove: async (turn) => {
    const others = turn.call.others.filter(({ leftAt }) => leftAt === null);
    if (!isHost(turn) || others.length === 0) return;
    const { userId } = turn.random.pick(others);
    await turn.person.ask({
      method: 'DELETE',
      path: `/calls/${turn.call.id}/participants/${userId}`,
      deviceId: turn.device.id,
    });
  },
} satisfies Record<string, (turn: InCall) => Promise<unknown>>;

/** What users do. An act that is listed twice is done twice as often. */
const WHEN_RUNG = ['accept', 'accept', 'accept', 'decline', 'wait'] as const;
const WHEN_IN_CALL = [
  ...Array.from({ length: 10 }, () => 'reportQuality' as const),
  ...(['toggle', 'toggle', 'invite', 'remove', 'takeover', 'leave', 'end'] as const),
] as const;

/** Lets a user act once. */
export async function takeTurn(turn: Turn): Promise<void> {
  const [call] = turn.device.sdk.calls;
  if (call === undefined) {
    if (turn.random.chance(0.4)) await start(turn);
    return;
  }
  const inCall = { ...turn, call };
  if (call.stage !== 'incoming') await acts[turn.random.pick(WHEN_IN_CALL)](inCall);
  else {
    const choice = turn.random.pick(WHEN_RUNG);
    if (choice !== 'wait') await acts[choice](inCall);
  }
}
