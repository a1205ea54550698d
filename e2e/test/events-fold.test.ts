import { jest } from '@jest/globals';
import type { StartBody } from '@ringline/contract';
import { closeMedia } from '@ringline/testing/room';
import { moveTime } from '@ringline/testing/time';
import { type Course, openCourse } from '../course.ts';
import { type Stack, startStack } from '../stack.ts';
import { createUser, RefusalError } from '../user.ts';

jest.setTimeout(120_000);

let stack: Stack;
let course: Course;

beforeAll(async () => {
  stack = await startStack({ replicas: 2 });
});

afterEach(async () => {
  await course.close();
});

afterAll(async () => {
  await stack?.stop();
  await closeMedia();
});

/*
 * Each step waits until two folds equal the server's call: of the events on every participant's
 * socket, from their first snapshot on, and of the record of `GET …/events?after=0`.
 */

const direct: StartBody = { type: 'audio', participantIds: ['ben'] };

test('a direct call that is answered and hung up', async () => {
  course = await openCourse(stack, 'ann', 'ben');
  await course.by('ann', (ann) => ann.start({ ...direct, metadata: { order: 7 } }));
  await course.by('ben', (ben, callId) => ben.ringing(callId));
  await course.by('ben', (ben, callId) => ben.join(callId));
  await course.sit('ann', 'ben');
  await course.settlesAt('connected');
  await course.by('ben', (ben, callId) => ben.end(callId));
  await course.settlesAt('ended');
});

test.each(['declined', 'busy'] as const)('a direct call that is %s', async (reason) => {
  course = await openCourse(stack, 'ann', 'ben');
  await course.by('ann', (ann) => ann.start(direct));
  await course.by('ben', (ben, callId) => ben.decline(callId, reason));
  await course.settlesAt(reason);
});

test('a direct call that the caller cancels', async () => {
  course = await openCourse(stack, 'ann', 'ben');
  await course.by('ann', (ann) => ann.start(direct));
  await course.by('ann', (ann, callId) => ann.end(callId));
  await course.settlesAt('cancelled');
});

test('a direct call that is not answered', async () => {
  course = await openCourse(stack, 'ann', 'ben');
  await course.by('ann', (ann) => ann.start({ ...direct, ringTimeoutSeconds: 5 }));
  await moveTime(stack.database.url, 6000);
  await course.settlesAt('missed');
});

test('two users who call each other', async () => {
  course = await openCourse(stack, 'ann', 'ben');
  await course.by('ann', (ann) => ann.start(direct));
  await course.by('ben', (ben) => ben.start({ type: 'audio', participantIds: ['ann'] }));
  await course.sit('ben', 'ann');
  await course.by('ann', (ann, callId) => ann.leave(callId));
  await course.settlesAt('ended');
});

test('a callee who is busy', async () => {
  course = await openCourse(stack, 'ann', 'ben', 'cleo');
  await course.by('ann', (ann) => ann.start({ ...direct, participantIds: ['ben', 'cleo'] }));
  const dan = await createUser(stack, 'dan');
  const refusal = await dan.start(direct).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(RefusalError);
  const other = await openCourse(stack, 'dan', 'eva', 'finn');
  await other.by('dan', (user) => user.start({ ...direct, participantIds: ['ben', 'eva'] }));
  await other.by('dan', (user, callId) => user.invite(callId, 'cleo', 'finn'));
  await other.by('finn', (finn, callId) => finn.decline(callId, 'busy'));
  await other.by('eva', (eva, callId) => eva.decline(callId));
  await other.settlesAt('declined');
  await other.close();
  await course.by('ann', (ann, callId) => ann.leave(callId));
  await course.settlesAt('cancelled');
});

test('media that is lost, comes back, and is lost for good', async () => {
  course = await openCourse(stack, 'ann', 'ben');
  await course.by('ann', (ann) => ann.start(direct));
  await course.by('ben', (ben, callId) => ben.join(callId));
  await course.sit('ann', 'ben');
  await course.losesMedia('ben');
  await course.settlesAt('reconnecting');
  await course.sit('ben');
  await course.settlesAt('connected');
  await course.emits('ben', 'call:toggle_audio', { enabled: false });
  await course.losesMedia('ann');
  await moveTime(stack.database.url, 16_000);
  const { endReason } = await course.settlesAt('ended');
  expect(endReason).toBe('connection_lost');
});

test('a direct call into which a third is invited', async () => {
  course = await openCourse(stack, 'ann', 'ben', 'cleo');
  await course.by('ann', (ann) => ann.start(direct));
  await course.by('ben', (ben, callId) => ben.join(callId));
  await course.sit('ann', 'ben');
  await course.by('ben', (ben, callId) => ben.invite(callId, 'cleo'));
  await course.by('cleo', (cleo, callId) => cleo.join(callId));
  await course.sit('cleo');
  await course.by('ann', (ann, callId) => ann.leave(callId));
  await course.settlesAt('connected', ({ hostId }) => hostId === 'ben');
  await course.by('ben', (ben, callId) => ben.end(callId));
  await course.settlesAt('ended');
});

test('a group whose members join, leave, are invited and removed', async () => {
  course = await openCourse(stack, 'ann', 'ben', 'cleo', 'dan');
  await course.by('ann', (ann) =>
    ann.start({ type: 'video', participantIds: ['ben', 'cleo'], ringTimeoutSeconds: 60 }),
  );
  await course.by('cleo', (cleo, callId) => cleo.decline(callId));
  await course.by('ben', (ben, callId) => ben.join(callId));
  await course.sit('ann', 'ben');
  await course.by('ben', (ben, callId) => ben.invite(callId, 'cleo', 'dan'));
  await course.by('dan', (dan, callId) => dan.join(callId));
  await course.sit('dan');
  await course.by('cleo', (cleo, callId) => cleo.join(callId));
  await course.by('ben', (ben, callId) => ben.leave(callId));
  await course.by('ben', (ben, callId) => ben.join(callId, { rejoin: true }));
  await course.by('ann', (ann, callId) => ann.remove(callId, 'cleo'));
  await course.by('ann', async (ann, callId) => {
    await ann.makeHost(callId, 'dan');
    return ann.call(callId);
  });
  await course.settlesAt('connected', ({ hostId }) => hostId === 'dan');
  await course.by('dan', (dan, callId) => dan.leave(callId));
  await course.settlesAt('connected', ({ hostId }) => hostId === 'ann');
  await course.by('ann', (ann, callId) => ann.end(callId));
  await course.settlesAt('ended');
});
