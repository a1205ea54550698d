import { expect } from '@jest/globals';
import { activeUserIds, type Call } from '@ringline/domain';
import { createOrigin, type Outcome } from '@ringline/engine';
import { accept, by, end, load, mediaJoined, ring, run, someone, start } from './acts.ts';
import type { Stage, TestEngine } from './stage.ts';

/** What two processes do at the same moment to one database, and what must not come of it. */
export interface Guarded {
  sentence: string;
  /** Rejects where it does not hold. */
  hold(stage: Stage, engines: readonly [TestEngine, TestEngine]): Promise<void>;
}

const ROUNDS = 10;

function times<Value>(count: number, make: (index: number) => Value): Value[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** What each of several said; one that failed is what a user would see as a 500. */
async function codesOf(asked: readonly Promise<Outcome>[]): Promise<string[]> {
  const settled = await Promise.allSettled(asked);
  return settled
    .map((one) =>
      one.status === 'rejected' ? `failed: ${one.reason}` : (one.value.refusal?.code ?? 'done'),
    )
    .sort();
}

async function liveCallsOf({ query }: Stage, userIds: readonly string[]): Promise<string[]> {
  const rows = await query<{ call_id: string }>(
    `SELECT DISTINCT call_id FROM call_participants
     WHERE user_id = ANY ($1) AND outcome = 'ongoing'`,
    [[...userIds]],
  );
  return rows.map(({ call_id }) => call_id);
}

async function expectWholeEvents({ query }: Stage, { id }: Call): Promise<void> {
  const rows = await query<{ seq: number }>(
    'SELECT seq FROM call_events WHERE call_id = $1 ORDER BY seq',
    [id],
  );
  expect(rows.map(({ seq }) => seq)).toEqual(times(rows.length, (index) => index + 1));
}

/** Nobody is in two calls. */
export const byTheClaim: readonly Guarded[] = [
  {
    sentence: 'of forty starts at one callee one rings, and the others are told busy',
    hold: async (stage, engines) => {
      const callee = someone('callee');
      const callers = times(40, () => someone('caller'));
      const codes = await codesOf(
        callers.map((caller, index) => start(engines[index % 2 ? 1 : 0], caller, [callee])),
      );
      expect(codes).toEqual([...times(39, () => 'USER_BUSY'), 'done']);
      expect(await liveCallsOf(stage, [callee])).toHaveLength(1);
    },
  },
  {
    sentence: 'two who call each other end in one call, every time',
    hold: async (stage, [one, other]) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const [ann, bob] = [someone('ann'), someone('bob')];
        const codes = await codesOf([start(one, ann, [bob]), start(other, bob, [ann])]);
        expect(codes).toEqual(['done', 'done']);
        expect(await liveCallsOf(stage, [ann, bob])).toHaveLength(1);
      }
    },
  },
];

/** Two decisions on a call come one after the other. */
export const byTheVersion: readonly Guarded[] = [
  {
    sentence: 'of ten devices that accept one is in the call, and the others are told so',
    hold: async (stage, engines) => {
      const [ann, bob] = [someone('ann'), someone('bob')];
      const call = await ring(engines[0], ann, [bob]);
      const codes = await codesOf(
        times(10, (index) => {
          const deviceId = `device-${index}`;
          const engine = engines[index % 2 ? 1 : 0];
          return run(engine, call, accept(bob, { deviceId }), by(bob, { deviceId }));
        }),
      );
      expect(codes).toEqual([...times(9, () => 'ANSWERED_ELSEWHERE'), 'done']);
      await expectWholeEvents(stage, call);
    },
  },
  {
    sentence: 'of an accept and a cancel one decides what became of the call',
    hold: async (stage, [one, other]) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const [ann, bob] = [someone('ann'), someone('bob')];
        const call = await ring(one, ann, [bob]);
        const [accepted] = await Promise.all([
          codesOf([run(other, call, accept(bob), by(bob))]),
          codesOf([run(one, call, end(ann), by(ann))]).then((codes) =>
            expect(codes).toEqual(['done']),
          ),
        ]);
        const { state } = await load(one, call);
        expect([
          ['done', 'ended'],
          ['CALL_ENDED', 'cancelled'],
        ]).toContainEqual([accepted[0], state]);
        await expectWholeEvents(stage, call);
      }
    },
  },
];

/** LiveKit's webhooks come at least once, and count once. */
export const byTheReport: readonly Guarded[] = [
  {
    sentence: 'a webhook that comes five times is taken in once',
    hold: async (_stage, engines) => {
      const [ann, bob] = [someone('ann'), someone('bob')];
      const call = await ring(engines[0], ann, [bob]);
      const report = {
        id: `EV_${ann}`,
        event: 'participant_joined',
        userId: ann,
        sid: `PA_${ann}_1`,
        at: call.createdAt,
      };
      const codes = await codesOf(
        times(5, (index) =>
          run(engines[index % 2 ? 1 : 0], call, mediaJoined(ann), createOrigin('livekit'), {
            webhook: report,
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
