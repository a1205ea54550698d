import { expireDueCalls } from '@ringline/engine';
import type { Device } from '../device.ts';
import { bodyOf, postWebhook, roomOf, sign } from '../livekit-reports.ts';
import type { Replica, Stack } from '../stack.ts';
import type { AskOptions, User } from '../user.ts';
import type { Act, Ask, Report, RoomFinished, UserRequest } from './acts.ts';
import type { Answer } from './answers.ts';
import type { Workers } from './workers.ts';

export const DEVICES = ['phone', 'laptop'] as const;

/** The real service, as the users of one run meet it. */
export interface Service {
  stack: Stack;
  workers: Workers;
  /** By user id. */
  users: ReadonlyMap<string, User>;
  /** Their sockets, by user id and device. */
  sockets: ReadonlyMap<string, ReadonlyMap<string, Device>>;
  operators: Record<'service' | 'admin', User>;
}

export function replicaOf({ replicas }: Stack, index: number): Replica {
  return replicas[index % replicas.length] ?? replicas[0];
}

type Method = Parameters<User['ask']>[0];
interface Rest {
  method: Method;
  path: string;
  body?: object;
}

function restOf(request: UserRequest): Rest {
  const post = (path: string, body: object = {}): Rest => ({ method: 'post', path, body });
  switch (request.name) {
    case 'acknowledge_ring':
      return post('ringing');
    case 'join':
      return post('join', { takeover: request.takeover, rejoin: request.rejoin });
    case 'decline':
      return post('decline', { reason: request.reason });
    case 'leave':
      return post('leave');
    case 'end':
      return post('end');
    case 'invite':
      return post('invite', { participantIds: request.participantIds });
    case 'token':
      return post('token', { takeover: request.takeover });
    case 'toggle':
      return { method: 'patch', path: 'participant', body: switched(request) };
    case 'mute':
      return post(`participants/${request.userId}/mute`, { kind: request.kind });
    case 'mute_all':
      return post('mute-all');
    case 'remove':
      return { method: 'delete', path: `participants/${request.userId}` };
    case 'hand_over':
      return { method: 'put', path: 'host', body: { userId: request.userId } };
  }
}

function switched(request: UserRequest & { name: 'toggle' }) {
  const { name: _name, person: _person, ...patch } = request;
  return patch;
}

const TOGGLES = {
  audioEnabled: 'call:toggle_audio',
  videoEnabled: 'call:toggle_video',
  screenSharing: 'call:toggle_screen_share',
} as const;

/** The client event that is the request's twin; null where there is none. */
export function socketEventOf(request: UserRequest): readonly [string, object] | null {
  switch (request.name) {
    case 'acknowledge_ring':
      return ['call:ringing', {}];
    case 'join':
      return ['call:accept', { takeover: request.takeover, rejoin: request.rejoin }];
    case 'decline':
      return ['call:decline', { reason: request.reason }];
    case 'leave':
      return ['call:leave', {}];
    case 'end':
      return ['call:end', {}];
    case 'invite':
      return ['call:invite', { participantIds: request.participantIds }];
    case 'toggle': {
      const [[field, enabled] = [], ...more] = Object.entries(switched(request));
      const event = TOGGLES[field as keyof typeof TOGGLES];
      return more.length === 0 && event !== undefined ? [event, { enabled }] : null;
    }
    default:
      return null;
  }
}

function withoutSecrets({ connection, ...data }: Record<string, unknown>) {
  return {
    ...data,
    ...(connection !== undefined && { connection: true }),
  };
}

function reasonOf({ callId, existingCallId }: Record<string, unknown>) {
  return {
    ...(callId !== undefined && { callId }),
    ...(existingCallId !== undefined && { existingCallId }),
  };
}

function userOf({ users }: Service, userId: string): User {
  const user = users.get(userId);
  if (user === undefined) throw new Error(`${userId} is not of this run`);
  return user;
}

async function askByRest(service: Service, { by, device, key, replica, asked }: Ask) {
  const { method, path, body }: Rest =
    asked.name === 'start'
      ? { method: 'post', path: '/calls/start', body: asked.body }
      : restOf(asked.request);
  const options: AskOptions = {
    on: replicaOf(service.stack, replica),
    ...(body !== undefined && { body }),
    ...(device !== null && { device }),
    ...(key !== null && { key }),
  };
  const there = asked.name === 'start' ? path : `/calls/${asked.callId}/${path}`;
  const answer = await userOf(service, by.userId).ask(method, there, options);
  const { status, body: data } = answer;
  return status < 400
    ? { status, code: null, data: withoutSecrets(data) }
    : { status, code: data.code, data: reasonOf(data) };
}

async function askBySocket(service: Service, { by, device, key, asked }: Ask): Promise<Answer> {
  const socket = service.sockets.get(by.userId)?.get(device ?? '');
  const twin =
    asked.name === 'start' ? (['call:start', asked.body] as const) : socketEventOf(asked.request);
  if (socket === undefined || twin === null) throw new Error('this cannot be asked by a socket');
  const [event, payload] = twin;
  const { ok, data, error } = await socket.send(event, {
    ...payload,
    ...(asked.name === 'command' && { callId: asked.callId }),
    ...(key !== null && { idempotencyKey: key }),
  });
  return ok
    ? { status: null, code: null, data: withoutSecrets(data) }
    : { status: null, code: error.code, data: reasonOf(error) };
}

async function reportTo({ stack }: Service, report: Report | RoomFinished): Promise<Answer> {
  const room = await roomOf(stack, report.callId);
  const body =
    report.act === 'room_finished'
      ? bodyOf({ event: 'room_finished', id: report.id, room })
      : bodyOf({
          event: report.event,
          id: report.id,
          room,
          participant: {
            identity: report.userId,
            ...report.session,
            ...(report.replaced && { disconnectReason: 'DUPLICATE_IDENTITY' }),
          },
        });
  const on = replicaOf(stack, report.replica);
  const { status } = await postWebhook(stack, body, await sign(stack.livekit, body), on);
  return { status, code: null, data: {} };
}

/** Performs an act on the real service. Null where there is no answer. */
export async function perform(service: Service, act: Act): Promise<Answer | null> {
  switch (act.act) {
    case 'ask':
      return act.via === 'rest' ? askByRest(service, act) : askBySocket(service, act);
    case 'report':
    case 'room_finished':
      return reportTo(service, act);
    case 'operator_end': {
      const on = replicaOf(service.stack, act.replica);
      const answer = await service.operators[act.scope].act(act.callId, 'end', {}, { on });
      return { status: answer.status, code: null, data: answer.body };
    }
    case 'work':
      await Promise.all(
        service.workers.slice(0, act.workers).map(async (worker) => {
          while ((await expireDueCalls(worker, 3)) > 0);
        }),
      );
      return null;
  }
}
