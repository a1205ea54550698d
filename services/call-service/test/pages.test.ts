import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import { report, reportJoined, roomOf } from './livekit-reports.ts';
import { createUser, type User } from './user.ts';

const stack = setUpStack();
const [ann, ben] = setUpUsers(stack, 'ann', 'ben');

async function get(user: User, path: string) {
  const { status, body } = await user.ask('get', path);
  expect(status).toBe(200);
  return body;
}

describe('GET /calls/:id/events', () => {
  test('lists at most `limit` events, and the rest after the last one of the page', async () => {
    const callId = await talk(stack, ann, ben);
    const { events } = await get(ann, `/calls/${callId}/events`);
    expect(events.length).toBeGreaterThan(4);
    const listed = [];
    for (let after = 0; ; after = listed.at(-1).seq) {
      const page = await get(ann, `/calls/${callId}/events?limit=2&after=${after}`);
      expect(page.events.length).toBeLessThanOrEqual(2);
      listed.push(...page.events);
      if (page.events.length < 2) break;
    }
    expect(listed).toEqual(events);
  });

  test('lists at most a thousand events without a limit', async () => {
    const callId = await talk(stack, ann, ben);
    await stack.database.query(
      `INSERT INTO call_events (call_id, seq, at, event, payload, actor)
       SELECT call_id, 1000 + n, at, event, payload, actor
       FROM call_events, generate_series(1, 1001) n WHERE call_id = $1 AND seq = 1`,
      [callId],
    );
    expect((await get(ann, `/calls/${callId}/events`)).events).toHaveLength(1000);
  });
});

describe('GET /calls/:id/timeline', () => {
  test('is read page by page without gaps or duplicates, even within one instant', async () => {
    const admin = await createUser(stack, 'admin', { scope: 'admin' });
    const callId = await talk(stack, ann, ben);
    await reportJoined(stack, callId, ann.id, ben.id);
    await report(stack, { event: 'track_published', room: await roomOf(stack, callId) });
    await stack.database.query(
      'UPDATE livekit_reports SET at = (SELECT max(at) FROM livekit_reports) WHERE call_id = $1',
      [callId],
    );
    const whole = await get(admin, `/calls/${callId}/timeline`);
    expect(whole.nextCursor).toBeNull();
    expect(whole.entries.length).toBeGreaterThan(6);
    const listed = [];
    let cursor = '';
    for (;;) {
      const page = await get(admin, `/calls/${callId}/timeline?limit=2${cursor}`);
      expect(page.entries.length).toBeLessThanOrEqual(2);
      listed.push(...page.entries);
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(listed).toEqual(whole.entries);
  });

  test('refuses an invalid cursor', async () => {
    const admin = await createUser(stack, 'admin', { scope: 'admin' });
    const callId = await ann.call(ben);
    for (const text of ['x', '1.2', '-1.2.', '1.x.', '1.2.\0']) {
      const cursor = Buffer.from(text).toString('base64url');
      const { status, body } = await admin.ask('get', `/calls/${callId}/timeline?cursor=${cursor}`);
      expect([text, status, body.code]).toEqual([text, 400, 'VALIDATION_FAILED']);
    }
  });
});
