import { jest } from '@jest/globals';
import { type Attendance, attendRoom, closeMedia } from '@ringline/testing/room';
import { type Service, startService } from '@ringline/testing/service';
import { moveTime } from '@ringline/testing/time';
import { until } from '@ringline/testing/until';
import { type Stack, startStack } from '../stack.ts';
import { createUser, type Device, type InCall, RefusalError, type User } from '../user.ts';

jest.setTimeout(120_000);

let stack: Stack;
let ingester: Service;
let replica: Service;
const devices: Device[] = [];
const seats: Attendance[] = [];

beforeAll(async () => {
  stack = await startStack({
    replicas: 2,
    env: {
      RATE_LIMIT_PAIR_UNANSWERED_RINGS: '1',
      // The device that stops reading must be sent more than the limits allow.
      RATE_LIMIT_SOCKET_EVENTS_PER_SECOND: '0',
      RATE_LIMIT_TOGGLES_PER_SECOND: '0',
      RATE_LIMIT_SOCKET_BYTES_PER_SECOND: '0',
    },
  });
  ingester = await startService('quality-ingester', stack.env);
  [replica] = stack.replicas as [Service];
});

afterAll(async () => {
  for (const device of devices) device.close();
  await ingester?.stop();
  await stack?.stop();
  await closeMedia();
});

/** The metrics of the processes, and those that had a value other than 0. */
const offered = new Set<string>();
const moved = new Set<string>();

async function scrape({ internalUrl }: Service): Promise<void> {
  const response = await fetch(`${internalUrl}/metrics`).catch(() => null);
  for (const line of (await response?.text())?.split('\n') ?? []) {
    const type = /^# TYPE (ringline_\w+)/.exec(line);
    if (type?.[1]) offered.add(type[1]);
    const [, name = '', value] = /^(ringline_\w+)(?:\{.*\})? (\S+)$/.exec(line) ?? [];
    if (Number(value) > 0) moved.add(name.replace(/_count$/, ''));
  }
}

function scrapeAll() {
  return Promise.all([stack.callService, replica, stack.worker, ingester].map(scrape));
}

/** Repeats an act until these metrics have moved. */
function untilMoved(names: string[], act: () => Promise<unknown> = async () => undefined) {
  return until(`${names.join(', ')} moved`, async () => {
    await act();
    await scrapeAll();
    return names.every((name) => moved.has(`ringline_${name}`));
  });
}

async function person(id: string, at = stack.callService): Promise<User> {
  const user = await createUser(stack, id, at.url);
  devices.push(await user.connect());
  return user;
}

async function sit({ connection }: InCall): Promise<void> {
  seats.push(await attendRoom({ url: connection.url, token: connection.token }));
}

/** Sends more to a device that does not read than the kernel buffers. */
async function relayUnread(from: User, to: User, callId: string): Promise<void> {
  const [sending, unread] = [await from.connect(), await to.connect()];
  devices.push(sending, unread);
  // biome-ignore lint/suspicious/noExplicitAny: the connection below the socket, which has no type of its own.
  (unread.socket.io.engine.transport as any).ws._socket.pause();
  const payload = { callId, to: to.id, sdp: 'x'.repeat(60_000) };
  await untilMoved(['unread_sockets_closed_total'], () =>
    Promise.all(
      Array.from({ length: 20 }, () => sending.socket.emitWithAck('webrtc:offer', payload)),
    ),
  );
}

function start(caller: User, callee: User): Promise<InCall> {
  return caller.start({ type: 'video', participantIds: [callee.id], ringTimeoutSeconds: 5 });
}

test('each of our metrics moves when it should', async () => {
  const [ann, ben] = [await person('ann'), await person('ben')];
  const talk = await start(ann, ben);
  await Promise.all([talk, await ben.join(talk.call.id)].map(sit));
  await untilMoved([
    ...['http_request_duration_seconds', 'calls_started_total', 'calls_active', 'sockets'],
    ...['ring_delivery_seconds', 'call_setup_seconds'],
    ...['livekit_request_duration_seconds', 'livekit_webhooks_total'],
  ]);

  await relayUnread(ann, ben, talk.call.id);

  await ann.reportQuality(talk.call.id);
  await untilMoved(['quality_samples_total', 'quality_lag_seconds', 'quality_mos']);

  // Two at once on two replicas: one of them has to retry.
  const annElsewhere = await person('ann', replica);
  await untilMoved(['command_retries_total'], () =>
    Promise.all(
      [true, false].flatMap((enabled) => [
        ann.toggleAudio(talk.call.id, enabled),
        annElsewhere.toggleAudio(talk.call.id, !enabled),
      ]),
    ),
  );
  await ben.end(talk.call.id);
  await untilMoved(['calls_finished_total']);

  await start(ann, ben);
  await moveTime(stack.database.url, 6000);
  await untilMoved(['deadline_lateness_seconds']);
  await expect(start(ann, ben)).rejects.toThrow(RefusalError);
  await untilMoved(['rate_limit_refusals_total']);

  // The process that gets LiveKit's webhooks is dead: the worker has to reconcile.
  await stack.callService.kill();
  const [cleo, dan] = [await person('cleo', replica), await person('dan', replica)];
  const unreported = await start(cleo, dan);
  await Promise.all([unreported, await dan.join(unreported.call.id)].map(sit));
  await untilMoved(['reconcile_drift_total']);

  await stack.redis.kill();
  await cleo.end(unreported.call.id);
  await untilMoved(['outbox_unsent', 'rate_limit_failures_total']);

  await stack.livekit.kill();
  await untilMoved(['duty_failures_total']);
  expect([...moved].sort()).toEqual(expect.arrayContaining([...offered].sort()));
  expect(offered.size).toBeGreaterThan(15);
});
