import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/*
 * The part of a TURN client (RFC 8656) that these tests need: allocate a relay, and request
 * permission for a peer.
 */

const COOKIE = 0x2112a442;
const HEADER = 20;
const ALLOCATE = 0x0003;
const CREATE_PERMISSION = 0x0008;
const ERROR = 0x0110;

const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const ERROR_CODE = 0x0009;
const XOR_PEER_ADDRESS = 0x0012;
const REALM = 0x0014;
const NONCE = 0x0015;
const REQUESTED_ADDRESS_FAMILY = 0x0017;
const REQUESTED_TRANSPORT = 0x0019;

const UDP = Buffer.from([17, 0, 0, 0]);
const ANSWER_WITHIN_MS = 5_000;

/** 0 if granted, else the error code: 401 credentials, 403 forbidden, 486 quota, … */
export type Outcome = number;

export interface Credentials {
  readonly username: string;
  readonly credential: string;
}

type Attribute = readonly [type: number, value: Buffer];
type Answer = { readonly outcome: Outcome; readonly attributes: ReadonlyMap<number, Buffer> };

export interface TurnClient {
  allocate(family?: 4 | 6): Promise<Outcome>;
  /** `peer`: the four or sixteen bytes of an address. */
  permit(peer: Buffer): Promise<Outcome>;
  close(): void;
}

function attribute([type, value]: Attribute): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}

function message(method: number, id: Buffer, body: Buffer, length = body.length): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(method, 0);
  header.writeUInt16BE(length, 2);
  header.writeUInt32BE(COOKIE, 4);
  return Buffer.concat([header, id, body]);
}

function read(bytes: Buffer): Answer {
  const attributes = new Map<number, Buffer>();
  for (let at = HEADER; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2);
    attributes.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + length));
    at += 4 + Math.ceil(length / 4) * 4;
  }
  const isError = (bytes.readUInt16BE(0) & ERROR) === ERROR;
  const code = attributes.get(ERROR_CODE);
  return {
    outcome: isError && code ? code.readUInt8(2) * 100 + code.readUInt8(3) : 0,
    attributes,
  };
}

function xorPeer(peer: Buffer, id: Buffer): Buffer {
  const mask = Buffer.alloc(4);
  mask.writeUInt32BE(COOKIE);
  const full = Buffer.concat([mask, id]);
  const value = Buffer.alloc(4 + peer.length);
  value.writeUInt8(peer.length === 4 ? 1 : 2, 1);
  value.writeUInt16BE(3480 ^ (COOKIE >>> 16), 2);
  for (const [index, byte] of peer.entries()) value[4 + index] = byte ^ (full[index] ?? 0);
  return value;
}

async function exchange(socket: Socket, port: number, request: Buffer): Promise<Answer> {
  socket.send(request, port, '127.0.0.1');
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const [bytes] = (await once(socket, 'message', { signal })) as [Buffer];
  return read(bytes);
}

/** A client on its own port. It sends one request at a time. */
export async function createTurnClient(
  port: number,
  { username, credential }: Credentials,
): Promise<TurnClient> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let realm = Buffer.alloc(0);
  let nonce = Buffer.alloc(0);

  const signed = (method: number, id: Buffer, attributes: readonly Attribute[]): Buffer => {
    const all: Attribute[] = [
      ...attributes,
      [USERNAME, Buffer.from(username)],
      [REALM, realm],
      [NONCE, nonce],
    ];
    const body = Buffer.concat(all.map(attribute));
    const key = createHash('md5').update(`${username}:${realm}:${credential}`).digest();
    // The length includes the signature, which is added afterwards.
    const draft = message(method, id, body, body.length + 24);
    const signature = createHmac('sha1', key).update(draft).digest();
    return message(method, id, Buffer.concat([body, attribute([MESSAGE_INTEGRITY, signature])]));
  };

  return {
    allocate: async (family = 4) => {
      const wanted: Attribute[] = [[REQUESTED_TRANSPORT, UDP]];
      if (family === 6) wanted.push([REQUESTED_ADDRESS_FAMILY, Buffer.from([2, 0, 0, 0])]);
      const body = Buffer.concat(wanted.map(attribute));
      const challenge = await exchange(socket, port, message(ALLOCATE, randomBytes(12), body));
      realm = Buffer.from(challenge.attributes.get(REALM) ?? '');
      nonce = Buffer.from(challenge.attributes.get(NONCE) ?? '');
      const answer = await exchange(socket, port, signed(ALLOCATE, randomBytes(12), wanted));
      return answer.outcome;
    },
    permit: async (peer) => {
      const id = randomBytes(12);
      const wanted: Attribute = [XOR_PEER_ADDRESS, xorPeer(peer, id)];
      return (await exchange(socket, port, signed(CREATE_PERMISSION, id, [wanted]))).outcome;
    },
    close: () => socket.close(),
  };
}
