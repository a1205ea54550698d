import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { type ClientLogger, createRingline, type Ringline, RinglineError } from '@ringline/client';
import type { Call, Connection, ErrorCode } from '@ringline/contract';
import { signToken } from '../user.ts';
import type { Ledger } from './ledger.ts';
import type { World } from './world.ts';

/** A device with the SDK, which reconnects and syncs as it does in a host app. */
export interface Device {
  readonly id: string;
  readonly sdk: Ringline;
}

/** A user with devices. All their answers and events go into the ledger. */
export interface Person {
  readonly id: string;
  readonly devices: readonly Device[];
  /** Sends a REST request. Null if it was refused, or not answered for 15 s. */
  ask(request: Request): Promise<Answer | null>;
  /** Acts by the SDK. Null if it was refused or not answered. */
  act(device: Device, what: string, work: (sdk: Ringline) => Promise<Call>): Promise<Call | null>;
  /** Reports one quality sample. */
  reportQuality(callId: string): Promise<void>;
  close(): void;
}

export interface Request {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly deviceId?: string;
}

export interface Answer {
  readonly call?: Call;
  readonly connection?: Connection;
}

const ANSWER_WITHIN_MS = 4000;
const GIVE_UP_AFTER_MS = 15_000;
const REPEAT_AFTER_MS = 400;
/** These refusals may be over a second later. */
const TRANSIENT: readonly (ErrorCode | 'NO_ANSWER')[] = [
  'NO_ANSWER',
  'UNAVAILABLE',
  'MEDIA_UNAVAILABLE',
  'RATE_LIMITED',
];

function makeLogger(deviceId: string, ledger: Ledger): ClientLogger {
  const log = (message: string, fields: Record<string, unknown> = {}) => {
    const { error, ...others } = fields;
    const words = error instanceof Error ? `: ${error.message}` : '';
    ledger.log(deviceId, `${message}${words} ${inspect(others, { breakLength: Infinity })}`);
  };
  return { error: log, warn: log, info: log, debug: log };
}

function openDevice(world: World, token: string, id: string, ledger: Ledger): Device {
  const { url } = world.place.callService;
  const logger = makeLogger(id, ledger);
  const sdk = createRingline({ url, token, deviceId: id, media: false, quality: false, logger });
  const followed = new Set<string>();
  sdk.on('connection', (state) => ledger.log(id, state));
  sdk.on('error', ({ code, message }) => ledger.log(id, `${code}: ${message}`));
  sdk.on('calls_changed', (calls) => {
    for (const call of calls) {
      ledger.learn(id, call.snapshot);
      if (followed.has(call.id)) continue;
      followed.add(call.id);
      call.on('changed', (snapshot) => ledger.learn(id, snapshot));
    }
  });
  return { id, sdk };
}

type Tried = { status: number; body: Answer } | { code: ErrorCode | 'NO_ANSWER'; detail: string };

async function tryOnce(
  url: string,
  headers: Record<string, string>,
  request: Request,
): Promise<Tried> {
  try {
    const response = await fetch(`${url}/api/v1${request.path}`, {
      method: request.method,
      headers,
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const body = await response.json();
    if (response.ok) return { status: response.status, body };
    return { code: body.code, detail: body.requestId };
  } catch (error) {
    return { code: 'NO_ANSWER', detail: String(error) };
  }
}

export async function createPerson(
  world: World,
  ledger: Ledger,
  id: string,
  deviceCount: number,
): Promise<Person> {
  const token = await signToken(world.place, id, '2h');
  const devices = Array.from({ length: deviceCount }, (_, index) =>
    openDevice(world, token, `${id}-device-${index + 1}`, ledger),
  );
  for (const device of devices) ledger.own(id, device.id);
  await Promise.all(devices.map(({ sdk }) => sdk.connect()));
  let requests = 0;
  let lastSampleAt = 0;

  /** Repeats an unanswered request with the same key: the service must act once. */
  const ask = async (request: Request): Promise<Answer | null> => {
    requests += 1;
    const headers = {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      ...(request.deviceId !== undefined && { 'Ringline-Device': request.deviceId }),
      ...(request.method === 'POST' && { 'Idempotency-Key': `${id}-${requests}` }),
    };
    const deadline = Date.now() + GIVE_UP_AFTER_MS;
    for (;;) {
      const tried = await tryOnce(world.place.callService.url, headers, request);
      if ('body' in tried) {
        const { call } = tried.body;
        const what = `${request.method} ${request.path}`;
        if (call) ledger.acknowledge({ userId: id, what, callId: call.id, seq: call.seq });
        return tried.body;
      }
      ledger.refuse(tried.code, `${request.method} ${request.path} of ${id}: ${tried.detail}`);
      if (!TRANSIENT.includes(tried.code) || Date.now() > deadline) return null;
      await sleep(REPEAT_AFTER_MS);
    }
  };

  return {
    id,
    devices,
    ask,
    act: async (device, what, work) => {
      try {
        const call = await work(device.sdk);
        ledger.acknowledge({ userId: id, what, callId: call.id, seq: call.seq });
        return call;
      } catch (error) {
        if (!(error instanceof RinglineError)) throw error;
        ledger.refuse(error.code, `${what} by ${device.id}: request ${error.requestId}`);
        return null;
      }
    },
    reportQuality: async (callId) => {
      lastSampleAt = Math.max(Date.now(), lastSampleAt + 1);
      const measuredAt = new Date(lastSampleAt).toISOString();
      const sample = { at: measuredAt, jitterMs: 2, packetLossPercent: 0, roundTripMs: 40 };
      const path = `/calls/${callId}/quality`;
      const answer = await ask({ method: 'POST', path, body: { samples: [sample] } });
      if (answer) ledger.acknowledgeSample({ callId, userId: id, measuredAt });
    },
    close: () => {
      for (const { sdk } of devices) sdk.close();
    },
  };
}
