import { setUpStack } from './fixture.ts';
import type { Stack } from './stack.ts';

export const REQUESTS = 4;
export const RINGS = 2;
export const WINDOW_MS = 2000;
export const SOCKETS = 3;
export const BURST = 10;

/** Two call services with limits that a test reaches quickly. */
export function setUpLimitedStack(): Stack {
  return setUpStack({
    replicas: 2,
    env: {
      TRUST_PROXY: '1',
      RATE_LIMIT_USER_REQUESTS_PER_MINUTE: '0',
      RATE_LIMIT_ADDRESS_REQUESTS_PER_MINUTE: String(REQUESTS),
      RATE_LIMIT_PAIR_UNANSWERED_RINGS: String(RINGS),
      RATE_LIMIT_PAIR_WINDOW_SECONDS: String(WINDOW_MS / 1000),
      RATE_LIMIT_SOCKETS_PER_USER: String(SOCKETS),
      RATE_LIMIT_SOCKET_EVENTS_PER_SECOND: '5',
      RATE_LIMIT_SOCKET_EVENT_BURST: String(BURST),
    },
  });
}
