import { createRingline } from '@ringline/client';

/*
 * A host app that draws the other's video itself, small, from `mediaStreamTrack`. Ann accepts every
 * call.
 */

const session = new URLSearchParams(location.hash.slice(1));

const video = document.createElement('video');
video.width = 160;
video.muted = true;
video.autoplay = true;
document.body.append(video);

const ringline = createRingline({
  url: session.get('url') ?? '',
  token: session.get('token') ?? '',
});
ringline.on('incoming', (call) => {
  call.on('media', (media) => {
    const camera = media.remote('ben').camera;
    if (camera !== null && video.srcObject === null) {
      video.srcObject = new MediaStream([camera.mediaStreamTrack]);
    }
  });
  call.accept({ microphone: false, camera: false }).catch(console.error);
});
await ringline.connect();
document.body.dataset.ready = 'true';
