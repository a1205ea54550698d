import type { Response } from 'express';

const BEAT_MS = 20_000;

/** Who has the page open. Ringline has no part in this. */
export interface Presence {
  /** Keeps the response open as a stream of server-sent events while the page is open. */
  join(userId: string, response: Response): void;
  close(): void;
}

export function createPresence(): Presence {
  const pages = new Map<Response, string>();

  const publish = () => {
    const online = [...new Set(pages.values())];
    for (const page of pages.keys()) page.write(`data: ${JSON.stringify({ online })}\n\n`);
  };

  // A dead connection is noticed only when something is written to it.
  const beat = setInterval(publish, BEAT_MS);

  return {
    join: (userId, response) => {
      response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      response.flushHeaders();
      pages.set(response, userId);
      response.on('close', () => {
        pages.delete(response);
        publish();
      });
      publish();
    },
    close: () => {
      clearInterval(beat);
      for (const page of pages.keys()) page.end();
    },
  };
}
