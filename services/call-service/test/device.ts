import {
  type CallEventName,
  type ClientEventName,
  callEvents,
  type NoticeName,
  notices,
  socketError,
} from '@ringline/contract';
import { io, type Socket } from 'socket.io-client';
import type { z } from 'zod';

export interface Heard {
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: the type depends on the name; the contract has checked it.
  payload: any;
}

/** A socket of a user, with all messages that it received. */
export interface Device {
  socket: Socket;
  heard: Heard[];
  /** Sends a client event and resolves to its acknowledgement. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read single fields of the answers.
  send(name: ClientEventName | string, payload?: unknown): Promise<any>;
  /** Resolves to the first message of that name, or to the next one if there is none yet. */
  next(name: string, fits?: (payload: Heard['payload']) => boolean): Promise<Heard['payload']>;
  names(): string[];
  close(): void;
}

const WAIT_MS = 5000;

function schemaOf(name: string): z.ZodObject | undefined {
  if (Object.hasOwn(callEvents, name))
    return (callEvents[name as CallEventName] as z.ZodObject).omit({ event: true });
  return Object.hasOwn(notices, name) ? notices[name as NoticeName] : undefined;
}

/** Checks that sockets carry exactly the fields of the contract. */
function check({ name, payload }: Heard): void {
  if (name.startsWith('webrtc:')) return;
  const schema = schemaOf(name);
  if (schema === undefined) throw new Error(`${name} is not in the contract`);
  expect(schema.parse(payload)).toEqual(payload);
}

function checkAcknowledgement(acknowledged: { ok: boolean; error?: unknown }): void {
  if (acknowledged.ok) expect(Object.keys(acknowledged).sort()).toEqual(['data', 'ok']);
  else expect(socketError.parse(acknowledged.error)).toEqual(acknowledged.error);
}

/** Connects, and waits for the first `call:sync`. Rejects with the service's refusal. */
export async function connectDevice(
  url: string,
  auth: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<Device> {
  const socket = io(url, {
    auth,
    extraHeaders: headers,
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
  });
  const heard: Heard[] = [];
  const waiting = new Set<() => void>();
  const violations: unknown[] = [];
  // An error thrown while a message is received would be lost, so it is thrown when the test next
  // does something.
  const demandContract = () => {
    if (violations.length > 0) throw violations[0];
  };
  socket.onAny((name: string, payload: Heard['payload']) => {
    heard.push({ name, payload });
    try {
      check({ name, payload });
    } catch (error) {
      violations.push(error);
    }
    for (const look of [...waiting]) look();
  });
  const device: Device = {
    socket,
    heard,
    send: async (name, payload) => {
      const sent = payload === undefined ? [] : [payload];
      const acknowledged = await socket.timeout(WAIT_MS).emitWithAck(name, ...sent);
      checkAcknowledgement(acknowledged);
      demandContract();
      return acknowledged;
    },
    next: (name, fits = () => true) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = heard.find((one) => one.name === name && fits(one.payload));
          if (found === undefined) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found.payload);
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`no ${name} came; heard were ${device.names().join(', ')}`));
        }, WAIT_MS);
        waiting.add(look);
        look();
      }),
    names: () => heard.map(({ name }) => name),
    close: () => {
      socket.disconnect();
      demandContract();
    },
  };
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  await device.next('call:sync');
  return device;
}
