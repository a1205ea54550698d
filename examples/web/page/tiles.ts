import type { Participant, RinglineCall, UserMedia } from '@ringline/client';
import type { Directory } from './directory.ts';
import { element } from './element.ts';
import { createHostActions } from './host-actions.ts';
import { isLive } from './live.ts';
import { createTile, type Tile } from './tile.ts';

interface TileContent {
  key: string;
  source: 'camera' | 'screen';
  participant: Participant;
  media: UserMedia;
}

/** The video of all participants and the shared screens. */
export interface Tiles {
  readonly view: HTMLElement;
  show(call: RinglineCall): void;
  clear(): void;
}

function listTiles(call: RinglineCall): TileContent[] {
  return [...call.others, call.me].filter(isLive).flatMap((participant) => {
    const { userId } = participant;
    const media = userId === call.me.userId ? call.media.local : call.media.remote(userId);
    const camera = { key: userId, source: 'camera', participant, media } as const;
    const screen = { key: `${userId} screen`, source: 'screen', participant, media } as const;
    return media.screen === null ? [camera] : [screen, camera];
  });
}

export function createTiles({ nameOf, me }: Directory, onFailure: (error: unknown) => void): Tiles {
  const view = element('div', { class: 'tiles' });
  const tiles = new Map<string, Tile>();

  const make = (call: RinglineCall, { source, participant: { userId } }: TileContent): Tile => {
    const mine = userId === me.id;
    const actions =
      mine || source === 'screen'
        ? null
        : createHostActions(call, userId, nameOf(userId), onFailure);
    return createTile({ userId, name: nameOf(userId), source, mine, actions });
  };

  const drop = (key: string) => {
    tiles.get(key)?.close();
    tiles.delete(key);
  };

  return {
    view,
    show: (call) => {
      const wanted = listTiles(call);
      const keys = new Set(wanted.map(({ key }) => key));
      for (const key of tiles.keys()) if (!keys.has(key)) drop(key);
      for (const one of wanted) {
        const tile = tiles.get(one.key) ?? make(call, one);
        if (!tiles.has(one.key)) view.append(tile.view);
        tiles.set(one.key, tile);
        const { level } = call.quality.of(one.participant.userId).send;
        tile.show(one.participant, one.media, level);
      }
      view.dataset.count = String(wanted.length);
      view.style.setProperty('--others', String(wanted.length - 1));
      view.dataset.mode = call.snapshot.mode;
      view.dataset.host = String(call.me.role === 'host');
    },
    clear: () => {
      for (const key of [...tiles.keys()]) drop(key);
    },
  };
}
