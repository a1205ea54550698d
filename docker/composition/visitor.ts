import { request } from 'node:https';
import { DOMAIN } from './server.ts';

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

export type Visitor = (
  path: string,
  options?: { token?: string; method?: string; body?: object },
) => Promise<Answer>;

/**
 * Sends requests by name and TLS, as a client outside does, and trusts only this certificate
 * authority.
 */
export function createVisitor(address: string, authority: string): Visitor {
  return (path, { token, method = 'GET', body } = {}) =>
    new Promise((resolve, reject) => {
      const headers = {
        Host: DOMAIN,
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body && { 'Content-Type': 'application/json' }),
      };
      const options = { host: address, servername: DOMAIN, ca: authority, path, method, headers };
      const asked = request({ ...options, agent: false }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks).toString() });
      });
      asked.once('error', reject);
      asked.end(body && JSON.stringify(body));
    });
}
