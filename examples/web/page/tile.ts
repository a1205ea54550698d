import type { MediaTrack, Participant, QualityLevel, UserMedia } from '@ringline/client';
import { createAvatar } from './avatar.ts';
import { element, setText } from './element.ts';
import { icon } from './icon.ts';

/** One person in the call, or one shared screen. */
export interface Tile {
  readonly view: HTMLElement;
  /** `line` is the quality of what this person sends. */
  show(participant: Participant, media: UserMedia, line: QualityLevel): void;
  close(): void;
}

export interface TileOptions {
  userId: string;
  name: string;
  source: 'camera' | 'screen';
  mine: boolean;
  /** The host's actions on this person. */
  actions: HTMLElement | null;
}

const stateTexts: Partial<Record<Participant['state'], string>> = {
  invited: 'Calling…',
  ringing: 'Ringing…',
  joining: 'Connecting…',
  reconnecting: 'Reconnecting…',
};

function describeTileState({ state }: Participant, { lost }: UserMedia): string {
  return (lost ? stateTexts.reconnecting : stateTexts[state]) ?? '';
}

function getTestIds({ mine, source, userId }: TileOptions) {
  if (source === 'screen') return { tile: `screen-${userId}`, video: `screen-video-${userId}` };
  return { tile: `tile-${userId}`, video: mine ? 'local-video' : `remote-video-${userId}` };
}

function getCaption({ name, source, mine }: TileOptions): string {
  if (source === 'camera') return mine ? 'You' : name;
  return mine ? 'Your screen' : `${name}’s screen`;
}

/** Returns a function that attaches a video element to a track, in place of the last one. */
function createTrackSwitch(video: HTMLVideoElement) {
  let shown: MediaTrack | null = null;
  return (track: MediaTrack | null): void => {
    if (track === shown) return;
    shown?.detach(video);
    track?.attach(video);
    shown = track;
  };
}

export function createTile(options: TileOptions): Tile {
  const { name, source, mine, actions } = options;
  const testIds = getTestIds(options);
  const isScreen = source === 'screen';
  // The SDK plays the audio.
  const video = element('video', {
    'data-testid': testIds.video,
    class: mine && !isScreen ? 'mirrored' : '',
    'aria-label': `${isScreen ? 'Screen' : 'Video'} of ${name}`,
    autoplay: true,
    playsinline: true,
    hidden: true,
  });
  video.muted = true;
  const showTrack = createTrackSwitch(video);
  const state = element('span', { class: 'tile-state' });
  const muted = element('span', { class: 'tile-muted', hidden: true }, icon('muted'));
  muted.append(element('span', { class: 'unseen' }, 'muted'));
  const badLine = element('span', { class: 'tile-line', hidden: true }, icon('line1'));
  badLine.append(element('span', { class: 'unseen' }, 'bad line'));
  const label = element('span', { class: 'tile-label' }, muted, badLine, getCaption(options));
  const picture = createAvatar(name);
  const view = element(
    'div',
    { class: `tile ${source}${mine ? ' mine' : ''}`, 'data-testid': testIds.tile },
    picture,
    video,
    state,
    label,
    actions,
  );

  return {
    view,
    show: (participant, media, line) => {
      const track = media[source];
      const visible = track !== null && !track.muted;
      showTrack(visible ? track : null);
      video.hidden = !visible;
      picture.hidden = visible;
      muted.hidden = isScreen || participant.audioEnabled;
      // The header shows the user's own.
      badLine.hidden = isScreen || mine || line !== 'poor';
      setText(state, isScreen || mine ? '' : describeTileState(participant, media));
      view.dataset.state = participant.state;
      view.dataset.muted = String(!participant.audioEnabled);
      view.dataset.speaking = String(media.speaking && participant.audioEnabled);
    },
    close: () => {
      showTrack(null);
      view.remove();
    },
  };
}
