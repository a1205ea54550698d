import type { Device } from '../device.ts';
import type { Asked, AskOptions, User } from '../user.ts';
import type { Situation } from './situations.ts';

/** The other users of a command, if it names any. */
interface About {
  callId: string;
  /** A user who is in the call, if any other user is. */
  other: User;
  /** A user who is in no call. */
  free: string;
}

interface Attempt {
  rest?(user: User, about: About, options: AskOptions): Promise<Asked>;
  socket?(about: About): readonly [event: string, payload: object];
}

function post(
  what: string | ((about: About) => string),
  body: (about: About) => object = () => ({}),
) {
  return (user: User, about: About, options: AskOptions) =>
    user.act(about.callId, typeof what === 'string' ? what : what(about), body(about), options);
}

function ofCall(event: string, payload: (about: About) => object = () => ({})) {
  return (about: About) => [event, { callId: about.callId, ...payload(about) }] as const;
}

function invited({ free }: About) {
  return { participantIds: [free] };
}

/** Every command in its form for REST and for sockets. */
export const attempts = {
  ring: { rest: post('ringing'), socket: ofCall('call:ringing') },
  join: { rest: post('join'), socket: ofCall('call:accept') },
  rejoin: {
    rest: post('join', () => ({ rejoin: true })),
    socket: ofCall('call:accept', () => ({ rejoin: true })),
  },
  decline: { rest: post('decline'), socket: ofCall('call:decline') },
  leave: { rest: post('leave'), socket: ofCall('call:leave') },
  end: { rest: post('end'), socket: ofCall('call:end') },
  invite: { rest: post('invite', invited), socket: ofCall('call:invite', invited) },
  token: { rest: post('token') },
  toggle: {
    rest: (user, { callId }, options) =>
      user.ask('patch', `/calls/${callId}/participant`, {
        ...options,
        body: { audioEnabled: false },
      }),
    socket: ofCall('call:toggle_audio', () => ({ enabled: false })),
  },
  mute: {
    rest: post(
      ({ other }) => `participants/${other.id}/mute`,
      () => ({ kind: 'audio' }),
    ),
  },
  muteAll: { rest: post('mute-all') },
  remove: {
    rest: (user, { callId, other }, options) =>
      user.ask('delete', `/calls/${callId}/participants/${other.id}`, options),
  },
  handOver: {
    rest: (user, { callId, other }, options) =>
      user.ask('put', `/calls/${callId}/host`, { ...options, body: { userId: other.id } }),
  },
  relay: { socket: ofCall('webrtc:offer', ({ other }) => ({ to: other.id, sdp: 'v=0' })) },
} satisfies Record<string, Attempt>;

export type CommandName = keyof typeof attempts;

export function aboutFor({ callId, users }: Situation, user: User): About {
  const other = user === users.caller ? (users.callee ?? users.invited) : users.caller;
  return { callId, other: other ?? users.stranger, free: `free-${callId}` };
}

/** Tries a command by REST and by a socket, where it has these forms, and returns the results. */
export async function tryCommand(
  name: CommandName,
  user: User,
  about: About,
  device: { id: string | null; socket: Device | undefined },
): Promise<string[]> {
  const { rest, socket }: Attempt = attempts[name];
  const results: string[] = [];
  if (rest !== undefined) {
    const options = device.id === null ? {} : { device: device.id };
    const { status, body } = await rest(user, about, options);
    results.push(status < 300 ? 'done' : body.code);
  }
  if (socket !== undefined && device.socket !== undefined) {
    const { ok, error } = await device.socket.send(...socket(about));
    results.push(ok ? 'done' : error.code);
  }
  return results;
}
