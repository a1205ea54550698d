import { fileURLToPath } from 'node:url';
import { type Request, type Response, Router } from 'express';
import { build, type Rolldown } from 'vite';

const PAGE_FOLDER = fileURLToPath(new URL('../page/', import.meta.url));

type Files = ReadonlyMap<string, string | Uint8Array>;

/** Builds the page in memory, in about a second, so that it is never stale and leaves no files. */
export async function buildPage(): Promise<Files> {
  const built = await build({
    root: PAGE_FOLDER,
    configFile: false,
    logLevel: 'warn',
    // LiveKit's client exceeds Vite's warning limit. It is loaded with the first call.
    build: { write: false, target: 'es2022', chunkSizeWarningLimit: 1000 },
  });
  const [output] = (Array.isArray(built) ? built : [built]) as Rolldown.RolldownOutput[];
  return new Map(
    (output?.output ?? []).map((file) => [
      `/${file.fileName}`,
      file.type === 'chunk' ? file.code : file.source,
    ]),
  );
}

function getExtension(path: string): string {
  return path.slice(path.lastIndexOf('.'));
}

/**
 * Serves the built files. The names under `/assets` contain a hash, so those files never change.
 */
export function pageRouter(files: Files): Router {
  const router = Router();
  router.get('/{*path}', (request: Request, response: Response, next) => {
    const path = request.path === '/' ? '/index.html' : request.path;
    const file = files.get(path);
    if (file === undefined) return next();
    const cache = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    response.set('Cache-Control', cache).type(getExtension(path)).send(Buffer.from(file));
  });
  return router;
}
