import type { QualityDirection } from '@ringline/contract';
import type { Line } from './trends.ts';

/** Lines, looked up by their parts: a name put together of them would be made and hashed anew for each sample. */
export interface LineSet {
  size(): number;
  has(line: Line): boolean;
  add(line: Line): void;
  delete(line: Line): void;
}

export function createLineSet(lines: readonly Line[] = []): LineSet {
  const users: Record<QualityDirection, Map<string, Set<string>>> = {
    send: new Map(),
    receive: new Map(),
  };
  let size = 0;

  const has = ({ callId, userId, direction }: Line): boolean =>
    users[direction].get(callId)?.has(userId) ?? false;

  const add = (line: Line): void => {
    if (has(line)) return;
    const { callId, userId, direction } = line;
    const inCall = users[direction].get(callId) ?? new Set();
    users[direction].set(callId, inCall.add(userId));
    size += 1;
  };

  for (const line of lines) add(line);
  return {
    size: () => size,
    has,
    add,
    delete: ({ callId, userId, direction }) => {
      const inCall = users[direction].get(callId);
      if (inCall?.delete(userId)) size -= 1;
      if (inCall?.size === 0) users[direction].delete(callId);
    },
  };
}
