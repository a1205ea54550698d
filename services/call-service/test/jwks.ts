import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** A JWKS endpoint of a host app, under the test's control. */
export interface Jwks {
  url: string;
  /** The number of requests so far. */
  asked(): number;
  /** Sets the response from now on: these keys, or 500. */
  answer(keys: JWK[] | null): void;
  close(): void;
}

export async function serveJwks(first: JWK[] | null): Promise<Jwks> {
  let keys = first;
  let asked = 0;
  const server: Server = createServer((_request, response) => {
    asked += 1;
    response.statusCode = keys === null ? 500 : 200;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    asked: () => asked,
    answer: (next) => {
      keys = next;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A key pair of the host app: the key it publishes, and the one it signs with. */
export interface SigningKey {
  jwk: JWK;
  sign(claims: Record<string, unknown>, header?: { kid?: string | undefined }): Promise<string>;
}

export async function createSigningKey(kid: string): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' },
    sign: (claims, header = { kid }) =>
      new SignJWT({ exp: Math.floor(Date.now() / 1000) + 600, ...claims })
        .setProtectedHeader({ alg: 'RS256', ...(header.kid !== undefined && { kid: header.kid }) })
        .sign(privateKey),
  };
}
