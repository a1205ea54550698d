import {
  BASE_PATH,
  type ErrorCode,
  getPaths,
  listRefusals,
  type Operation,
  operations,
  problem,
} from '@ringline/contract';
import request from 'supertest';
import { connectDevice, type Device } from './device.ts';
import type { CallService, Place } from './servers.ts';
import { signToken } from './tokens.ts';

type Method = Operation['method'];

export interface Asked {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read single fields of the answers; the contract has checked them.
  body: any;
  headers: Record<string, string>;
}

export interface AskOptions {
  body?: unknown;
  key?: string;
  device?: string;
  as?: string;
  on?: CallService;
}

/** A user with a token, who sends REST requests and connects devices. */
export interface User {
  id: string;
  token: string;
  ask(method: Method, path: string, options?: AskOptions): Promise<Asked>;
  /** The same for the operations of a call that are `POST`. */
  act(callId: string, what: string, body?: unknown, options?: AskOptions): Promise<Asked>;
  /** Starts a call, and checks that it rings. Resolves to its id. */
  call(...others: User[]): Promise<string>;
  connect(deviceId?: string, on?: CallService): Promise<Device>;
  forget(): void;
}

function operationFor(method: Method, path: string): Operation | undefined {
  const segments = path.split('?')[0]?.split('/') ?? [];
  const fits = (pattern: string): boolean => {
    const wanted = pattern.split('/');
    return (
      wanted.length === segments.length &&
      wanted.every((part, index) => part.startsWith(':') || part === segments[index])
    );
  };
  return Object.values<Operation>(operations).find(
    (operation) => operation.method === method && getPaths(operation).some(fits),
  );
}

/** Checks that answers have exactly the fields of the contract for their operation. */
export function checkAnswer(method: Method, path: string, { status, body, headers }: Asked): void {
  expect(headers['x-request-id']).toBeTruthy();
  expect(headers['cache-control']).toBe('no-store');
  const operation = operationFor(method, path);
  if (status >= 400) {
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(problem.parse(body)).toEqual(body);
    expect(body).toMatchObject({ status, requestId: headers['x-request-id'] });
    if (operation !== undefined) expect(listRefusals(operation)).toContain(body.code as ErrorCode);
    return;
  }
  const schema = operation?.answers[status];
  if (schema === undefined) throw new Error(`${method} ${path} has no answer ${status}`);
  expect(schema.parse(body)).toEqual(body);
}

export async function createUser(
  place: Place,
  id: string,
  claims: Record<string, unknown> = {},
): Promise<User> {
  const token = await signToken(place.secret, { sub: id, ...claims });
  const devices: Device[] = [];
  const user: User = {
    id,
    token,
    ask: async (method, path, { body, key, device, as, on = place.replicas[0] } = {}) => {
      const asked = request(on.url)[method](`${BASE_PATH}${path}`).auth(token, { type: 'bearer' });
      if (key !== undefined) asked.set('Idempotency-Key', key);
      if (device !== undefined) asked.set('Ringline-Device', device);
      if (as !== undefined) asked.set('Ringline-User', as);
      if (body !== undefined) asked.send(body as object);
      const answer = await asked;
      checkAnswer(method, path, answer);
      return answer;
    },
    act: (callId, what, body, options = {}) =>
      user.ask('post', `/calls/${callId}/${what}`, { ...options, body }),
    call: async (...others) => {
      const participantIds = others.map((other) => other.id);
      const answer = await user.ask('post', '/calls/start', {
        body: { type: 'audio', participantIds },
      });
      expect(answer).toMatchObject({ status: 201, body: { call: { state: 'ringing' } } });
      return answer.body.call.id;
    },
    connect: async (deviceId, on = place.replicas[0]) => {
      const device = await connectDevice(on.url, { token, ...(deviceId && { deviceId }) });
      devices.push(device);
      return device;
    },
    forget: () => {
      place.forgotten.add(id);
      for (const device of devices.splice(0)) device.close();
    },
  };
  return user;
}

let made = 0;

/** Creates new users for each test, since a user left in a call by another test would be busy. */
export function createUsers(place: Place, ...names: string[]): Promise<User[]> {
  made += 1;
  return Promise.all(names.map((name) => createUser(place, `${name}-${made}`, { name })));
}
