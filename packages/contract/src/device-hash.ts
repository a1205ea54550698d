import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

const LENGTH_BYTES = 16;

/**
 * Names the device on which a user is in one call. A device recognizes itself; other users cannot
 * tell which device it is, nor follow it from call to call. The first 16 bytes of SHA-256 over
 * `callId/userId/deviceId`, in hexadecimal digits. WebCrypto would do, but browsers offer it on
 * secure pages only, and it is asynchronous.
 */
export function hashDevice(callId: string, userId: string, deviceId: string): string {
  return bytesToHex(sha256(utf8ToBytes(`${callId}/${userId}/${deviceId}`)).slice(0, LENGTH_BYTES));
}
