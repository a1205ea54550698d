import { createRingline } from '@ringline/client';

/* A host app that draws the other's picture itself, and small, from `mediaStreamTrack`. Ann accepts whatever comes. */

const session = await fetch('/session', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ userId: 'ann' }),
});
const { token, ringlineUrl } = (await session.json()) as { token: string; ringlineUrl: string };

const video = document.createElement('video');
video.width = 160;
video.muted = true;
video.autoplay = true;
document.body.append(video);

const ringline = createRingline({ url: ringlineUrl, token });
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
