/** 32 random hexadecimal digits. `crypto.randomUUID` is missing outside of secure contexts. */
export function createRandomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
