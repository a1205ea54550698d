import { qualitySample } from '@ringline/contract';
import { measureStreams } from '#src/quality/measure.ts';
import { heard, receiving, seen, sending, shown, spoken } from '../fixtures/recorded-stats.ts';

const [then, now] = [{ seconds: 10 }, { seconds: 15 }];

describe('measuring received streams', () => {
  it('gives a sample that the contract accepts', () => {
    const before = receiving(heard(then), seen(then));
    const measured = measureStreams('receive', before, receiving(heard(now), seen(now)));
    expect(measured).toEqual({
      jitterMs: 4,
      packetLossPercent: 0,
      roundTripMs: 40,
      bandwidthKbps: 832,
      audioLevel: 0.1,
      fps: 25,
      width: 640,
      height: 360,
      freezeCount: 0,
      codec: 'video/VP8',
    });
    const sample = { at: '2026-01-31T12:00:00.000Z', direction: 'receive', ...measured };
    expect(qualitySample.parse(sample)).toEqual(sample);
  });

  it('counts the loss of the interval, not of the whole call', () => {
    const measured = measureStreams(
      'receive',
      receiving(heard({ seconds: 10, soundPackets: 500, soundLost: 400 })),
      receiving(heard({ seconds: 15, soundPackets: 740, soundLost: 410 })),
    );
    expect(measured?.packetLossPercent).toBe(4);
  });

  it('counts the freezes of the interval', () => {
    const measured = measureStreams(
      'receive',
      receiving(seen({ seconds: 10, freezes: 7 })),
      receiving(seen({ seconds: 15, freezes: 9 })),
    );
    expect(measured?.freezeCount).toBe(2);
  });

  it('gives no frame rate while the video is muted or out of sight', () => {
    const hidden = { ...seen({ ...now, frames: 250 }), shown: false };
    const measured = measureStreams('receive', receiving(seen(then)), receiving(hidden));
    expect(measured).not.toHaveProperty('fps');
    expect(measured).not.toHaveProperty('freezeCount');
  });

  it('gives no frame rate for a shared screen', () => {
    const screen = (at: { seconds: number }) => ({ ...seen(at), kind: 'screen' as const });
    const measured = measureStreams('receive', receiving(screen(then)), receiving(screen(now)));
    expect(measured).not.toHaveProperty('fps');
    expect(measured?.bandwidthKbps).toBe(800);
  });

  it('is not bad because one of several senders is', () => {
    const of = (seconds: number) =>
      receiving(
        seen({ seconds, frames: 100 }, 'TR_stalled'),
        seen({ seconds }, 'TR_b'),
        seen({ seconds }, 'TR_c'),
        heard({ seconds, soundJitter: 0.2 }, 'TR_far'),
        heard({ seconds }, 'TR_e'),
      );
    expect(measureStreams('receive', of(10), of(15))).toMatchObject({ fps: 25, jitterMs: 4 });
  });

  it('gives the round trip alone while nothing arrives', () => {
    const measured = measureStreams(
      'receive',
      receiving(heard({ ...then, soundPackets: 500 })),
      receiving(heard({ ...now, soundPackets: 500, soundJitter: 0.4 })),
    );
    expect(measured).toMatchObject({ packetLossPercent: 0, jitterMs: 0, roundTripMs: 40 });
  });

  it('starts with the second reading of a track', () => {
    const before = receiving(heard(then));
    expect(measureStreams('receive', before, receiving(heard(now), seen(now)))).toMatchObject({
      bandwidthKbps: 32,
      codec: 'audio/opus',
    });
  });
});

describe('measuring sent streams', () => {
  it('takes loss and jitter from the reports of the receiver', () => {
    const measured = measureStreams(
      'send',
      sending(spoken({ ...then, sentLost: 3 })),
      sending(spoken({ ...now, sentLost: 28 })),
    );
    expect(measured).toMatchObject({ packetLossPercent: 10, jitterMs: 6, audioLevel: 0.2 });
  });

  it('gives nothing while the receiver sends no reports', () => {
    const before = sending(spoken({ seconds: 10 }));
    const silent = sending(spoken({ seconds: 15, judgedAt: 10 }));
    expect(measureStreams('send', before, silent)).toBeNull();
    const later = sending(spoken({ seconds: 20, judgedAt: 19, sentLost: 100 }));
    expect(measureStreams('send', silent, later)).toMatchObject({ packetLossPercent: 40 });
  });

  it('gives a loss of 100 % at most', () => {
    const measured = measureStreams(
      'send',
      sending(spoken({ ...then, soundPackets: 500 })),
      sending(spoken({ ...now, soundPackets: 510, sentLost: 40 })),
    );
    expect(measured?.packetLossPercent).toBe(100);
  });

  it('gives the size of the largest layer that was sent', () => {
    const before = sending(spoken(then), shown({ seconds: 10, layers: [200, 200, 300] }));
    const starved = sending(spoken(now), shown({ seconds: 15, layers: [300, 240, 300] }));
    expect(measureStreams('send', before, starved)).toMatchObject({ fps: 20, height: 360 });
  });

  it('gives no frame rate while no layer is active', () => {
    const before = sending(spoken(then), shown(then));
    const unwatched = sending(
      spoken(now),
      shown({ seconds: 15, layers: [200, 200, 300] }, [false, false, false]),
    );
    expect(measureStreams('send', before, unwatched)).not.toHaveProperty('fps');
  });
});

describe('the round trip', () => {
  it('is the mean of the interval', () => {
    const measured = measureStreams(
      'receive',
      receiving(heard({ ...then, checks: 4, checked: 0.2 })),
      receiving(heard({ ...now, checks: 6, checked: 1.3 })),
    );
    expect(measured?.roundTripMs).toBe(550);
  });

  it('is unknown on a dead connection, which gives no sample', () => {
    const measured = measureStreams(
      'receive',
      receiving(heard({ ...then, checks: 4 })),
      receiving(heard({ ...now, checks: 4 })),
    );
    expect(measured).toBeNull();
  });
});
