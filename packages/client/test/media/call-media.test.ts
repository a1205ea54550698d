import { jest } from '@jest/globals';
import { RinglineError } from '#src/errors.ts';
import type { MediaControl } from '#src/media/call-media.ts';
import { unlimited, type VideoLimits } from '#src/media/room.ts';
import { settle, useFakeTimers } from '../fixtures/environment.ts';
import { createJoinedMedia, createMedia, wanted } from '../fixtures/scripted-media.ts';
import { createConnection, type ScriptedRoom } from '../fixtures/scripted-rooms.ts';

useFakeTimers();

describe('the media of a call', () => {
  it('are joined with the connection from the accept', async () => {
    const { media, livekit, getConnection } = createMedia();
    media.join(createConnection('first'), wanted);
    expect(media.view.state).toBe('connecting');
    await settle();
    expect(media.view.state).toBe('connected');
    expect(livekit.last()).toMatchObject({ token: 'first', wanted: { ...wanted, screen: false } });
    expect(getConnection).not.toHaveBeenCalled();
  });

  it('fetch a connection after a reload', async () => {
    const { media, livekit } = createMedia();
    media.join(null, wanted);
    await settle();
    expect(livekit.last().token).toBe('fresh-1');
  });

  it('report what is sent when the host mutes it', async () => {
    const { livekit, heard } = await createJoinedMedia();
    const muted = { microphone: false, camera: true, screen: false };
    livekit.last().state.sending = muted;
    livekit.last().change();
    await settle();
    expect(heard.sending.mock.calls).toEqual([[muted]]);
  });

  it('report nothing as switched off while LiveKit reconnects', async () => {
    const { media, livekit, heard } = await createJoinedMedia();
    const { state, change } = livekit.last();
    state.steady = false;
    state.sending = { microphone: false, camera: false, screen: false };
    change();
    expect(media.view.state).toBe('reconnecting');
    state.steady = true;
    state.sending = { ...wanted, screen: false };
    change();
    expect(media.view.state).toBe('connected');
    await settle();
    expect(heard.sending).not.toHaveBeenCalled();
  });

  it('end the room on leave, and do not rejoin', async () => {
    const { media, livekit } = await createJoinedMedia();
    media.leave();
    expect(media.view.state).toBe('off');
    expect(livekit.last().signal.aborted).toBe(true);
    livekit.last().end('lost');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(livekit.rooms).toHaveLength(1);
  });

  it('can be joined again after a leave, and only the new room counts', async () => {
    const { media, livekit, heard } = await createJoinedMedia();
    const old = livekit.last();
    media.join(createConnection('second'), wanted);
    await settle();
    old.end('moved');
    await settle();
    expect(media.view.state).toBe('connected');
    expect(heard.moved).not.toHaveBeenCalled();
    expect(livekit.last().token).toBe('second');
  });

  it.each([
    ['is left', (media: MediaControl) => media.leave()],
    ['is lost', (_media: MediaControl, room: ScriptedRoom) => room.end('lost')],
  ])('report no failed device when the room %s', async (_how, end) => {
    const { media, livekit, heard } = await createJoinedMedia();
    const room = livekit.last();
    const failure = new RinglineError('MEDIA_FAILED', 'The camera cannot be used.');
    room.fail(failure);
    expect(heard.error.mock.calls).toEqual([[failure]]);
    end(media, room);
    await settle();
    room.fail(failure);
    expect(heard.error).toHaveBeenCalledTimes(1);
  });

  it('limit video in this room and in later ones', async () => {
    const { media, livekit } = await createJoinedMedia();
    expect(livekit.last().state.limits).toEqual(unlimited);
    const limits: VideoLimits = { send: 'none', receive: 'low' };
    await media.limitVideo(limits);
    expect(livekit.last().state.limits).toEqual(limits);
    livekit.last().end('lost');
    await jest.advanceTimersByTimeAsync(100);
    expect(livekit.rooms).toHaveLength(2);
    expect(livekit.last().state.limits).toEqual(limits);
  });

  it('have statistics only while they are in a room', async () => {
    const { media, livekit, heard } = createMedia();
    expect(await media.readStats()).toBeNull();
    media.join(createConnection('first'), wanted);
    await settle();
    expect(await media.readStats()).toEqual({ send: [], receive: [] });
    livekit.last().state.steady = false;
    expect(await media.readStats()).toBeNull();
    const [stay] = heard.joining.mock.lastCall ?? [];
    expect(stay?.aborted).toBe(false);
    media.leave();
    expect(stay?.aborted).toBe(true);
    expect(await media.readStats()).toBeNull();
  });

  it('let a host app without media report what it sends', async () => {
    const { media, heard } = createMedia(null);
    media.join(createConnection('first'), wanted);
    await media.send('screen', true);
    expect(media.view.state).toBe('off');
    expect(heard.sending).toHaveBeenCalledWith(expect.objectContaining({ screen: true }));
  });
});
