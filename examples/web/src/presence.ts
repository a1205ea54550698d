import type { Response } from 'express';

const BEAT_MS = 20_000;

/** Who has the page open: this host app's own matter, of which Ringline knows nothing. */
export interface Presence {
  /** Keeps the response open as a stream of server-sent events, for as long as the page is there. */
  join(userId: string, response: Response): void;
  close(): void;
}

export function createPresence(): Presence {
  const pages = new Map<Response, string>();

  const tell = () => {
    const online = [...new Set(pages.values())];
    for (const page of pages.keys()) page.write(`data: ${JSON.stringify({ online })}\n\n`);
  };

  // A page whose line was cut is found when something is written to it.
  const beat = setInterval(tell, BEAT_MS);

  return {
    join: (userId, response) => {
      response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      response.flushHeaders();
      pages.set(response, userId);
      response.on('close', () => {
        pages.delete(response);
        tell();
      });
      tell();
    },
    close: () => {
      clearInterval(beat);
      for (const page of pages.keys()) page.end();
    },
  };
}
