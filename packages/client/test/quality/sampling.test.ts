import { jest } from '@jest/globals';
import { RinglineError } from '#src/errors.ts';
import { type MediaStats, unlimited, type VideoLimits } from '#src/media/room.ts';
import { reportSamples } from '#src/quality/sampling.ts';
import type { Signalling } from '#src/signalling/signalling.ts';
import { createLogger, useFakeTimers } from '../fixtures/environment.ts';
import { heard, spoken } from '../fixtures/recorded-stats.ts';

const INTERVAL_MS = 5_000;

/** Samples a line that reads as the test says. */
function begin() {
  const line = {
    flows: true,
    tracks: { send: true, receive: true },
    limits: unlimited as VideoLimits,
    refuses: null as RinglineError | null,
  };
  const reported: { direction: string; packetLossPercent: number; device?: string }[] = [];
  const started = Date.now();
  const readStats = async (): Promise<MediaStats | null> => {
    const at = { seconds: 100 + (Date.now() - started) / 1000 };
    if (!line.flows) return null;
    return {
      send: line.tracks.send ? [spoken(at)] : [],
      receive: line.tracks.receive ? [heard(at)] : [],
    };
  };
  const request = jest.fn(async (_name: string, { sample }: { sample: (typeof reported)[0] }) => {
    reported.push(sample);
    if (line.refuses) throw line.refuses;
    return { accepted: 1 };
  });
  const logger = createLogger();
  const ending = new AbortController();
  const done = reportSamples(
    {
      callId: 'call',
      intervalMs: INTERVAL_MS,
      device: 'Chrome 156, Linux',
      request: request as unknown as Signalling['request'],
      readStats,
      getLimits: () => line.limits,
      logger,
    },
    ending.signal,
  );
  const directions = () => reported.map(({ direction }) => direction);
  return { line, reported, directions, request, ending, done };
}

function pass(intervals: number) {
  return jest.advanceTimersByTimeAsync(intervals * INTERVAL_MS);
}

describe('measuring quality', () => {
  useFakeTimers();

  it('reports one sample per direction and interval, from the second reading on', async () => {
    const { directions, reported } = begin();
    await pass(0.5);
    expect(directions()).toEqual([]);
    await pass(2);
    expect(directions()).toEqual(['send', 'receive', 'send', 'receive']);
    expect(reported[0]).toMatchObject({ device: 'Chrome 156, Linux', packetLossPercent: 0 });
  });

  it('reports nothing while no media flow, and then only between two readings', async () => {
    const { line, reported } = begin();
    line.flows = false;
    await pass(3.5);
    expect(reported).toEqual([]);
    line.flows = true;
    await pass(1);
    expect(reported).toEqual([]);
    await pass(1);
    expect(reported).toHaveLength(2);
  });

  it('reports nothing for a direction without tracks', async () => {
    const { line, directions } = begin();
    line.tracks.receive = false;
    await pass(1.5);
    expect(directions()).toEqual(['send']);
  });

  it('reports a direction whose video is held back', async () => {
    const { line, directions } = begin();
    line.tracks.receive = false;
    line.limits = { send: 'all', receive: 'none' };
    await pass(1.5);
    expect(directions()).toEqual(['send', 'receive']);
  });

  it('pauses for Retry-After', async () => {
    const { line, reported } = begin();
    line.refuses = new RinglineError('RATE_LIMITED', 'Too many.', {
      details: { retryAfterSeconds: 12 },
    });
    await pass(1.5);
    expect(reported).toHaveLength(1);
    line.refuses = null;
    await pass(2);
    expect(reported).toHaveLength(1);
    await pass(1);
    expect(reported).toHaveLength(3);
  });

  it('drops a sample that was not accepted, and goes on', async () => {
    const { line, directions } = begin();
    line.refuses = new RinglineError('UNREACHABLE', 'No answer.');
    await pass(1.5);
    line.refuses = null;
    await pass(1);
    expect(directions()).toEqual(['send', 'receive', 'send', 'receive']);
  });

  it('sends one sample at a time', async () => {
    const { request, ending } = begin();
    request.mockImplementation(() => new Promise(() => undefined));
    await pass(10);
    expect(request).toHaveBeenCalledTimes(1);
    ending.abort();
  });

  it('ends when the signal is aborted', async () => {
    const { ending, done, reported } = begin();
    ending.abort();
    await done;
    await pass(5);
    expect(reported).toEqual([]);
  });
});
