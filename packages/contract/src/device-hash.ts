import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

const LENGTH_BYTES = 16;

/**
 * Names the device on which a user is in one call, without telling the others which device that is: a device recognizes
 * itself, and nobody can follow it from call to call. The first 16 bytes of SHA-256 over `callId/userId/deviceId`, in hexadecimal
 * digits. Computed here, not by WebCrypto: browsers offer that on secure pages only, and only with a promise.
 */
export function hashDevice(callId: string, userId: string, deviceId: string): string {
  return bytesToHex(sha256(utf8ToBytes(`${callId}/${userId}/${deviceId}`)).slice(0, LENGTH_BYTES));
}
