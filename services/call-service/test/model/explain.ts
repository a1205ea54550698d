import { toWireCall } from '@ringline/engine';
import { type Act, describeAct } from './acts.ts';
import { type Answer, expectedAnswer, newCallIdIn } from './answers.ts';
import { callAsKept, eventsOf } from './at-rest.ts';
import type { Service } from './service.ts';
import { after, type World } from './world.ts';

/** An act that was simultaneous with others, and the service's answer to it. */
export interface Done {
  act: Act;
  answer: Answer | null;
}

/** Finds the first place where two values differ; null where they do not. */
function differenceOf(real: unknown, wanted: unknown, path = ''): string | null {
  if (Object.is(real, wanted)) return null;
  if (typeof real !== 'object' || typeof wanted !== 'object' || !real || !wanted) {
    return `${path} is ${JSON.stringify(real)}, not ${JSON.stringify(wanted)}`;
  }
  for (const key of new Set([...Object.keys(real), ...Object.keys(wanted)])) {
    const [one, other] = [real, wanted].map((value) => (value as Record<string, unknown>)[key]);
    const difference = differenceOf(one, other, `${path}.${key}`);
    if (difference !== null) return difference;
  }
  return null;
}

/** Reads a call once, however many orders are tried. */
function createReader(service: Service) {
  const kept = new Map<string, ReturnType<typeof callAsKept>>();
  return (callId: string): ReturnType<typeof callAsKept> => {
    const reading = kept.get(callId) ?? callAsKept(service, callId);
    kept.set(callId, reading);
    return reading;
  };
}

/**
 * Finds an order of these acts that explains all answers and the final state of the service, and
 * resolves to the world after it.
 * @throws Error that shows for every order where it fails.
 */
export async function explain(
  service: Service,
  before: World,
  done: readonly Done[],
): Promise<World> {
  const keptCall = createReader(service);
  const failures: string[] = [];

  const isKept = async (world: World, order: readonly string[]): Promise<boolean> => {
    for (const call of world.calls.values()) {
      const here = { call: toWireCall(call), events: eventsOf(world, call.id) };
      const difference = differenceOf(await keptCall(call.id), here, `in the end ${call.id}`);
      if (difference === null) continue;
      failures.push([...order, difference].join('\n  '));
      return false;
    }
    return true;
  };

  const search = async (
    world: World,
    open: readonly Done[],
    order: readonly string[],
  ): Promise<World | null> => {
    if (open.length === 0) return (await isKept(world, order)) ? world : null;
    for (const one of open) {
      const [later, outcome] = after(world, one.act, newCallIdIn(one.answer));
      const difference = differenceOf(one.answer, expectedAnswer(one.act, outcome), 'answer');
      const tried = [...order, describeAct(one.act)];
      if (difference !== null) {
        failures.push([...tried, difference].join('\n  '));
        continue;
      }
      const rest = open.filter((other) => other !== one);
      const found = await search(later, rest, tried);
      if (found !== null) return found;
    }
    return null;
  };

  const world = await search(before, done, []);
  if (world !== null) return world;
  throw new Error(
    `no order of these acts explains the answers and the final state\n${failures.join('\n')}`,
  );
}
