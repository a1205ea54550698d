import { expect } from '@jest/globals';
import { activeUserIds, type Call } from '@ringline/domain';
import { createOrigin, type Outcome } from '@ringline/engine';
import { accept, by, end, load, mediaJoined, ring, run, someone, start } from './acts.ts';
import type { Stage, TestEngine } from './stage.ts';

/** A race of two processes on one database, with the check of its result. */
export interface Guarded {
  sentence: string;
  /** Rejects if the result is wrong. */
  verify(stage: Stage, engines: readonly [TestEngine, TestEngine]): Promise<void>;
}

const REPEATS = 10;

function times<Value>(count: number, make: (index: number) => Value): Value[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** The refusal code of each outcome. A failed one would be a 500 for the user. */
async function collectCodes(outcomes: readonly Promise<Outcome>[]): Promise<string[]> {
  const settled = await Promise.allSettled(outcomes);
  return settled
    .map((one) =>
      one.status === 'rejected' ? `failed: ${one.reason}` : (one.value.refusal?.code ?? 'done'),
    )
    .sort();
}

async function listActiveCalls({ query }: Stage, userIds: readonly string[]): Promise<string[]> {
  const rows = await query<{ call_id: string }>(
    `SELECT DISTINCT call_id FROM call_participants
     WHERE user_id = ANY ($1) AND outcome = 'ongoing'`,
    [[...userIds]],
  );
  return rows.map(({ call_id }) => call_id);
}

async function expectNoGap({ query }: Stage, { id }: Call): Promise<void> {
  const rows = await query<{ seq: number }>(
    'SELECT seq FROM call_events WHERE call_id = $1 ORDER BY seq',
    [id],
  );
  expect(rows.map(({ seq }) => seq)).toEqual(times(rows.length, (index) => index + 1));
}

/** A user is in one call at most. */
export const byTheClaim: readonly Guarded[] = [
  {
    sentence: 'one of forty starts to one callee rings, and the others are busy',
    verify: async (stage, engines) => {
      const callee = someone('callee');
      const callers = times(40, () => someone('caller'));
      const codes = await collectCodes(
        callers.map((caller, index) => start(engines[index % 2 ? 1 : 0], caller, [callee])),
      );
      expect(codes).toEqual([...times(39, () => 'USER_BUSY'), 'done']);
      expect(await listActiveCalls(stage, [callee])).toHaveLength(1);
    },
  },
  {
    sentence: 'two users who call each other end up in one call',
    verify: async (stage, [one, other]) => {
      for (let round = 0; round < REPEATS; round += 1) {
        const [ann, bob] = [someone('ann'), someone('bob')];
        const codes = await collectCodes([start(one, ann, [bob]), start(other, bob, [ann])]);
        expect(codes).toEqual(['done', 'done']);
        expect(await listActiveCalls(stage, [ann, bob])).toHaveLength(1);
      }
    },
  },
];

/** Decisions on a call are made one after the other. */
export const byTheVersion: readonly Guarded[] = [
  {
    sentence: 'one of ten accepting devices is in the call, and the others are refused',
    verify: async (stage, engines) => {
      const [ann, bob] = [someone('ann'), someone('bob')];
      const call = await ring(engines[0], ann, [bob]);
      const codes = await collectCodes(
        times(10, (index) => {
          const deviceId = `device-${index}`;
          const engine = engines[index % 2 ? 1 : 0];
          return run(engine, call, accept(bob, { deviceId }), by(bob, { deviceId }));
        }),
      );
      expect(codes).toEqual([...times(9, () => 'ANSWERED_ELSEWHERE'), 'done']);
      await expectNoGap(stage, call);
    },
  },
  {
    sentence: 'an accept and a cancel leave one outcome',
    verify: async (stage, [one, other]) => {
      for (let round = 0; round < REPEATS; round += 1) {
        const [ann, bob] = [someone('ann'), someone('bob')];
        const call = await ring(one, ann, [bob]);
        const [accepted] = await Promise.all([
          collectCodes([run(other, call, accept(bob), by(bob))]),
          collectCodes([run(one, call, end(ann), by(ann))]).then((codes) =>
            expect(codes).toEqual(['done']),
          ),
        ]);
        const { state } = await load(one, call);
        expect([
          ['done', 'ended'],
          ['CALL_ENDED', 'cancelled'],
        ]).toContainEqual([accepted[0], state]);
        await expectNoGap(stage, call);
      }
    },
  },
];

/** LiveKit delivers webhooks at least once, and each counts once. */
export const byTheWebhookId: readonly Guarded[] = [
  {
    sentence: 'a webhook that arrives five times is processed once',
    verify: async (_stage, engines) => {
      const [ann, bob] = [someone('ann'), someone('bob')];
      const call = await ring(engines[0], ann, [bob]);
      const webhook = {
        id: `EV_${ann}`,
        event: 'participant_joined',
        userId: ann,
        sid: `PA_${ann}_1`,
        at: call.createdAt,
      };
      const codes = await collectCodes(
        times(5, (index) =>
          run(engines[index % 2 ? 1 : 0], call, mediaJoined(ann), createOrigin('livekit'), {
            webhook,
          }),
        ),
      );
      expect(codes).toEqual(times(5, () => 'done'));
      const timeline = await engines[0].parts.store.getTimeline(call.id);
      const entries = 'entries' in timeline ? timeline.entries : [];
      expect(entries.filter(({ kind }) => kind === 'report')).toHaveLength(1);
      expect(activeUserIds(await load(engines[0], call))).toEqual([ann, bob]);
    },
  },
];
