import { jest } from '@jest/globals';
import type { Notices } from '@ringline/contract';
import { unlimited, type VideoLimits } from '#src/media/room.ts';
import type { QualityOptions } from '#src/options.ts';
import type { CallQuality } from '#src/quality/call-quality.ts';
import { createQualityControl } from '#src/quality/quality-control.ts';
import { createLogger } from '../fixtures/environment.ts';

type Notice = Notices['call:quality_changed'];

function notice(changes: Partial<Notice> = {}): Notice {
  return {
    callId: '0190a0f4-0000-7000-8000-000000000001',
    userId: 'ann',
    direction: 'send',
    level: 'poor',
    mos: 2.1,
    recommendation: 'audio_only',
    ...changes,
  };
}
const recovered = notice({ level: 'excellent', mos: 4.4, recommendation: 'none' });

function createControl(userId: string, options: QualityOptions | null = {}) {
  const media = {
    limitVideo: jest.fn(async (_limits: VideoLimits) => undefined),
    send: jest.fn(async () => undefined),
    readStats: async () => null,
  };
  const told: CallQuality['own'][] = [];
  const camera = { on: true };
  const control = createQualityControl({
    callId: notice().callId,
    userId,
    options,
    media,
    isCameraOn: () => camera.on,
    request: jest.fn<() => Promise<never>>(),
    logger: createLogger(),
  });
  control.on('changed', (quality) => told.push(quality.own));
  return { control, media, told, camera };
}

describe('the quality of a call', () => {
  it('counts as excellent until the first notice', () => {
    const { control } = createControl('ann');
    const presumed = { level: 'excellent', mos: null };
    expect(control.view.own).toEqual({ send: presumed, receive: presumed });
    expect(control.view.of('ben')).toEqual(control.view.own);
    expect(control.view.video).toEqual(unlimited);
  });

  it('stops sending video on a bad uplink, and goes on receiving it', () => {
    const { control, media, told } = createControl('ann');
    control.handleNotice(notice());
    expect(media.limitVideo).toHaveBeenLastCalledWith({ send: 'none', receive: 'all' });
    expect(control.view.video).toEqual({ send: 'none', receive: 'all' });
    expect(told).toEqual([
      { send: { level: 'poor', mos: 2.1 }, receive: { level: 'excellent', mos: null } },
    ]);
  });

  it('stops receiving video on a bad downlink, and goes on sending it', () => {
    const { control, media } = createControl('ann');
    control.handleNotice(notice({ direction: 'receive' }));
    expect(media.limitVideo).toHaveBeenLastCalledWith({ send: 'all', receive: 'none' });
  });

  it('limits video to the smallest layer on lower_resolution', () => {
    const { control, media } = createControl('ann');
    control.handleNotice(notice({ level: 'fair', recommendation: 'lower_resolution' }));
    expect(media.limitVideo).toHaveBeenLastCalledWith({ send: 'low', receive: 'all' });
  });

  it('lifts the limits when the quality is good again', () => {
    const { control, media } = createControl('ann');
    control.handleNotice(notice());
    control.handleNotice(recovered);
    expect(media.limitVideo).toHaveBeenLastCalledWith(unlimited);
    expect(media.send).not.toHaveBeenCalled();
  });

  it('does not bring back a camera that the host turned off meanwhile', () => {
    const { control, media, camera } = createControl('ann');
    control.handleNotice(notice());
    camera.on = false;
    control.handleNotice(recovered);
    expect(media.send).toHaveBeenCalledWith('camera', false);
  });

  it('reports the quality of others, and limits nothing', () => {
    const { control, media } = createControl('ben');
    control.handleNotice(notice());
    expect(control.view.of('ann').send).toEqual({ level: 'poor', mos: 2.1 });
    expect(control.view.own.send.level).toBe('excellent');
    expect(media.limitVideo).not.toHaveBeenCalled();
  });

  it('ignores a notice that a sync repeats', () => {
    const { control, media, told } = createControl('ann');
    control.handleNotice(notice());
    control.handleNotice(notice());
    expect(told).toHaveLength(1);
    expect(media.limitVideo).toHaveBeenCalledTimes(1);
  });

  it('reports and limits nothing with follow: false', () => {
    const { control, media, told } = createControl('ann', { follow: false });
    control.handleNotice(notice());
    expect(told).toHaveLength(1);
    expect(control.view.video).toEqual(unlimited);
    expect(media.limitVideo).not.toHaveBeenCalled();
  });
});
