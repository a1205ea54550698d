import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

const LENGTH_BYTES = 16;

/**
 * Identifies the device on which a user is in one call: the first 16 bytes of SHA-256 over
 * `callId/userId/deviceId`, in hexadecimal. A device recognizes itself. Other users cannot identify
 * the device or track it across calls. Does not use WebCrypto, which is asynchronous and limited to
 * secure contexts.
 */
export function hashDevice(callId: string, userId: string, deviceId: string): string {
  return bytesToHex(sha256(utf8ToBytes(`${callId}/${userId}/${deviceId}`)).slice(0, LENGTH_BYTES));
}
