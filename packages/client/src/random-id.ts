/** 32 hexadecimal digits of chance. `crypto.randomUUID` is missing where a page is no secure context. */
export function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
