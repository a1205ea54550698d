import { createRingline, type Ringline, type RinglineCall } from '@ringline/client';
import { silentLogger } from '@ringline/testing/silent-logger';
import { until } from '@ringline/testing/until';
import { type Place, signToken } from './user.ts';

/** Two users, each with the SDK on one device. */
export interface Pair {
  readonly caller: Ringline;
  readonly callee: Ringline;
  /**
   * Starts a call. Resolves once the callee rings, rejects as the SDK does, or after ten seconds.
   */
  ring(): Promise<{ call: RinglineCall; milliseconds: number }>;
  /** Makes a whole call that both see start and end. Rejects if a step fails. */
  talk(): Promise<RinglineCall>;
  close(): void;
}

const RINGS_WITHIN_MS = 10_000;

async function connect(place: Place, id: string): Promise<Ringline> {
  const token = await signToken(place, id, '1h');
  const sdk = createRingline({
    url: place.callService.url,
    token,
    media: false,
    logger: silentLogger,
  });
  await sdk.connect();
  return sdk;
}

/** The caller connects at `from`, the callee at `to`. */
export async function createPair(name: string, from: Place, to: Place): Promise<Pair> {
  const [callerId, calleeId] = [`caller-${name}`, `callee-${name}`];
  const [caller, callee] = await Promise.all([connect(from, callerId), connect(to, calleeId)]);

  const ring = async () => {
    const begun = performance.now();
    const call = await caller.start({ type: 'audio', participantIds: [calleeId] });
    const rings = () => callee.call(call.id)?.stage === 'incoming';
    await until(`${calleeId} is rung`, rings, RINGS_WITHIN_MS - (performance.now() - begun));
    return { call, milliseconds: Math.round(performance.now() - begun) };
  };

  const talk = async () => {
    const { call } = await ring();
    const answered = callee.call(call.id);
    if (!answered) throw new Error(`${calleeId} has stopped ringing`);
    await answered.accept();
    await until('the caller sees it', () => call.snapshot.state === 'connecting');
    await call.end();
    await until('both see it end', () => call.stage === 'over' && answered.stage === 'over');
    return call;
  };

  return {
    caller,
    callee,
    ring,
    talk,
    close: () => {
      caller.close();
      callee.close();
    },
  };
}
