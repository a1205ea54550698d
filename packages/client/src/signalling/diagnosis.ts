import { abortedAfter } from '../timeout.ts';

const LOOK_MS = 3_000;

async function isService(response: Response): Promise<boolean> {
  const text = await response.text();
  return (
    response.headers.get('content-type')?.includes('json') === true && text.includes('"status"')
  );
}

/**
 * Why no connection comes about, as one sentence for the developer: who answers HTTP at the service's address? Never
 * rejects.
 */
export async function likelyCause(origin: string, signal: AbortSignal): Promise<string> {
  const page = globalThis.location?.protocol;
  if (page === 'https:' && origin.startsWith('http:')) {
    return `A page that came by HTTPS may not connect to ${origin}, which is plain HTTP.`;
  }
  try {
    return await abortedAfter(LOOK_MS, signal, async (limit) => {
      const response = await fetch(`${origin}/health`, { signal: limit });
      if (!(await isService(response))) {
        return `What answers at ${origin} is not Ringline's call service (HTTP ${response.status}): check the url.`;
      }
      return `${origin} answers HTTP, but no WebSocket gets through: a proxy before it may not pass on upgrades at /socket.io.`;
    });
  } catch {
    // The reason is hidden from pages: no server, another protocol, a certificate or CORS are all the same here.
    return `Nothing answers at ${origin}: check the url, the network, and whether the service is up and lets this page's origin in.`;
  }
}
