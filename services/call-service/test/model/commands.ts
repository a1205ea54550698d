import { activeUserIds, findParticipant } from '@ringline/domain';
import { toWireCall } from '@ringline/engine';
import fc from 'fast-check';
import { type Act, describeAct } from './acts.ts';
import { expectedAnswer, newCallIdIn } from './answers.ts';
import { eventsOf } from './at-rest.ts';
import {
  commandDraw,
  type Draw,
  operatorEndDraw,
  repeatDraw,
  repeatedReportDraw,
  reportDraw,
  roomFinishedDraw,
  startDraw,
  type TimeDraw,
  timeDraw,
  workDraw,
} from './draws.ts';
import { explain } from './explain.ts';
import { actOf, delayOf } from './meaning.ts';
import type { Model } from './run.ts';
import { perform, replicaOf, type Service } from './service.ts';
import { after } from './world.ts';

type Command = fc.AsyncCommand<Model, Service>;

/** A fast-check command that shows in a counterexample what it did. */
function command(
  run: (model: Model, service: Service, record: (line: string) => void) => Promise<void>,
): Command {
  let lines: string[] = [];
  return {
    check: () => true,
    run: (model, service) => {
      // Shrinking runs it again, after other commands than before.
      lines = [];
      return run(model, service, (line) => lines.push(line));
    },
    toString: () => `\n  ${lines.join('\n  | ')}`,
  };
}

function next(model: Model, draw: Draw): Act | null {
  model.serial += 1;
  return actOf(model.people, model.world, model.asked, draw, model.serial);
}

function remember(model: Model, act: Act): void {
  if (act.act === 'ask' && act.key !== null) model.asked.push(act);
}

/** Performs one act and checks that the service answers as the model does. */
async function doOne(model: Model, service: Service, act: Act): Promise<void> {
  const answer = await perform(service, act);
  const [world, outcome] = after(model.world, act, newCallIdIn(answer));
  expect(answer).toEqual(expectedAnswer(act, outcome));
  model.world = world;
  remember(model, act);
}

function oneByOne(draw: Draw): Command {
  return command(async (model, service, record) => {
    const act = next(model, draw);
    if (act === null) return;
    record(describeAct(act));
    await doOne(model, service, act);
  });
}

/**
 * Performs several simultaneous acts, on both replicas, and checks that the service answers as if
 * they had come in some order.
 */
function atOnce(draws: readonly Draw[]): Command {
  return command(async (model, service, record) => {
    const acts = draws.map((draw) => next(model, draw)).filter((act) => act !== null);
    for (const act of acts) record(describeAct(act));
    const done = await Promise.all(
      acts.map(async (act) => ({ act, answer: await perform(service, act) })),
    );
    model.world = await explain(service, model.world, done);
    for (const act of acts) remember(model, act);
  });
}

function moveTime(draw: TimeDraw): Command {
  return command(async (model, { stack }, record) => {
    const milliseconds = delayOf(model.world, draw);
    record(`${milliseconds} ms pass`);
    await stack.moveTime(milliseconds);
    model.world = { ...model.world, now: model.world.now + milliseconds };
  });
}

/** Reads a call in every possible way, and checks that the user sees what the model permits. */
function look(draw: { who: number; call: number; after: number; replica: number }): Command {
  return command(async ({ people, world }, service, record) => {
    const { userId } = people[draw.who % people.length] ?? people[0];
    const call = [...world.calls.values()][draw.call % Math.max(1, world.calls.size)];
    const user = service.users.get(userId);
    const socket = service.sockets.get(userId)?.get('phone');
    if (call === undefined || user === undefined || socket === undefined) return;
    record(`${userId} reads ${call.id}`);
    const on = replicaOf(service.stack, draw.replica);
    const known = draw.after % (call.seq + 1);
    const one = await user.ask('get', `/calls/${call.id}`, { on });
    const events = await user.ask('get', `/calls/${call.id}/events?after=${known}`, { on });
    const synced = await socket.send('call:sync', { calls: { [call.id]: known } });
    const isOwn = findParticipant(call, userId) !== undefined;
    if (isOwn) {
      expect(one.body).toEqual({ call: toWireCall(call) });
      expect(events.body).toEqual({ events: eventsOf(world, call.id).slice(known) });
    } else {
      expect([one.body.code, events.body.code]).toEqual(['CALL_NOT_FOUND', 'CALL_NOT_FOUND']);
    }
    const active = await user.ask('get', '/calls/active', { on });
    const live = [...world.calls.values()].filter((other) => activeUserIds(other).includes(userId));
    expect(active.body).toEqual({ calls: live.map(toWireCall) });
    const named = isOwn && !live.includes(call) ? [call] : [];
    const listed = [...live, ...named].map(toWireCall);
    expect(synced.data).toEqual({
      calls: listed,
      ...(listed.length > 0 && { now: expect.any(String) }),
    });
  });
}

const anyAct = fc.oneof(
  { weight: 5, arbitrary: startDraw },
  { weight: 14, arbitrary: commandDraw },
  { weight: 2, arbitrary: repeatDraw },
  { weight: 9, arbitrary: reportDraw },
  { weight: 2, arbitrary: repeatedReportDraw },
  { weight: 1, arbitrary: roomFinishedDraw },
  { weight: 1, arbitrary: operatorEndDraw },
  { weight: 2, arbitrary: workDraw },
);
const time = timeDraw.map(moveTime);
const looks = fc
  .record({ who: fc.nat(99), call: fc.nat(99), after: fc.nat(99), replica: fc.nat(1) })
  .map(look);

/** Acts one after the other. */
export const courses = fc.oneof(
  { weight: 16, arbitrary: anyAct.map(oneByOne) },
  { weight: 3, arbitrary: time },
  { weight: 1, arbitrary: looks },
);

/** Acts of which some are simultaneous. */
export const races = fc.oneof(
  { weight: 5, arbitrary: anyAct.map(oneByOne) },
  {
    weight: 3,
    arbitrary: fc.array(anyAct, { minLength: 2, maxLength: 4, size: 'max' }).map(atOnce),
  },
  { weight: 1, arbitrary: time },
);

/** Ends a call as an operator, so that no user stays in it. */
export function endCall(model: Model, service: Service, callId: string): Promise<void> {
  return doOne(model, service, { act: 'operator_end', scope: 'admin', callId, replica: 0 });
}
