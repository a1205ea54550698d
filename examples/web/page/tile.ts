import type { MediaTrack, Participant, QualityLevel, UserMedia } from '@ringline/client';
import { avatar } from './avatar.ts';
import { element, setText } from './element.ts';
import { icon } from './icon.ts';

/** One person in the call, or one shared screen. */
export interface Tile {
  readonly view: HTMLElement;
  /** `line`: how well this person can be heard. */
  show(participant: Participant, media: UserMedia, line: QualityLevel): void;
  close(): void;
}

export interface TileOptions {
  userId: string;
  name: string;
  source: 'camera' | 'screen';
  mine: boolean;
  /** What a host can do with this person. */
  actions: HTMLElement | null;
}

const stateWords: Partial<Record<Participant['state'], string>> = {
  invited: 'Calling…',
  ringing: 'Ringing…',
  joining: 'Connecting…',
  reconnecting: 'Reconnecting…',
};

function stateOf({ state }: Participant, { lost }: UserMedia): string {
  return (lost ? stateWords.reconnecting : stateWords[state]) ?? '';
}

function testIdsOf({ mine, source, userId }: TileOptions) {
  if (source === 'screen') return { tile: `screen-${userId}`, video: `screen-video-${userId}` };
  return { tile: `tile-${userId}`, video: mine ? 'local-video' : `remote-video-${userId}` };
}

function captionOf({ name, source, mine }: TileOptions): string {
  if (source === 'camera') return mine ? 'You' : name;
  return mine ? 'Your screen' : `${name}’s screen`;
}

/** Moves a video element from one track to another. */
function createScreen(video: HTMLVideoElement) {
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
  const testIds = testIdsOf(options);
  const isScreen = source === 'screen';
  // Sound is the SDK's: the picture itself stays silent.
  const video = element('video', {
    'data-testid': testIds.video,
    class: mine && !isScreen ? 'mirrored' : '',
    'aria-label': `${isScreen ? 'Screen' : 'Video'} of ${name}`,
    autoplay: true,
    playsinline: true,
    hidden: true,
  });
  video.muted = true;
  const screen = createScreen(video);
  const state = element('span', { class: 'tile-state' });
  const muted = element('span', { class: 'tile-muted', hidden: true }, icon('muted'));
  muted.append(element('span', { class: 'unseen' }, 'muted'));
  const badLine = element('span', { class: 'tile-line', hidden: true }, icon('line1'));
  badLine.append(element('span', { class: 'unseen' }, 'bad line'));
  const label = element('span', { class: 'tile-label' }, muted, badLine, captionOf(options));
  const picture = avatar(name);
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
      screen(visible ? track : null);
      video.hidden = !visible;
      picture.hidden = visible;
      muted.hidden = isScreen || participant.audioEnabled;
      // One's own is told in the header.
      badLine.hidden = isScreen || mine || line !== 'poor';
      setText(state, isScreen || mine ? '' : stateOf(participant, media));
      view.dataset.state = participant.state;
      view.dataset.muted = String(!participant.audioEnabled);
      view.dataset.speaking = String(media.speaking && participant.audioEnabled);
    },
    close: () => {
      screen(null);
      view.remove();
    },
  };
}
